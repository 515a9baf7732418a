"""Cost of the units of a sparse convolution: lanes, window and dispatcher, combiner."""

from ..arith.cost import mac_luts, multipliers, raw_bits
from ..cost import Memory, Resources, UnitCost, luts
from ..design import BANK
from ..mem import table_style
from ..rfc.cost import DECODER, PAIR_DECODER
from .lane import LaneConfig
from .lane_plan import LanePlan, Work
from .max_rows import MaxRowsConfig

__all__ = ["combiner", "dispatcher", "lane", "lanes", "max_rows"]

FROM_X = 185
"""LUTs of a lane that reads X, too: the choice between its vectors and those of the features, and the queue."""

MAX_CONTROL, MAX_VALUE, MAX_CHANNEL = 30, 8, 37
"""LUTs of a running maximum: its counters, per value of a slice, and per channel of a slice that has the maximum."""


def lane(plan: LanePlan, pairs: int | None = None) -> Resources:
    """Resources of one lane: read-address generator, queue and register slice of the announced reads, queues of the
    responses, decoder, MACs, weights.

    Parameters
    ----------
    plan : LanePlan
        Passes of a lane.
    pairs : int, optional
        Packed MACs whose sums are read; ``None``: all.
    """
    pairs = plan.pairs if pairs is None else pairs
    style = LaneConfig.weights_style(plan.pairs, plan.entries)
    weights = Memory("rom" if style == "auto" else "block rom", plan.weight_bits, BANK * plan.entries)
    answers = Memory("async", luts.VECTOR + 1, LaneConfig.answers(plan.fetches))
    memories = [*[weights] * plan.depth, *[answers] * (1 + plan.reads_x),
                Memory.table(plan.entry_bits, plan.entries), Memory("async", plan.fetch_bits, plan.fetches)]
    from_x = FROM_X if plan.reads_x else 0
    return Resources.of(
        dsp=multipliers(pairs * plan.depth, plan.mac.form), memories=memories,
        lut=(40 + luts.queue(plan.fetches) + luts.queue(LaneConfig.answers(plan.fetches)) + plan.fetch_bits
             + (DECODER if plan.depth == 1 else PAIR_DECODER) + from_x
             + pairs * mac_luts(plan.mac.acc_width, plan.mac.form, plan.depth)))


def lanes(count: int, one: Resources, work: Work, *, persons: int) -> UnitCost:
    """Cost of all lanes.

    Parameters
    ----------
    count : int
        Lanes.
    one : Resources
        Those of one lane, by :func:`lane`.
    work : Work
        Jobs of a person.
    persons : int
        Persons per clip.
    """
    return UnitCost(cycles=persons * work.on(count), resources=one * count, x_reads=persons * work.x_reads)


def dispatcher(plan: LanePlan, count: int, *, identity: bool) -> UnitCost:
    """Cost of window and dispatcher with their queues; per lane a register for a job. Lanes that read X bring a
    request each and the read arbiter.

    Parameters
    ----------
    plan : LanePlan
        Passes of a lane.
    count : int
        Lanes.
    identity : bool
        The shortcut into Y is the identity: lanes do not read X.
    """
    arbiter = plan.reads_x and not identity
    memories = [Memory("async", max(1, (count - 1).bit_length()) + count, 4 * count)]
    if arbiter:
        memories.append(Memory("async", count, 16))
    return UnitCost(resources=Resources.of(
        memories=memories, lut=224 + 12 * count + luts.queue(4 * count) + (40 + 12 * count if arbiter else 0)))


def combiner(plan: LanePlan, count: int, *, rows: int) -> UnitCost:
    """Cost of the combiner without its requantiser: choice of the lane and of the pair, and the slice of results.

    Parameters
    ----------
    plan : LanePlan
        Passes of a lane.
    count : int
        Lanes.
    rows : int
        Output rows per clip.
    """
    steps = [Memory.table(plan.step_bits, plan.groups)] if table_style(plan.groups) == "block" else []
    raw = raw_bits(plan.mac.acc_width)
    return UnitCost(cycles=rows * plan.joints * plan.groups, resources=Resources.of(
        memories=steps,
        lut=(90 + luts.multiplexer(count, plan.pairs * raw)
             + sum(0.8 * luts.multiplexer(len(at.pairs), raw) + _unpacked(at, plan.mac.acc_width)
                   for at in plan.positions) + 8 * plan.width)))


def max_rows(cfg: MaxRowsConfig, *, persons: int) -> UnitCost:
    """Cost of the running maximum: counters, comparisons, register slice, memory; a row more for each person.

    Parameters
    ----------
    cfg : MaxRowsConfig
        Its parameters.
    persons : int
        Persons per clip.
    """
    return UnitCost(cycles=persons * (cfg.frames + 1) * cfg.slices, resources=Resources.of(
        memories=[Memory("ram", cfg.word.size, cfg.slices)],
        lut=MAX_CONTROL + MAX_VALUE * cfg.width + MAX_CHANNEL * len(cfg.positions)))


def _unpacked(at, bits):
    """LUTs from a raw sum to the sum of a channel: the first of a pair takes a subtraction."""
    return bits * ((0 in at.second) + (len(at.second) == 2) + (at.second == {1} and len(at.used) == 2))
