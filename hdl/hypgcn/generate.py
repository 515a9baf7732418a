"""From a design to the files of its hardware: the work behind ``hypgcn verilog``."""

import dataclasses

from .arith import PackedMac, Requant
from .design import Design
from .design.folding import Folding
from .emission.emit import Emission, emit
from .network import Network
from .planning.allocator.allocate import within
from .planning.estimate import estimate
from .rfc import RfcDecoder, RfcEncoder, RfcExpander
from .rfc.store_reader import StoreReader
from .rfc.store_writer import StoreWriter
from .shell.register_files import as_json
from .shell.top import Top

__all__ = ["DEFAULT_MULTIPLIERS", "generate"]

DEFAULT_MULTIPLIERS = 3544
"""Multipliers that the default folding may take: those of RFC-HyPGCN on the XCKU115."""

_LATENCIES = {
    unit.__name__: unit.LATENCY
    for unit in (PackedMac, Requant, RfcEncoder, RfcDecoder, RfcExpander, StoreWriter, StoreReader)
}


def generate(design: Design, folding: Folding | None, out_dir, *, name: str = "hypgcn", observe: bool = False,
             bus_width: int | None = None, progress=None) -> Emission:
    """Write SystemVerilog, memory images and the sidecar ``NAME.json`` of ``design`` into ``out_dir``.

    The same design and folding give the same bytes; files that would not change are not touched. A failure leaves
    ``out_dir`` as it was.

    Parameters
    ----------
    design : the network
    folding : its parallelism; ``None`` takes the fastest one with at most ``DEFAULT_MULTIPLIERS`` multipliers
    name : of the top module and the main file
    observe : add the ports of the blocks' outputs, for simulation (see :class:`~hypgcn.network.Network`)
    bus_width : the top is :class:`~hypgcn.shell.top.Top` with this many bits of input; ``None``: the bare network
    progress : called as ``progress(done, total, text)``

    Returns
    -------
    Emission : the files and the sidecar; beside what :func:`~hypgcn.emission.emit.emit` writes the sidecar says
    ``design``
        (name, hash, shape), ``folding``, ``multipliers``, ``clip_cycles`` (estimates per block and unit) and
        ``latencies`` (cycles, by unit); with ``bus_width`` also ``registers`` (see :mod:`hypgcn.shell.register_files`)
    """
    if observe and bus_width is not None:
        raise ValueError(f"observe must be false with a bus_width, not {observe!r}")
    folding = folding or within(design, DEFAULT_MULTIPLIERS)
    folding.validate(design)
    top = Network(design, folding, observe=observe) if bus_width is None else Top.of(design, folding, bus_width)
    emission = emit(top, name, progress=progress)
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
        "folding": dataclasses.asdict(folding),
        "observe": observe,
        "bus_width": bus_width,
    }
    if bus_width is not None:
        emission.sidecar["registers"] = as_json()
    emission.sidecar["latencies"] = _LATENCIES
    found = estimate(design, folding)
    emission.sidecar["multipliers"] = found.resources.dsp
    emission.sidecar["clip_cycles"] = [{unit: round(part.cycles) for unit, part in units.items() if part.cycles}
                                       for units in found.blocks]
    emission.write(out_dir)
    return emission
