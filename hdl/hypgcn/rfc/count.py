"""Counts of ones, as short adder trees."""

from amaranth import *

__all__ = ["count_ones", "prefix_counts"]


def _half(bits):
    middle = len(bits) // 2
    return bits[:middle], bits[middle:]


def count_ones(value):
    """Combinational count of the ones in ``value``: a balanced tree, not a chain."""
    bits = list(value)
    if len(bits) == 1:
        return bits[0]
    low, high = _half(bits)
    return count_ones(Cat(low)) + count_ones(Cat(high))


def prefix_counts(m, value, name):
    """For each bit of ``value`` a combinational signal: how many ones are below it.

    A parallel prefix sum, ``log2(len(value))`` adders deep; signals are called ``name0``, ``name1``, ...
    """
    def place(bits, first):
        """Prefix counts of ``bits`` alone, and their total."""
        if len(bits) == 1:
            return [Const(0, 1)], bits[0]
        low, high = _half(bits)
        low_counts, low_total = place(low, first)
        high_counts, high_total = place(high, first + len(low))
        size = len(bits)
        total = Signal(range(size + 1), name=f"{name}_total{first}_{size}")
        m.d.comb += total.eq(low_total + high_total)
        moved = []
        for index, count in enumerate(high_counts, first + len(low)):
            moved.append(Signal(range(max(2, index - first + 1)), name=f"{name}{index}_of{size}"))
            m.d.comb += moved[-1].eq(low_total + count)
        return low_counts + moved, total
    bits = list(value)
    counts = []
    for index, count in enumerate(place(bits, 0)[0]):
        counts.append(Signal(range(max(2, index + 1)), name=f"{name}{index}"))
        m.d.comb += counts[-1].eq(count)
    return counts
