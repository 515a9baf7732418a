"""Logic of bits against the arithmetic that it stands for, over all values of a few widths."""

from functools import partial

import pytest
from amaranth.hdl import Const, Module, Shape, Signal, signed
from amaranth.sim import Simulator

from hypgcn.arith.bits import (
    at_most,
    at_most_one,
    at_most_ones,
    beyond,
    lowest_one,
    lowest_two,
    ones_below,
    saturate,
    stepped,
)


def check(shape, numbers, cases):
    """``cases``: (expression of a signal of ``shape``, its value for a number)."""
    m = Module()
    value = Signal(shape)
    results = [Signal(Shape.cast(make(value).shape()), name=f"result{n}") for n, (make, _) in enumerate(cases)]
    m.d.comb += [result.eq(make(value)) for result, (make, _) in zip(results, cases)]

    async def testbench(ctx):
        for number in numbers:
            ctx.set(value, number)
            assert [ctx.get(result) for result in results] == [expected(number) for _, expected in cases], number
    sim = Simulator(m)
    sim.add_testbench(testbench)
    sim.run()


@pytest.mark.parametrize("width", [1, 2, 3, 5, 9, 16])
def test_ones(width):
    top = (1 << width) - 1
    numbers = range(1 << width) if width < 10 else {0, top, *(1 << n for n in range(width)), *range(5, top, 977),
                                                    *(1 << n | 1 << k for n in range(width) for k in range(n))}
    check(width, numbers, [
        (lowest_one, lambda x: x & -x),
        (ones_below, lambda x: -2 * (x & -x) & top),
        (at_most_one, lambda x: int(x.bit_count() <= 1)),
        *((partial(at_most_ones, limit=limit), lambda x, limit=limit: int(x.bit_count() <= limit))
          for limit in (0, 1, 2, 4, 9)),
        (lambda x: lowest_two(x)[0], lambda x: x & -x),
        (lambda x: lowest_two(x)[1], lambda x: x & x - 1 & -(x & x - 1)),
        (lambda x: lowest_two(x)[2], lambda x: (x & x - 1) & (x & x - 1) - 1),
    ])


@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_steps(width):
    modulus = 1 << width
    check(width + 2, range(modulus * 4), [
        (lambda x: stepped(x[:width], x[-2], x[-1]),
         lambda x: (x % modulus + (x >> width & 1) - (x >> width + 1)) % modulus)])


@pytest.mark.parametrize("width", [9, 10, 13])
def test_saturation(width):
    half = 1 << width - 1
    numbers = range(-half, half) if width < 11 else [-half, -1000, *range(-140, -120), -1, 0, 1, *range(120, 140),
                                                     1000, half - 1]
    check(signed(width), numbers, [(saturate, lambda x: max(-128, min(127, x)))])
    check(signed(width), numbers, [
        (partial(saturate, dead_zone=zone), lambda x, zone=zone: max(-128, min(127, x)) if abs(x) > zone else 0)
        for zone in (1, 5, 64, 127)])


def test_beyond():
    limits = (0, 1, 64, 126, 127)
    check(signed(8), range(-128, 128), [(partial(beyond, limit=Const(limit, 7)), lambda x, limit=limit: abs(x) > limit)
                                        for limit in limits])


def test_at_most():
    check(4, range(16), [(partial(at_most, limit=limit), lambda x, limit=limit: int(x <= limit))
                         for limit in (0, 1, 6, 15, 16, 40)])
