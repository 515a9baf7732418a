"""Counters that show where the cycles of a network go: busy, starved and blocked cycles of every unit."""

from amaranth import *
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out

__all__ = ["BLOCK_UNITS", "STATES", "Watch", "counts_layout", "state_layout", "state_of", "watched_units"]

STATES = ("busy", "starved", "blocked")
BLOCK_UNITS = ("x_store", "x_reads", "loader", "graph", "conv", "h_requant", "h_rows", "h_store", "h_reads", "lanes",
               "combine")
"""Watched parts of a block: the units by what they do in a cycle, of a store the writing (``_store``) and the port that
all its readers share (``_reads``)."""


def state_layout() -> data.StructLayout:
    """What a unit does in a cycle; one bit of it is set."""
    return data.StructLayout(dict.fromkeys(STATES, 1))


def counts_layout(names: int) -> data.ArrayLayout:
    """Counters of so many names: for each busy, starved, blocked."""
    return data.ArrayLayout(data.ArrayLayout(32, len(STATES)), names)


def state_of(*streams) -> dict[str, Value]:
    """State of what moves at most one of ``streams`` in a cycle: *busy* one is moving, *blocked* some are offered and
    none is taken, *starved* none is offered."""
    valid = Cat(each.valid for each in streams).any()
    moves = Cat(each.valid & each.ready for each in streams).any()
    return {"busy": moves, "starved": ~valid, "blocked": valid & ~moves}


def watched_units(blocks: int) -> list[str]:
    """Names of what a network of so many blocks counts, in the order of the counters."""
    return ["input", *(f"blocks[{index}].{name}" for index in range(blocks) for name in BLOCK_UNITS), "head"]


class Watch(wiring.Component):
    """For every unit, the cycles since reset in which it was busy, starved and blocked.

    A unit is *busy* in a cycle in which it does a step of its work, *blocked* when there is work but its result, or the
    place for it, holds it up, *starved* when there is no work; exactly one of these. Several units under one name, the
    lanes of a block, are counted together: their counts sum up to the cycles times their number. Counters wrap at
    2^32. Storage: 96 flip-flops per name. It reads signals inside the units and is put beside them after they
    are elaborated, so it changes nothing in them.

    Parameters
    ----------
    names : of the units
    states : called when this is elaborated; for each name, in order, a list of ``{"busy", "starved", "blocked"}``
        values or of views of :func:`state_layout`

    Members
    -------
    counts : Out(names x 3 x 32), per name busy, starved, blocked
    """

    def __init__(self, names, states):
        self.names, self.states = list(names), states
        super().__init__({"counts": Out(counts_layout(len(self.names)))})

    def elaborate(self, platform):
        m = Module()
        found = self.states()
        if len(found) != len(self.names):
            raise ValueError(f"states must be of {len(self.names)} units, not {len(found)}")
        for index, units in enumerate(found):
            for number, name in enumerate(STATES):
                # A register in front: the paths into the counters are no part of the units' timing.
                seen = Signal(range(len(units) + 1), name=f"{name}{index}")
                count = self.counts[index][number]
                m.d.sync += [seen.eq(sum(unit[name] for unit in units)), count.eq(count + seen)]
        return m
