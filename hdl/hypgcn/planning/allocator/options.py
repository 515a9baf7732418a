"""The ways to build each part of a network, with what they take: what :mod:`~hypgcn.planning.allocator.allocate`
chooses from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from ...arith.packed_mac import MAX_DEPTH
from ...design import Design
from ...design.limits import HEAD_WIDTHS, LANES, WIDTHS
from ..estimate import COUPLING, BlockModel, Resources, Unit
from ..estimate.network import rest_units

__all__ = ["MOST_LANES", "MOST_PASSES", "Option", "conv_options", "front", "graph_options", "head_options",
           "slowest", "temporal_options", "up"]

MOST_PASSES = 48
"""Passes of the lanes beyond which smaller lanes are no longer looked at."""
MOST_LANES = LANES.high
DEEP_PAIRS = 16
"""Words per joint and pass of a 1x1 array beyond which longer chains are no longer looked at."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to build a part: what of the folding it sets, and what that takes.

    cycles : with the activity that the allocator goes by; clips : of each single clip, empty where it goes by none
    x_reads : of a clip, from the X store; ``bram`` : in halves
    """

    fields: dict = field(compare=False)
    cycles: int
    x_reads: int
    dsp: int
    bram: int
    lut: int
    clips: tuple[int, ...] = ()

    @classmethod
    def of(cls, fields: dict, units: dict[str, Unit], clips: Sequence[float] = ()) -> "Option":
        """From ``units``, and from the cycles that the slowest of them takes for each clip."""
        total = sum((unit.resources for unit in units.values()), Resources())
        return cls(fields=fields, cycles=up(COUPLING * slowest(units)),
                   x_reads=up(COUPLING * sum(unit.x_reads for unit in units.values())),
                   dsp=total.dsp, bram=up(2 * total.bram36), lut=up(total.lut),
                   clips=tuple(up(COUPLING * cycles) for cycles in clips))

    def key(self) -> tuple[int, ...]:
        """Everything that an option can be better in."""
        return self.cycles, self.dsp, self.bram, self.lut, self.x_reads, *self.clips

    def cost(self) -> tuple[int, ...]:
        """Resources."""
        return self.dsp, self.bram, self.lut

    def cost_and_reads(self) -> tuple[int, ...]:
        """Resources and the use of the port of the X store."""
        return self.dsp, self.bram, self.lut, self.x_reads


def slowest(units: dict[str, Unit]) -> float:
    """Cycles of the slowest of ``units``."""
    return max((unit.cycles for unit in units.values()), default=0)


def up(value: float) -> int:
    """The integer at or above."""
    return -int(-value // 1)


def front(options: list[Option], key: Callable[[Option], tuple[int, ...]] = Option.key) -> list[Option]:
    """Those that no other option equals or beats in everything that ``key`` gives."""
    kept: list[tuple[tuple[int, ...], Option]] = []
    for mine, option in sorted(((key(option), option) for option in options), key=lambda pair: pair[0]):
        if not any(all(a <= b for a, b in zip(other, mine)) for other, _ in kept):
            kept.append((mine, option))
    return [option for _, option in kept]


def graph_options(model: BlockModel, subsets: int, clips: Sequence[BlockModel] = ()) -> list[Option]:
    """Subsets at once of the graph unit; ``clips``: ``model`` with the activity of each single clip."""
    return [Option.of({"graph_subsets": n}, model.graph(n), [slowest(clip.graph(n)) for clip in clips])
            for n in range(1, subsets + 1)]


def conv_options(model: BlockModel, clips: int = 0) -> list[Option]:
    """Sizes of the 1x1 array and the width of H. All of so many ``clips`` take the same cycles."""
    found, outputs, joints = [], model.block.out_channels, model.joints
    per_group = {ceil(joints / groups) for groups in range(1, joints + 1)}
    for width in WIDTHS:
        step = width // 2
        most = model.block.out_banks * 16 // 2
        per_pass = {ceil(ceil(outputs / (2 * passes)) / step) * step for passes in range(1, outputs + 1)}
        for pairs in sorted(pairs for pairs in per_pass if pairs <= most):
            for depth in range(1, MAX_DEPTH + 1):
                if depth > 1 and pairs > DEEP_PAIRS * step:
                    break       # shorter chains and fewer passes: rather longer ones
                for lockstep in sorted(per_group):
                    units = model.conv(lockstep, pairs, width, depth)
                    found.append(Option.of({"conv_joints": lockstep, "conv_pairs": pairs, "conv_depth": depth,
                                            "h_width": width}, units, [slowest(units)] * clips))
    return found


def temporal_options(model: BlockModel, x_rows: int, h_rows: int, clips: Sequence[BlockModel] = ()) -> list[Option]:
    """Lanes, their size, and the width of Y; with the store of H. Of ``clips`` only the lanes' cycles differ."""
    found = []
    stores = [model.stores(x_rows, h_rows, lanes)["h_store"] for lanes in range(1, MOST_LANES + 1)]
    for width in WIDTHS:
        seen = set()
        for pairs in range(width // 2, model.block.out_banks * 8 + 1):
            passes = len(model.plan(pairs, width).passes)
            if passes in seen or passes > MOST_PASSES:
                continue
            seen.add(passes)
            works = [clip.work(pairs, width) for clip in clips]
            for lanes in range(1, MOST_LANES + 1):
                units = model.temporal(lanes, pairs, width)
                units["h_store"] = replace(units["h_store"], resources=stores[lanes - 1])
                others = slowest({name: unit for name, unit in units.items() if name != "lanes"})
                jobs = [model.persons * work.on(lanes) for work in works]
                found.append(Option.of({"lanes": lanes, "lane_pairs": pairs, "y_width": width}, units,
                                       [max(others, each) for each in jobs]))
                if others >= max(units["lanes"].cycles, *jobs, 0):
                    break       # more lanes would only wait for vectors
    return found


def head_options(design: Design, clips: int = 0) -> list[Option]:
    """Widths of the head. All of so many ``clips`` take the same cycles."""
    found = [(width, rest_units(design, width)) for width in HEAD_WIDTHS]
    return [Option.of({"head_width": width}, units, [slowest(units)] * clips) for width, units in found]
