"""Population counts as logic: each bit of a count of six bits is one LUT, without carry chains."""

from amaranth import *

__all__ = ["add_three", "count_ones", "group_counts", "prefix_counts"]

_GROUP = 6
"""Bits that one level of 6-input LUTs counts."""


def _sum(m, a, b, name):
    """``a + b`` of two short numbers, bit by bit: a mapper turns ``+`` into a carry chain whatever the width."""
    a, b = Value.cast(a), Value.cast(b)
    size = max(len(a), len(b))
    total, carry = Signal(size + 1, name=name), Signal(size + 1, name=f"{name}_carry")
    for n in range(size):
        x, y = (value[n] if n < len(value) else C(0, 1) for value in (a, b))
        m.d.comb += [total[n].eq(x ^ y ^ carry[n]), carry[n + 1].eq((x & y) | (carry[n] & (x | y)))]
    m.d.comb += total[size].eq(carry[size])
    return total


def count_ones(m, value, name):
    """Number of set bits of ``value``: six bits at a time, then a tree of sums.

    Parameters
    ----------
    m : Module
        Takes the logic.
    value : value
        Any width.
    name : str
        Signals are called ``name_...``.
    """
    value = Value.cast(value)
    size = len(value)
    if size <= 1:
        return value
    if size <= 3:
        bits = [*value, C(0, 1)][:3]
        return Cat(bits[0] ^ bits[1] ^ bits[2], (bits[0] & bits[1]) | (bits[2] & (bits[0] | bits[1])))
    split = 3 if size <= _GROUP else (-(-size // _GROUP) // 2 + -(-size // _GROUP) % 2) * _GROUP
    return _sum(m, count_ones(m, value[:split], f"{name}_low"), count_ones(m, value[split:], f"{name}_high"),
                f"{name}_of{size}")[:size.bit_length()]


def group_counts(m, value, name) -> list:
    """Number of set bits of each six bits of ``value``, lowest first; signals are called ``name_...``."""
    value = Value.cast(value)
    return [count_ones(m, value[n:n + _GROUP], f"{name}_of{n}") for n in range(0, len(value), _GROUP)]


def add_three(a, b, c, size: int) -> Value:
    """The lowest ``size`` bits, at most 4, of ``a + b + c``, in two levels of LUTs: a carry-save adder, then a sum."""
    a, b, c = (Value.cast(value).as_unsigned() for value in (a, b, c))
    a, b, c = (Cat(value, C(0, size))[:size] for value in (a, b, c))
    sums, carries = a ^ b ^ c, Cat(C(0, 1), (a & b) | (c & (a | b)))[:size]
    bits, carry = [], C(0, 1)
    for n in range(size):
        bits.append(sums[n] ^ carries[n] ^ carry)
        carry = (sums[n] & carries[n]) | (carry & (sums[n] | carries[n]))
    return Cat(bits)


def prefix_counts(m, value, name):
    """Number of set bits below each bit of ``value``, as combinational signals ``name0``, ``name1``, ...

    A count is the total of the complete groups of six below, plus the bits below in its own group.
    """
    # Groups of six share their totals: each bit adds one sum of two short numbers, not a tree of its own.
    value = Value.cast(value)
    counts, before = [], C(0, 1)
    for index in range(len(value)):
        begin = index - index % _GROUP
        if index and index == begin:
            group = count_ones(m, value[begin - _GROUP:begin], f"{name}_group{begin}")
            before = group if begin == _GROUP else _sum(m, before, group, f"{name}_total{begin}")
        counts.append(Signal(range(max(2, index + 1)), name=f"{name}{index}"))
        in_group = count_ones(m, value[begin:index], f"{name}_below{index}") if index > begin else C(0, 1)
        m.d.comb += counts[-1].eq(_sum(m, before, in_group, f"{name}_sum{index}") if begin and index > begin else
                                  before if begin else in_group)
    return counts
