"""The ways to build each choice of a network, with their cost: what :mod:`~hypgcn.planning.allocator.allocate` chooses
from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import ceil
from types import MappingProxyType

from ...cost import Resources, UnitCost
from ...design import BANK, Design, bank_count
from ...design.folding import BlockFolding, graph_units
from ...design.limits import (
    BANKS,
    GRAPH_PARTS,
    HEAD_WIDTHS,
    LANE_DEPTH,
    LANES,
    REQUANTISERS,
    WIDTHS,
    chain_depth,
)
from ...io_cost import io_units
from ...rfc.cost import row_store
from ...sparse.lane_plan import Work
from ..estimate import COUPLING, BlockModel
from ..estimate.latency import row_latency
from ..estimate.loop import PIPELINE
from ..estimate.stages import Stage, folding_of

__all__ = ["IN_DSPS", "MAX_PASSES", "Choice", "Option", "conv_lane_options", "conv_options", "graph_options",
           "head_options", "pareto_front", "slowest", "temporal_options", "x_store_options"]

MAX_PASSES = 48
"""Passes of the lanes beyond which smaller lanes are not offered."""
STORE_PORTS = (1, 2, 3, 4)
"""Read ports of a store of H that are offered."""
IN_DSPS = REQUANTISERS.values[:1]
"""The form of requantisers that is offered where nothing else is said: a DSP for each value."""
Z_ROWS = 3
"""Rows of the store of Z: one is written, one read, and one lets both drift."""
DEEP_CHAIN_PAIRS = 16
"""Words per joint and pass of a 1x1 array beyond which longer chains are not offered."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to build a choice.

    Parameters
    ----------
    fields : dict
        Fields of the folding that it sets.
    cycles : int
        Cycles per clip of its slowest unit, with the activity that the allocator goes by.
    x_reads : int
        Vectors per clip that its units read from the X store.
    dsp, bram, lut : int
        Multipliers, 18 kbit halves of block RAMs, LUTs.
    clips : tuple of int
        Cycles for each single clip; empty where the allocator goes by one activity.
    latency : int
        Cycles that its units add between the last row of X of a block and its last row of Y.
    """

    fields: dict = field(compare=False)
    cycles: int
    x_reads: int
    dsp: int
    bram: int
    lut: int
    clips: tuple[int, ...] = ()
    latency: int = 0

    @classmethod
    def of(cls, fields: dict, units: dict[str, UnitCost], clips: Sequence[float] = (), latency: float = 0) -> "Option":
        """Option of ``units``; ``clips``: for each clip the cycles of the slowest of them."""
        total = sum((unit.resources for unit in units.values()), Resources())
        return cls(fields=fields, cycles=ceil(COUPLING * slowest(units)),
                   x_reads=ceil(COUPLING * sum(unit.x_reads for unit in units.values())),
                   dsp=total.dsp, bram=ceil(2 * total.bram36), lut=ceil(total.lut),
                   clips=tuple(ceil(COUPLING * cycles) for cycles in clips), latency=ceil(latency))

    def key(self) -> tuple[int, ...]:
        """Everything in which an option can be better than another."""
        return self.cycles, self.dsp, self.bram, self.lut, self.x_reads, *self.clips

    def key_and_latency(self) -> tuple[int, ...]:
        """The same, and the latency."""
        return *self.key(), self.latency

    def cost(self) -> tuple[int, ...]:
        """Resources."""
        return self.dsp, self.bram, self.lut

    def cost_and_latency(self) -> tuple[int, ...]:
        """Resources, the use of the port of the X store, and the latency."""
        return *self.cost_and_reads(), self.latency

    def cost_and_reads(self) -> tuple[int, ...]:
        """Resources and the use of the port of the X store."""
        return self.dsp, self.bram, self.lut, self.x_reads


Choice = tuple[int | None, list[Option]]
"""A block's index (``None``: the head) and the options of which one is taken."""


def slowest(units: dict[str, UnitCost]) -> float:
    """Cycles of the slowest of ``units``; 0 without any."""
    return max((unit.cycles for unit in units.values()), default=0)


def pareto_front(options: list[Option], key: Callable[[Option], tuple[int, ...]] = Option.key) -> list[Option]:
    """Options that no other one dominates: none is as good in everything that ``key`` gives. Of equal options the
    first is kept."""
    front: list[tuple[tuple[int, ...], Option]] = []
    for values, option in sorted(((key(option), option) for option in options), key=lambda pair: pair[0]):
        if not any(all(a <= b for a, b in zip(better, values)) for better, _ in front):
            front.append((values, option))
    return [option for _, option in front]


def graph_options(model: BlockModel, subsets: int, x_rows: int, beside: Sequence[Sequence[Option]] = (),
                  clips: Sequence[BlockModel] = ()) -> list[Option]:
    """Options of the graph product: one unit, or several while fewer are slower than the fastest of ``beside``, each
    with 1 to ``subsets`` subsets in parallel; a single unit also with parts of a subset.

    Parameters
    ----------
    model : BlockModel
        The block.
    subsets : int
        K.
    x_rows : int
        Rows of the store of X, which has a reader for each unit.
    beside : sequence of sequence of Option
        The block's other choices, which the graph product need not be faster than.
    clips : sequence of BlockModel
        ``model`` with the activity of each single clip.
    """
    options: list[Option] = []
    # Rows that take no longer than the pipeline wait for each other's latency, not for the graph product.
    enough = max((min(option.cycles for option in choice) for choice in beside), default=0)
    enough = max(enough, ceil(COUPLING * model.shape.rows * PIPELINE))
    for count in range(1, graph_units(model.shape.block) + 1):
        if options and min(option.cycles for option in options) <= enough:
            break       # more would only wait
        one, all_readers = (row_store(model.shape.x_store(x_rows, 1, loaders)).resources for loaders in (1, count))
        readers = UnitCost(resources=Resources(0, all_readers.bram36 - one.bram36, all_readers.lut - one.lut))
        pieces = range(1, min(GRAPH_PARTS.high, model.shape.joints) + 1) if count == 1 else (1,)
        for n, parts in [*((n, 1) for n in range(1, subsets + 1)), *((1, parts) for parts in pieces[1:])]:
            units = {**model.graph(n, count, parts), "readers": readers}
            options.append(Option.of({"graph_units": count, "graph_subsets": n, "graph_parts": parts}, units,
                                     [slowest(clip.graph(n, count, parts)) for clip in clips],
                                     row_latency(model, units)))
    return options


def _forms(width: int, forms: Sequence[str]) -> Sequence[str]:
    """Those of ``forms`` that are offered for slices of ``width`` values: a wider one is for more values a cycle than a
    multiplier takes that its values share, and than adders are offered for."""
    return forms if width == WIDTHS.values[0] else IN_DSPS


def _h_requant(form: str) -> dict[str, str]:
    """Field of a folding for a requantiser of H of ``form``; none for the default."""
    return {} if form in IN_DSPS else {"h_requant": form}


def conv_options(model: BlockModel, clips: int = 0, forms: Sequence[str] = IN_DSPS) -> list[Option]:
    """Options of the 1x1 array: its size, the width of H, and its requantiser. All of ``clips`` clips take the same
    cycles."""
    options = []
    outputs, joints = model.shape.block.h_channels, model.shape.joints
    # More joints in lockstep that leave as many groups of joints would only idle.
    lockstep_sizes = sorted({ceil(joints / groups) for groups in range(1, joints + 1)})
    max_pairs = model.shape.block.h_banks * BANK // 2
    for width in WIDTHS:
        step = width // 2
        pass_sizes = {ceil(ceil(outputs / (2 * passes)) / step) * step for passes in range(1, outputs + 1)}
        for pairs in sorted(pairs for pairs in pass_sizes if pairs <= max_pairs):
            for depth in range(1, chain_depth(model.shape.mac).high + 1):
                if depth > 1 and pairs > DEEP_CHAIN_PAIRS * step:
                    break       # so wide a pass is better split than given longer chains
                for lockstep, form in product(lockstep_sizes, _forms(width, forms)):
                    units = model.conv(lockstep, pairs, width, depth, form)
                    options.append(Option.of(
                        {"conv_joints": lockstep, "conv_pairs": pairs, "conv_depth": depth, "h_width": width,
                         **_h_requant(form)}, units, [slowest(units)] * clips, row_latency(model, units)))
    return options


def conv_lane_options(model: BlockModel, x_rows: int, clips: Sequence[BlockModel] = (),
                      forms: Sequence[str] = IN_DSPS) -> list[Option]:
    """Options of the 1x1 convolution on lanes, with the store of Z: lanes, their size, and the widths of H and Z.

    Parameters
    ----------
    model : BlockModel
        The block.
    x_rows : int
        Rows of the store of X.
    clips : sequence of BlockModel
        ``model`` with the activity of each single clip, in which only the cycles of the lanes differ.
    forms : sequence of str
        Forms of requantisers.
    """
    options: list[Option] = []
    layer = model.shape.spatial_layer
    if layer.banks > BANKS.high:
        return options      # the store of Z cannot hold them
    stores = [model.z_store(BlockFolding(conv_lanes=lanes, x_rows=x_rows, z_rows=Z_ROWS))
              for lanes in range(1, LANES.high + 1)]
    for width in WIDTHS:
        step, offered_passes = width // 2, set()
        for pairs in range(step, model.shape.block.h_banks * BANK // 2 + 1, step):
            passes = len(model.shape.plan(layer, pairs, width).passes)
            if passes in offered_passes or passes > MAX_PASSES:
                continue
            offered_passes.add(passes)
            for depth, form in product(range(LANE_DEPTH.low, LANE_DEPTH.high + 1), _forms(width, forms)):
                works = [clip.z_work(pairs, width, depth) for clip in clips]
                for lanes in range(1, LANES.high + 1):
                    for z_width in WIDTHS:
                        units = model.conv_lanes(lanes, pairs, width, z_width, depth, form)
                        if units["z_turn"].cycles <= slowest({name: unit for name, unit in units.items()
                                                              if name != "z_turn"}):
                            break       # wider ones would only wait
                    units["z_store"] = replace(units["z_store"], resources=stores[lanes - 1])
                    beside_lanes = slowest({name: unit for name, unit in units.items() if name != "conv"})
                    per_clip = [model.shape.persons * work.on(lanes) for work in works]
                    options.append(Option.of({"conv_lanes": lanes, "conv_pairs": pairs, "conv_depth": depth,
                                              "h_width": width, "z_width": z_width, "z_rows": Z_ROWS,
                                              **_h_requant(form)}, units,
                                             [max(beside_lanes, cycles) for cycles in per_clip],
                                             row_latency(model, units)))
                    if beside_lanes >= max(units["conv"].cycles, *per_clip, 0):
                        break       # more lanes would only wait for vectors
    return options


def x_store_options(model: BlockModel, x_rows: int, choices: Sequence[Sequence[Option]],
                    clips: int = 0) -> list[Option]:
    """Options of the store of X: one port for all readers, or a port for each.

    With a port each, no reader waits for another one: its reads take no longer than what it does with them. So the
    option takes as many reads off the port as all others together can make.

    Parameters
    ----------
    model : BlockModel
        The block.
    x_rows : int
        Rows of the store.
    choices : sequence of sequence of Option
        The other choices of the block.
    clips : int
        Clips.
    """
    all_reads = sum(max(option.x_reads for option in options) for options in choices)
    readers = len(model.shape.x_store(x_rows).tags)
    found = []
    for ports in sorted({1, readers}):
        unit = UnitCost(resources=row_store(model.shape.x_store(x_rows, ports)).resources)
        option = Option.of({"x_ports": ports}, {"x_store": unit}, [0] * clips)
        found.append(replace(option, x_reads=0 if ports == 1 else -all_reads))
    return found


def temporal_options(model: BlockModel, x_rows: int, h_rows: int, clips: Sequence[BlockModel] = (),
                     memory: str = "auto", *, stage: Stage | None = None,
                     behind: Mapping[str, int] = MappingProxyType({}),
                     forms: Sequence[str] = IN_DSPS) -> list[Option]:
    """Options of a convolution behind H with the store in front of it: lanes, their size, and the width of its output.

    Parameters
    ----------
    model : BlockModel
        The block.
    x_rows, h_rows : int
        Rows of its stores.
    clips : sequence of BlockModel
        ``model`` with the activity of each single clip, in which only the cycles of the lanes differ.
    memory : str
        ``h_memory``; with UltraRAM one port is offered, so that their number is known.
    stage : Stage, optional
        One of ``model.shape.stages``; ``None``: the one that makes Y.
    behind : mapping of str to int
        Rows of the stores of P and Q, as fields of :func:`~hypgcn.planning.estimate.stages.folding_of`.
    forms : sequence of str
        Forms of requantisers.
    """
    options: list[Option] = []
    stage = stage or model.shape.stages[-1]
    own = memory if stage.reads == "h" else "auto"
    offered_ports = STORE_PORTS if own == "auto" else STORE_PORTS[:1]
    rows = {"x_rows": x_rows, "h_rows": h_rows, **behind}
    stores = {(lanes, ports): model.stores(folding_of({**rows, **stage.fields(lanes, 1, 1, 2, ports),
                                                       "h_memory": own}))[stage.store]
              for ports in offered_ports for lanes in range(ports, LANES.high + 1)}
    for width in WIDTHS:
        offered_passes = set()
        for pairs in range(width // 2, bank_count(stage.layer.outputs) * BANK // 2 + 1):
            passes = len(model.shape.plan(stage.layer, pairs, width).passes)
            if passes in offered_passes or passes > MAX_PASSES:
                continue
            offered_passes.add(passes)
            for depth, form in product(range(LANE_DEPTH.low, LANE_DEPTH.high + 1), _forms(width, forms)):
                options += _temporal_lanes(model, stage, stores, pairs, width, depth, form,
                                           [clip.stage_work(stage, pairs, width, depth) for clip in clips])
    if stage.reads != "h":
        return options
    return [replace(option, fields={**option.fields, "h_memory": memory}) for option in options]


def _temporal_lanes(model: BlockModel, stage: Stage, stores: dict, pairs: int, width: int, depth: int, form: str,
                    works: Sequence[Work]) -> list[Option]:
    """Options of one size of the lanes of ``stage``: how many, and the ports of the store."""
    options: list[Option] = []
    first, name = 1, stage.name("lanes")
    for ports in sorted({ports for _, ports in stores}):
        for lanes in range(max(ports, first), LANES.high + 1):
            units = model.stage(stage, lanes, pairs, width, ports, depth, form)
            units[stage.store] = replace(units[stage.store], resources=stores[lanes, ports])
            beside_lanes = slowest({unit: cost for unit, cost in units.items() if unit != name})
            per_clip = [model.shape.persons * work.on(lanes) for work in works]
            options.append(Option.of(stage.fields(lanes, pairs, depth, width, ports, form), units,
                                     [max(beside_lanes, cycles) for cycles in per_clip], row_latency(model, units)))
            if beside_lanes >= max(units[name].cycles, *per_clip, 0):
                break       # more lanes would only wait for vectors
        if units[stage.store].cycles < beside_lanes or lanes == LANES.high:
            break       # more ports would only idle
        first = lanes   # fewer lanes do not need more ports
    return options


def head_options(design: Design, clips: int = 0) -> list[Option]:
    """Options of the head: its width. All of ``clips`` clips take the same cycles."""
    per_width = [(width, io_units(design, width)) for width in HEAD_WIDTHS]
    return [Option.of({"head_width": width}, units, [slowest(units)] * clips) for width, units in per_width]
