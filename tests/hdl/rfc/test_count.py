"""Counts of ones at odd and even widths."""

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from hypgcn.rfc.count import count_ones, prefix_counts


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
