"""Delayed copies of signals."""

from contextlib import nullcontext

from amaranth.hdl import Signal

__all__ = ["delayed"]


def delayed(m, value, cycles: int, *, name: str, reset_less: bool = True, enable=None):
    """``value`` as it was ``cycles`` enabled cycles ago, in a chain of registers.

    Parameters
    ----------
    m : Module
        The registers are put here, in domain ``sync``.
    value : value or view
        What is copied; a copy has its shape.
    cycles : int, at least 0
        Length of the chain; with 0 ``value`` itself is returned.
    name : str
        Stage k is called ``{name}_{k}``.
    reset_less : bool
        Set it to False for what must be 0 after reset, as valid bits and whatever changes a state. Data need no reset,
        and without one a chain fits into a LUT as a shift register. The last register of a chain has one: so it stays
        a flip-flop, whose output comes much earlier in the cycle than that of a shift register.
    enable : 1-bit value, optional
        The chain moves only in cycles in which it is 1.

    Returns
    -------
    Signal or view of ``value``'s shape
    """
    for stage in range(cycles):
        copy = Signal.like(value, name=f"{name}_{stage}", reset_less=reset_less and stage < cycles - 1)
        with nullcontext() if enable is None else m.If(enable):
            m.d.sync += copy.eq(value)
        value = copy
    return value
