"""Generator: the RTL files of a design and their sidecar, as ``hypgcn verilog`` writes them."""

import numpy as np

from .arith import PackedMac, Requant
from .design import Design
from .design.folding import Folding
from .emission.emit import Emission, emit
from .network import Network
from .planning.allocator.allocate import within
from .planning.estimate import estimate
from .planning.part import FORMS
from .rfc import RfcDecoder, RfcEncoder, RfcExpander
from .rfc.store_reader import StoreReader
from .rfc.store_writer import StoreWriter
from .shell.register_files import as_json
from .shell.top import Top
from .testbench import files_of_testbench

__all__ = ["DEFAULT_MULTIPLIERS", "generate"]

DEFAULT_MULTIPLIERS = 3544
"""Multipliers of the default folding: those of RFC-HyPGCN on the XCKU115."""

_LATENCIES = {
    unit.__name__: unit.LATENCY
    for unit in (PackedMac, Requant, RfcEncoder, RfcDecoder, RfcExpander, StoreWriter, StoreReader)
}


def generate(design: Design, folding: Folding | None, out_dir, *, name: str = "hypgcn", observe: bool = False,
             bus_width: int | None = None, testbench: np.ndarray | None = None, part: str | None = None,
             source: bool = False, progress=None) -> Emission:
    """Write SystemVerilog, memory images and the sidecar ``NAME.json`` of ``design`` into ``out_dir``.

    The same design and folding give the same bytes; files that would not change are not touched. A failure leaves
    ``out_dir`` as it was.

    Parameters
    ----------
    design : Design
        The network.
    folding : Folding or None
        Its parallelism; ``None`` takes the fastest one with at most ``DEFAULT_MULTIPLIERS`` multipliers.
    out_dir : path or None
        Output folder; ``None`` writes nothing.
    name : str
        Name of the top module and of the main file.
    observe : bool
        Add ports with the outputs of the blocks, for simulation (see :class:`~hypgcn.network.Network`).
    bus_width : int or None
        Bits of the input stream of a :class:`~hypgcn.shell.top.Top`; ``None`` emits the bare network.
    testbench : (N, M, T, V, C) or None
        Clips of a testbench in the folder ``tb`` (:mod:`hypgcn.testbench`); only with a ``bus_width``.
    part : str or None
        Part for which Vivado files are written, named in the heads of the files.
    source : bool
        With attributes ``src``: the places in the Python text.
    progress : callable or None
        Called as ``progress(done, total, text)``.

    Returns
    -------
    Emission
        The files and the sidecar. To the entries of :func:`~hypgcn.emission.emit.emit` the sidecar adds ``parameters``
        (design, folding, ``observe``, ``bus_width``), ``multipliers``, ``clip_cycles`` (estimates per block and unit),
        ``latencies`` (cycles, by unit), and with ``bus_width`` ``registers`` (:mod:`hypgcn.shell.register_files`).
    """
    if observe and bus_width is not None:
        raise ValueError(f"observe must be false with a bus_width, not {observe!r}")
    if testbench is not None and bus_width is None:
        raise ValueError("testbench must be None without a bus_width: it drives the AXI buses")
    folding = folding or within(design, DEFAULT_MULTIPLIERS)
    folding.validate(design)
    top = Network(design, folding, observe=observe) if bus_width is None else Top.of(design, folding, bus_width)
    estimated = estimate(design, folding)
    header = _header(design, folding, estimated.resources.dsp, name, bus_width, part)
    emission = emit(top, name, header=header, source=source, progress=progress)
    emission.sidecar["parameters"] = {
        "design": {
            "name": design.name,
            "hash": design.hash,
            "weights": design.meta.get("weights", "unknown"),
            **{
                field: getattr(design, field)
                for field in (
                    "frames",
                    "joints",
                    "persons",
                    "channels",
                    "classes",
                    "subsets",
                    "kernel",
                    "input_scale",
                    "logit_scale",
                )
            },
        },
        "folding": folding.to_dict(),
        "observe": observe,
        "bus_width": bus_width,
    }
    if design.raw is not None:
        emission.sidecar["parameters"]["design"]["raw"] = design.raw.to_dict()
    if bus_width is not None:
        emission.sidecar["registers"] = as_json()
    emission.sidecar["latencies"] = _LATENCIES
    emission.sidecar["multipliers"] = estimated.resources.dsp
    emission.sidecar["clip_cycles"] = [{name: round(unit.cycles) for name, unit in units.items() if unit.cycles}
                                       for units in estimated.blocks]
    if testbench is not None and bus_width is not None:
        emission.files.update(files_of_testbench(
            name, design, testbench, bus_width=bus_width, clip_cycles=round(max(
                cycles for units in emission.sidecar["clip_cycles"] for cycles in units.values())),
            rtl=[path for path in emission.files if path.endswith(".sv")], progress=progress))
    if out_dir is not None:
        emission.write(out_dir)
    return emission


def _header(design, folding, multipliers, name, bus_width, part) -> dict[str, str]:
    """What the head of each file says; it follows from the design and the options alone, and is the same everywhere."""
    series = [name for name, (_, forms) in FORMS.items() if folding.mac in forms]
    command = f"hypgcn verilog DESIGN --folding FILE --name {name}"
    command += " --bare" if bus_width is None else f" --bus-width {bus_width}"
    if part is not None:
        command = command.replace("verilog", "vivado") + f" --exact-name --part {part}"
    return {
        "Design": f"{design.name}, hash {design.hash}",
        "Folding": f"{multipliers} multipliers of the form {folding.mac}; blocks: {len(folding.blocks)}",
        "Device": part or ", ".join(series),
        "Command": f"{command}  (FILE: parameters.folding of {name}.json)",
    }
