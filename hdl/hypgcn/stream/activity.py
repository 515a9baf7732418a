"""What one unit or stream does in a cycle, as the performance counters see it: busy, starved or blocked."""

from amaranth.hdl import Cat, Value
from amaranth.lib import data

__all__ = ["STATES", "state_layout", "state_of", "unit_state"]

STATES = ("busy", "starved", "blocked")


def state_layout() -> data.StructLayout:
    """State of one unit in one cycle, one-hot.

    ``busy``: it does a step of its work; ``starved``: there is no work; ``blocked``: there is work, but its result, or
    the place for the result, holds it up.
    """
    return data.StructLayout(dict.fromkeys(STATES, 1))


def unit_state(*, busy, offered) -> data.View:
    """State of a unit that is ``busy`` in a cycle in which it does a step of the work that is ``offered``.

    Parameters
    ----------
    busy : 1-bit value
        The unit does a step; only while ``offered``.
    offered : 1-bit value
        There is work.

    Returns
    -------
    View of :func:`state_layout`
    """
    busy, offered = Value.cast(busy), Value.cast(offered)
    return data.View(state_layout(), Cat(busy, ~offered, offered & ~busy))


def state_of(*streams) -> data.View:
    """State of a unit whose steps are the transfers of ``streams``.

    Parameters
    ----------
    streams : stream interfaces
        *Busy* while at least one transfers, *blocked* while some are valid and none is ready, *starved* while none is
        valid.

    Returns
    -------
    View of :func:`state_layout`
    """
    return unit_state(busy=Cat(stream.valid & stream.ready for stream in streams).any(),
                      offered=Cat(stream.valid for stream in streams).any())
