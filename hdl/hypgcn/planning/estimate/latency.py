"""Latency of a clip while clips follow each other: its rows through the stages of all blocks, a timed event graph."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ...cost import UnitCost
from ...design import Design
from ...design.folding import BlockFolding, Folding
from ...io_cost import io_units
from .activity import Activity, clips_in_flight
from .block import BlockModel
from .loop import PIPELINE
from .stages import Stage

__all__ = ["QUEUEING", "RowStages", "last_frame_latency", "latency_of_rows", "row_latency"]

QUEUEING = 1.2
"""Latency over that of rows which all take as long: rows differ in work, and wait for each other in the stores. In RTL
simulation 1.28 in the preset ``tiny`` and 1.23 in the small network; in the benchmark's about 1.19."""
BETWEEN = 2
"""Rows between two stages of the spatial unit: one is written, one read."""


@dataclass(frozen=True, kw_only=True)
class RowStages:
    """What a row takes through a block, and the rows between its stages.

    Parameters
    ----------
    frames, stride, kernel : int
        Rows of X of a person, rows of X for one of Y, taps.
    spatial : tuple of float
        Cycles of a row of X in each stage of the spatial unit.
    sums, combine : float
        Cycles of a row of Y in the lanes, if all its taps are inside the clip, and behind them.
    x_rows, h_rows : int
        Rows that the stores of X, and of what the taps read, hold.
    keeps_x : bool
        A row of X stays in its store until the row of Y that it is added to is done.
    behind : float
        Cycles of a row of Y in a convolution behind the taps.
    """

    frames: int
    stride: int
    kernel: int
    spatial: tuple[float, ...]
    sums: float
    combine: float
    x_rows: int
    h_rows: int
    keeps_x: bool
    behind: float = 0.0

    @classmethod
    def of(cls, model: BlockModel, folding: BlockFolding, units: dict[str, UnitCost]) -> "RowStages":
        """Stages of the block of ``model``, of which ``units`` are the costs under ``folding``.

        Of a multi-scale block the convolution in front of the taps is one more stage of the spatial unit, and the
        running maximum widens the window; such blocks were not compared with simulation.
        """
        shape, block, stages = model.shape, model.shape.block, model.shape.stages
        taps = stages[0] if block.scales is None else stages[1]
        rows = [_sums_and_combine(stage, model, units) for stage in stages]
        sums, combine = rows[stages.index(taps)]
        before = [max(row) for row in rows[:stages.index(taps)]]
        behind = sum(max(row) for row in rows[stages.index(taps) + 1:])
        widened = 2 if block.scales is not None and stages[0].layer.running_max[1] > 0 else 0
        return cls(frames=shape.frames, stride=block.stride, kernel=taps.layer.kernel + widened,
                   spatial=(*_spatial(model, units), *before), sums=sums, combine=combine, x_rows=folding.x_rows,
                   h_rows=folding.h_rows if folding.scales is None else folding.scales.p_rows,
                   keeps_x=block.shortcut_y != "none", behind=behind)

    @property
    def pad(self) -> int:
        """Rows before and after the middle tap."""
        return (self.kernel - 1) // 2

    @property
    def outputs(self) -> int:
        """Rows of Y of a person."""
        return -(-self.frames // self.stride)

    def window(self, row: int) -> tuple[int, int]:
        """First and last row of H of row ``row`` of Y; rows are counted over persons and clips."""
        person, at = divmod(row, self.outputs)
        first, middle = person * self.frames, person * self.frames + at * self.stride
        return max(middle - self.pad, first), min(middle + self.pad, first + self.frames - 1)

    def cycles(self, row: int) -> float:
        """Cycles of row ``row`` of Y: the taps outside the clip are left out."""
        first, last = self.window(row)
        return max(self.combine, self.sums * (last - first + 1) / self.kernel)

    def freeing(self, row: int, ahead: int) -> int:
        """The row of Y after which row ``row`` of X (``ahead`` 0) or of H (``ahead`` pad) is not needed any more."""
        person, frame = divmod(row, self.frames)
        return person * self.outputs + min((frame + ahead) // self.stride, self.outputs - 1)


@dataclass
class _Block:
    """Times at which the rows of a block are done in its stages, as far as they are known."""

    stages: RowStages
    x: list[float] = field(default_factory=list)
    spatial: list[list[float]] = field(default_factory=list)
    y: list[float] = field(default_factory=list)

    def __post_init__(self):
        self.spatial = [[] for _ in self.stages.spatial]

    def _freed(self, row: int, ahead: int) -> float | None:
        """When row ``row`` of a store left it; ``None`` while that is not known."""
        if row < 0:
            return 0.0
        done = self.stages.freeing(row, ahead)
        return self.y[done] if done < len(self.y) else None

    def x_slot(self) -> float | None:
        """When there is a place for the next row of X, ``None`` while that is not known."""
        row = len(self.x) - self.stages.x_rows
        if self.stages.keeps_x or row < 0:
            return self._freed(row, 0)
        return self.spatial[0][row] if row < len(self.spatial[0]) else None

    def next_h(self) -> bool:
        """Give the next row of X to the spatial unit, if its times are known."""
        row = len(self.spatial[0])
        slot = self._freed(row - self.stages.h_rows, self.stages.pad)
        if row >= len(self.x) or slot is None:
            return False
        time = self.x[row]
        for number, (cycles, done) in enumerate(zip(self.stages.spatial, self.spatial)):
            behind = self.spatial[number + 1] if number + 1 < len(self.spatial) else None
            room = slot if behind is None else behind[row - BETWEEN] if row >= BETWEEN else 0.0
            time = max(time, room, done[-1] if done else 0.0) + cycles
            done.append(time)
        return True

    def next_y(self, slot: float | None) -> bool:
        """Compute the next row of Y, for which the next store has a place from ``slot``, if its times are known."""
        row = len(self.y)
        _, last = self.stages.window(row)
        if slot is None or last >= len(self.spatial[-1]):
            return False
        behind = self.stages.behind
        start = max(self.spatial[-1][last] + PIPELINE, slot, self.y[-1] - behind if self.y else 0.0)
        self.y.append(start + self.stages.cycles(row) + behind)
        return True


def latency_of_rows(blocks: Sequence[RowStages], persons: int, *, arrival: float, head: float, clips: int) -> float:
    """Cycles from the last row of a clip in to its scores, while clips follow each other without a gap.

    Parameters
    ----------
    blocks : sequence of RowStages
        All blocks in their order.
    persons : int
        Persons per clip.
    arrival, head : float
        Cycles of a row in the input, and of the last row in the head.
    clips : int
        Clips, of which the last one is measured.
    """
    chain = [_Block(stages) for stages in blocks]
    rows, ends = (clips * persons * count for count in (blocks[0].frames, blocks[-1].outputs))
    moved = True
    while moved:
        moved = False
        while len(chain[0].x) < rows and (slot := chain[0].x_slot()) is not None:
            chain[0].x.append(max(slot, chain[0].x[-1] if chain[0].x else 0.0) + arrival)
            moved = True
        for block, behind in zip(chain, [*chain[1:], None]):
            while block.next_h():
                moved = True
            while (behind is not None or len(block.y) < ends) and block.next_y(0.0 if behind is None
                                                                               else behind.x_slot()):
                moved = True
                if behind is not None:
                    behind.x.append(block.y[-1])
    return chain[-1].y[-1] + head - chain[0].x[-1]


def last_frame_latency(design: Design, folding: Folding, activities: Sequence[Activity] | None = None) -> float:
    """Estimated cycles from a clip's last frame in to its scores, while clips follow each other without a gap.

    Within 10 % of RTL simulation.

    Parameters
    ----------
    design, folding : Design, Folding
        The network and the parallelism of its units.
    activities : sequence of Activity, optional
        Non-zeros of each block; ``None``: from the design's densities.
    """
    folding.validate(design)
    stages = []
    for index, block in enumerate(folding.blocks):
        model = BlockModel.of(design, index, folding.mac, None if activities is None else activities[index])
        stages.append(RowStages.of(model, block, model.units(block)))
    io = io_units(design, folding.head_width, folding.skip_absent)
    return QUEUEING * latency_of_rows(
        stages, design.persons, arrival=io["input"].cycles / (design.persons * design.frames),
        head=io["head"].cycles / (design.persons * stages[-1].outputs), clips=clips_in_flight(design) + 2)


def row_latency(model: BlockModel, units: dict[str, UnitCost]) -> float:
    """Cycles that some ``units`` of a block add between its last row of X and its last row of Y, without waiting.

    A sum over units, so that the latencies of choices add up.
    """
    found = sum(_spatial(model, units))
    for stage in model.shape.stages:
        if stage.name("lanes") not in units:
            continue
        sums, combine = _sums_and_combine(stage, model, units)
        kernel = stage.layer.kernel
        found += sum(max(combine, sums * (kernel - missing) / kernel)
                     for missing in range((kernel - 1) // 2, -1, -stage.layer.stride))
    return found


def _spatial(model: BlockModel, units: dict[str, UnitCost]) -> Iterable[float]:
    """Cycles of a row of X in each stage of the spatial unit, as far as ``units`` have it."""
    def row(*names: str) -> float:
        return max(units[name].cycles for name in names) / model.shape.rows

    if "loader" in units:
        yield from (row("loader"), row("graph"))
    if "z_turn" in units:
        yield from (row("z_turn"), row("conv", "h_requant"))
    elif "conv" in units:
        yield from (row("conv"), row("h_requant", "h_rows"))


def _sums_and_combine(stage: Stage, model: BlockModel, units: dict[str, UnitCost]) -> tuple[float, float]:
    """Cycles of an output row of ``stage`` with all its taps in the lanes, and behind them."""
    persons, kernel = model.shape.persons, stage.layer.kernel
    rows = RowStages(frames=stage.frames, stride=stage.layer.stride, kernel=kernel, spatial=(), sums=0, combine=0,
                     x_rows=0, h_rows=0, keeps_x=False)
    windows = [rows.window(row) for row in range(rows.outputs)]
    inside = sum(last - first + 1 for first, last in windows)
    return (max(units[name].cycles for name in (stage.name("lanes"), stage.store)) / persons * kernel / inside,
            units[stage.name("combine")].cycles / (persons * stage.out_frames))
