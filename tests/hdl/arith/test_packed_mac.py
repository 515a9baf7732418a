# amaranth: UnusedElaboratable=no
import itertools

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed

from hypgcn.arith import PackedMac, PackedMacConfig
from hypgcn.design.limits import MAC_FORMS
from testbench import simulate

WEIGHTS = (-127, -1, 0, 1, 127)
ACTIVATIONS = (-128, -1, 0, 1, 127)
CORNERS = [(x, w0, w1) for x, w0, w1 in itertools.product(ACTIVATIONS, WEIGHTS, WEIGHTS)]


class Unpacked:
    """A packed MAC and the two sums of its raw output."""

    def __init__(self, cfg):
        self.mac = PackedMac(cfg)
        self.acc = [Signal(signed(cfg.acc_width), name=f"acc{n}") for n in range(2)]

    def top(self):
        m = Module()
        m.submodules.mac = self.mac
        for acc, value in zip(self.acc, self.mac.unpack(self.mac.raw)):
            assert value.shape() == signed(self.mac.cfg.acc_width)
            m.d.comb += acc.eq(value)
        return m


def run_mac(cfg, steps):
    """Sums after each of ``steps`` (x, w0, w1, first)."""
    dut, out = Unpacked(cfg), []
    steps = steps.tolist() + [[0, 0, 0, 0]] * PackedMac.LATENCY

    async def testbench(ctx):
        for cycle, (x, w0, w1, first) in enumerate(steps):
            ctx.set(dut.mac.x, x)
            ctx.set(dut.mac.w, [w0, w1])
            ctx.set(dut.mac.first, first)
            if cycle >= PackedMac.LATENCY:
                out.append([ctx.get(acc) for acc in dut.acc])
            await ctx.tick()
    simulate(dut.top(), testbench, timeout=len(steps) + 10)
    return np.array(out)


def expected(steps):
    out, acc = [], np.zeros(2, np.int64)
    for x, w0, w1, first in steps:
        acc = (0 if first else acc) + x * np.array([w0, w1], np.int64)
        out.append(acc)
    return np.array(out)


def check(cfg, steps):
    steps = np.array(steps, np.int64)
    steps[0, 3] = 1
    want = expected(steps)
    limit = 1 << cfg.acc_width - 1
    assert ((-limit <= want) & (want < limit)).all(), "the test must stay within the accumulators"
    np.testing.assert_array_equal(run_mac(cfg, steps), want)


@pytest.mark.parametrize("form", MAC_FORMS)
@pytest.mark.parametrize("acc_width", [17, 19, 20, 27])
def test_corners_alone(acc_width, form):
    """Every corner product by itself: each starts a sum, so each is followed at once by another first."""
    check(PackedMacConfig(acc_width=acc_width, form=form), [(x, w0, w1, 1) for x, w0, w1 in CORNERS])


@pytest.mark.parametrize("form", MAC_FORMS)
@pytest.mark.parametrize("acc_width", [19, 22])
def test_corners_after_each_other(acc_width, form):
    """Every corner product on top of every other, with and without a bubble between."""
    steps = []
    for index, (a, b) in enumerate(itertools.product(CORNERS[::7], CORNERS[::4])):
        steps.append((*a, 1))
        if index % 3 == 0:
            steps.append((0, 127, -127, 0))
        steps.append((*b, 0))
    check(PackedMacConfig(acc_width=acc_width, form=form), steps)


@pytest.mark.parametrize("form", MAC_FORMS)
@pytest.mark.parametrize("acc_width", [18, 19, 22])
@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_up_to_the_limits(signs, acc_width, form):
    """Largest products until the accumulators are full, in both directions and back: the field wraps up and down."""
    count = min(((1 << acc_width - 1) - 1) // (127 * 128), 500)
    way = [(-128, -127 * signs[0], -127 * signs[1], 0)] * count
    back = [(127, -127 * signs[0], -127 * signs[1], 0)] * count
    check(PackedMacConfig(acc_width=acc_width, form=form), way + back + back + way)


def test_exact_limits():
    """Sums of exactly -2**(n-1) and 2**(n-1) - 1, once below and once above the width of the field."""
    for acc_width in (14, 19, 21):
        for sign in (1, -1):
            total = (1 << acc_width - 1) - (sign > 0)
            steps = [(127, 127 * sign, -127 * sign, 0)] * (total // (127 * 127))
            rest = total % (127 * 127)
            steps += [(rest // 127, 127 * sign, -127 * sign, 0), (rest % 127, sign, -sign, 0)]
            if sign > 0:
                check(PackedMacConfig(acc_width=acc_width), steps)
            else:
                check(PackedMacConfig(acc_width=acc_width), [(x, w0, min(w1, 0), first) for x, w0, w1, first in steps])


@pytest.mark.parametrize("form", MAC_FORMS)
@pytest.mark.parametrize("acc_width", [19, 27])
def test_random(acc_width, form):
    """Random products, bubbles with arbitrary weights, and sums of random length, also of nothing but bubbles."""
    rng = np.random.default_rng(acc_width)
    steps = np.stack([rng.integers(-128, 128, 800), rng.integers(-127, 128, 800), rng.integers(-127, 128, 800),
                      rng.random(800) < 0.08], axis=1)
    bubble = rng.random(800) < 0.3
    steps[bubble, 0] = 0
    check(PackedMacConfig(acc_width=acc_width, form=form), steps)


def test_rejects():
    for width in (8, 28):
        with pytest.raises(ValueError, match=rf"acc_width must be in 9\.\.27, not {width}"):
            PackedMacConfig(acc_width=width)
    with pytest.raises(TypeError, match="acc_width must be an integer, not 20.0"):
        PackedMacConfig(acc_width=20.0)
    with pytest.raises(ValueError, match="form must be one of 'dsp48e2', 'inferred', 'single', not 'lut'"):
        PackedMacConfig(acc_width=20, form="lut")
