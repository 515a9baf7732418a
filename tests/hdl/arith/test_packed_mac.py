# amaranth: UnusedElaboratable=no
import itertools

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed

from hypgcn.arith import PackedMac, PackedMacConfig
from hypgcn.arith.packed_mac import FIELDS
from hypgcn.design.limits import MAC_FORMS, chain_depth
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
@pytest.mark.parametrize("acc_width", [16, 17, 18, 19, 20, 27])
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
    for acc_width, form, sign in itertools.product((14, 17, 19, 21), ("dsp48e2", "dsp48e1"), (1, -1)):
        cfg = PackedMacConfig(acc_width=acc_width, form=form)
        total = (1 << acc_width - 1) - (sign > 0)
        steps = [(127, 127 * sign, -127 * sign, 0)] * (total // (127 * 127))
        rest = total % (127 * 127)
        steps += [(rest // 127, 127 * sign, -127 * sign, 0), (rest % 127, sign, -sign, 0)]
        check(cfg, steps if sign > 0 else [(x, w0, min(w1, 0), first) for x, w0, w1, first in steps])


MULTIPLICAND = {"dsp48e2": 27, "dsp48e1": 25, "inferred": 27}
LARGEST = 127 * 128


def packed(field):
    """Of all pairs of weights: the pair, and what is packed of it."""
    w0, w1 = np.meshgrid(np.arange(-127, 128), np.arange(-127, 128), indexing="ij")
    return w0, w1, (w0 << field) + w1


@pytest.mark.parametrize("form", FIELDS)
def test_weights_fit_the_multiplicand(form):
    """All pairs of weights; a field of one bit more would not fit, nor would weights of -128."""
    limit, field = 1 << MULTIPLICAND[form] - 1, FIELDS[form]
    _, _, both = packed(field)
    assert both.min() >= -limit and both.max() < limit
    assert packed(field + 1)[2].max() >= limit
    assert (-128 << field) - 128 < -limit


@pytest.mark.parametrize("form", FIELDS)
def test_fields_of_every_product(form):
    """All 16.6 million pairs of products come out of their fields, by the sign of the lower one."""
    field = FIELDS[form]
    w0, w1, both = packed(field)
    for x in range(-128, 128):
        p = both * x
        low = (p & (1 << field) - 1 ^ 1 << field - 1) - (1 << field - 1)
        np.testing.assert_array_equal(low, w1 * x)
        np.testing.assert_array_equal((p >> field) + (low < 0), w0 * x)


def test_no_two_products_in_eighteen_bits():
    """The largest field beside two weights in 18 bits, of an ECP5, is shorter than a product."""
    room = max(field for field in range(1, 18) if packed(field)[2].max() < 1 << 17)
    assert room == 10 and (LARGEST << 1).bit_length() == 15


@pytest.mark.parametrize(("form", "depth"), [("dsp48e2", 8), ("inferred", 8), ("dsp48e1", 1)])
def test_steps_show_their_wraps(form, depth):
    """The two top bits say up, down or neither as the sum does.

    States near a change of the bits, with the smallest and the largest steps.
    """
    field, size = FIELDS[form], 1 << FIELDS[form]
    assert depth == (1 if form == "dsp48e1" else chain_depth(form).high) and depth * LARGEST <= size // 4
    near = (np.arange(4)[:, None] * (size // 4) + np.arange(-300, 300)).ravel() % size
    largest = depth * LARGEST
    steps = np.unique(np.concatenate([np.arange(-300, 301), *(sign * largest - np.arange(300) * sign
                                                             for sign in (1, -1))]))
    total = near[:, None] + steps
    before, after = (value >> field - 2 for value in (near[:, None], total % size))
    counted = ((before == 3) & (after == 0)).astype(int) - ((before == 0) & (after == 3))
    np.testing.assert_array_equal(counted, total // size)


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
    with pytest.raises(ValueError, match="form must be one of 'dsp48e2', 'dsp48e1', 'inferred', 'single', not 'lut'"):
        PackedMacConfig(acc_width=20, form="lut")
