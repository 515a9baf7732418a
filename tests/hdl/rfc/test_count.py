"""Counts of ones at odd and even widths."""

import pytest
from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.sim import Simulator

from hypgcn.rfc.count import add_three, count_ones, group_counts, prefix_counts


@pytest.mark.parametrize("width", [1, 2, 3, 8, 13, 16])
def test_counts(width):
    m = Module()
    value, total = Signal(width), Signal(range(width + 1))
    m.d.comb += total.eq(count_ones(m, value, "ones"))
    below = prefix_counts(m, value, "below")
    assert [count.name for count in below] == [f"below{n}" for n in range(width)]
    tests = range(1 << width) if width < 9 else [0, 1, (1 << width) - 1, *range(3, 1 << width, 911)]

    async def check(ctx):
        for number in tests:
            ctx.set(value, number)
            assert ctx.get(total) == number.bit_count()
            assert [ctx.get(count) for count in below] == \
                [(number & ((1 << n) - 1)).bit_count() for n in range(width)]
    sim = Simulator(m)
    sim.add_testbench(check)
    sim.run()


@pytest.mark.parametrize("width", [0, 1, 5, 6, 7, 12, 15])
def test_groups(width):
    m = Module()
    value = Signal(max(1, width))
    groups = group_counts(m, value[:width], "group")
    total = Signal(range(17))
    m.d.comb += total.eq(sum(groups, Const(0, 1)))
    assert len(groups) == -(-width // 6)

    async def check(ctx):
        for number in range(0, 1 << width, 1 if width < 9 else 37):
            ctx.set(value, number)
            assert ctx.get(total) == number.bit_count()
    sim = Simulator(m)
    sim.add_testbench(check)
    sim.run()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4])
def test_add_three(size):
    """Operands narrower and wider than the sum."""
    m = Module()
    a, b, c, total = Signal(4), Signal(3), Signal(1), Signal(max(1, size))
    m.d.comb += total.eq(add_three(a, b, c, size))

    async def check(ctx):
        for number in range(1 << 8):
            ctx.set(Cat(a, b, c), number)
            expected = (number & 15) + (number >> 4 & 7) + (number >> 7)
            assert ctx.get(total) == expected % (1 << size)
    sim = Simulator(m)
    sim.add_testbench(check)
    sim.run()
