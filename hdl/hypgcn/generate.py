"""Generator: the RTL files of a design or an ensemble, and their sidecar, as ``hypgcn verilog`` writes them."""

from collections.abc import Sequence

import numpy as np

from .arith import PackedMac, Requant
from .design import Design
from .design.ensemble import Ensemble
from .design.folding import Folding
from .emission.emit import Emission, emit
from .ensemble import EnsembleNetwork
from .network import Network
from .planning.allocator.allocate import within
from .planning.allocator.streams import estimate_streams, streams_within
from .planning.defaults import DEFAULT_MULTIPLIERS
from .planning.estimate import Estimate, estimate
from .planning.part import FORMS
from .rfc import RfcDecoder, RfcEncoder, RfcExpander
from .rfc.store_reader import StoreReader
from .rfc.store_writer import StoreWriter
from .shell.register_files import as_json
from .shell.top import Top
from .testbench import files_of_testbench

__all__ = ["DEFAULT_MULTIPLIERS", "generate", "generate_ensemble"]

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
    header = _header("Design", design, (folding,), estimated.resources.dsp, name, bus_width, part)
    emission = emit(top, name, header=header, source=source, progress=progress)
    emission.sidecar["parameters"] = {
        "design": _design_entry(design),
        "folding": folding.to_dict(),
        "observe": observe,
        "bus_width": bus_width,
    }
    if bus_width is not None:
        emission.sidecar["registers"] = as_json()
    emission.sidecar["latencies"] = _LATENCIES
    emission.sidecar["multipliers"] = estimated.resources.dsp
    emission.sidecar["clip_cycles"] = _clip_cycles(estimated)
    _add_testbench(emission, design, testbench, bus_width, emission.sidecar["clip_cycles"], progress)
    if out_dir is not None:
        emission.write(out_dir)
    return emission


def generate_ensemble(ensemble: Ensemble, foldings: Sequence[Folding] | None, out_dir, *, name: str = "hypgcn",
                      bus_width: int | None = None, testbench: np.ndarray | None = None, part: str | None = None,
                      source: bool = False, progress=None) -> Emission:
    """Write the networks of ``ensemble`` behind one input and one shell, as :func:`generate` writes one network.

    Each network is a module that is called by its stream, and so are its modules and memory images.

    Parameters
    ----------
    ensemble : Ensemble
    foldings : sequence of Folding or None
        Parallelism of each network; ``None`` takes the fastest ones with at most ``DEFAULT_MULTIPLIERS`` multipliers
        together (:func:`~hypgcn.planning.allocator.streams.streams_within`).
    out_dir, name, bus_width, testbench, part, source, progress
        See :func:`generate`.

    Returns
    -------
    Emission
        Its sidecar has as ``parameters`` the ``ensemble`` (name, hash, integers of the sum, and for each stream its
        weight, multiplier, design and folding) and ``bus_width``. ``clip_cycles`` are of each stream; ``multipliers``
        and ``registers`` of the whole.
    """
    if testbench is not None and bus_width is None:
        raise ValueError("testbench must be None without a bus_width: it drives the AXI buses")
    foldings = tuple(foldings or streams_within(ensemble, DEFAULT_MULTIPLIERS))
    top = (EnsembleNetwork(ensemble, foldings) if bus_width is None
           else Top.of_ensemble(ensemble, foldings, bus_width))
    allocation = estimate_streams(ensemble, foldings)
    header = _header("Ensemble", ensemble, foldings, allocation.resources.dsp, name, bus_width, part)
    emission = emit(top, name, header=header, source=source, progress=progress)
    emission.sidecar["parameters"] = {
        "ensemble": {
            "name": ensemble.name, "hash": ensemble.hash, "shift": ensemble.shift, "score_width": ensemble.score_width,
            "score_scale": ensemble.score_scale,
            "streams": [{"stream": stream, "weight": str(weight), "mult": mult, "design": _design_entry(design),
                         "folding": folding.to_dict()} for stream, weight, mult, design, folding in zip(
                ensemble.streams, ensemble.weights, ensemble.mults, ensemble.designs, foldings)],
        },
        "bus_width": bus_width,
    }
    if bus_width is not None:
        emission.sidecar["registers"] = as_json(ensemble.streams)
    emission.sidecar["latencies"] = _LATENCIES
    emission.sidecar["multipliers"] = allocation.resources.dsp
    cycles = [_clip_cycles(part) for part in allocation.estimates]
    emission.sidecar["clip_cycles"] = dict(zip(ensemble.streams, cycles))
    _add_testbench(emission, ensemble, testbench, bus_width, [block for part in cycles for block in part], progress)
    if out_dir is not None:
        emission.write(out_dir)
    return emission


def _design_entry(design: Design) -> dict:
    """Entry of the sidecar that says which network it is."""
    names = ("frames", "joints", "persons", "channels", "classes", "subsets", "kernel", "input_scale", "logit_scale")
    return {"name": design.name, "hash": design.hash, "weights": design.meta.get("weights", "unknown"),
            **{field: getattr(design, field) for field in names},
            **({} if design.raw is None else {"raw": design.raw.to_dict()})}


def _clip_cycles(estimated: Estimate) -> list[dict[str, int]]:
    """Estimated cycles of a clip, of each block and unit."""
    return [{name: round(unit.cycles) for name, unit in units.items() if unit.cycles} for units in estimated.blocks]


def _add_testbench(emission: Emission, network: Design | Ensemble, clips: np.ndarray | None, bus_width: int | None,
                   cycles: list[dict[str, int]], progress):
    """Add the files of the testbench, if there are clips for one."""
    if clips is not None and bus_width is not None:
        emission.files.update(files_of_testbench(
            emission.name, network, clips, bus_width=bus_width,
            clip_cycles=max(count for units in cycles for count in units.values()),
            rtl=[path for path in emission.files if path.endswith(".sv")], progress=progress))


def _header(kind: str, network: Design | Ensemble, foldings: Sequence[Folding], multipliers: int, name: str,
            bus_width: int | None, part: str | None = None) -> dict[str, str]:
    """What the head of each file says; it follows from network and options alone, and is the same everywhere."""
    forms = {folding.mac for folding in foldings}
    series = [series for series, (_, macs) in FORMS.items() if forms <= set(macs)]
    command = f"hypgcn verilog {kind.upper()} --folding FILE --name {name}"
    command += " --bare" if bus_width is None else f" --bus-width {bus_width}"
    if part is not None:
        command = command.replace("verilog", "vivado") + f" --exact-name --part {part}"
    blocks = ", ".join(str(len(folding.blocks)) for folding in foldings)
    place = "parameters.folding" if kind == "Design" else "parameters.ensemble"
    return {
        kind: f"{network.name}, hash {network.hash}",
        "Folding": f"{multipliers} multipliers of the form {', '.join(sorted(forms))}; blocks: {blocks}",
        "Device": part or ", ".join(series),
        "Command": f"{command}  (FILE: {place} of {name}.json)",
    }
