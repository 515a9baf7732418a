# amaranth: UnusedElaboratable=no
import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed

from hypgcn.arith import PackedDot, PackedMac, PackedMacConfig
from hypgcn.design.limits import MAC_FORMS, chain_depth
from testbench import simulate


def run_dot(cfg, x, w, first):
    """Sums after each step; x (steps, depth), w (steps, depth, 2), first (steps). Place d is fed d cycles later."""
    dut, out = PackedDot(cfg), []
    top = Module()
    top.submodules.dot = dut
    acc = [Signal(signed(cfg.acc_width), name=f"acc{n}") for n in range(2)]
    top.d.comb += [total.eq(value) for total, value in zip(acc, dut.unpack(dut.raw))]
    steps, last = len(x), cfg.depth - 1

    async def testbench(ctx):
        for cycle in range(steps + last + PackedDot.LATENCY):
            for place in range(cfg.depth):
                at = cycle - place
                inside = 0 <= at < steps
                ctx.set(dut.x[place], int(x[at, place]) if inside else 0)
                ctx.set(dut.w[place], w[at, place].tolist() if inside else [0, 0])
            ctx.set(dut.first, int(first[cycle - last]) if last <= cycle < steps + last else 0)
            if cycle >= PackedDot.LATENCY + last:
                out.append([ctx.get(value) for value in acc])
            await ctx.tick()
    simulate(top, testbench, timeout=steps + 30)
    return np.array(out)


def check(cfg, x, w, first):
    first[0] = 1
    want, acc = [], np.zeros(2, np.int64)
    for products, restart in zip((x[:, :, None] * w).sum(axis=1), first):
        acc = products + (0 if restart else acc)
        want.append(acc)
    want = np.array(want)
    limit = 1 << cfg.acc_width - 1
    assert ((-limit <= want) & (want < limit)).all(), "the test must stay within the accumulators"
    np.testing.assert_array_equal(run_dot(cfg, x, w, first), want)


@pytest.mark.parametrize("form", MAC_FORMS)
@pytest.mark.parametrize("depth", [1, 2, 3, "most"])
@pytest.mark.parametrize("acc_width", [18, 19, 24])
def test_random(acc_width, depth, form):
    depth = chain_depth(form).high if depth == "most" else depth
    rng = np.random.default_rng(acc_width + depth)
    shape = 120, depth
    x, w = rng.integers(-128, 128, shape), rng.integers(-127, 128, (*shape, 2))
    x[rng.random(120) < 0.3] = 0
    check(PackedMacConfig(acc_width=acc_width, form=form, depth=depth), x, w, rng.random(120) < 0.3)


@pytest.mark.parametrize("form", MAC_FORMS)
@pytest.mark.parametrize("signs", [(1, -1), (-1, -1), *(pytest.param(signs, marks=pytest.mark.slow)
                                                         for signs in ((1, 1), (-1, 1)))])
def test_largest_steps(signs, form):
    """Every step as large as it can be, up and down and up again: the field wraps at each second step or so."""
    count, depth = 60, chain_depth(form).high
    x = np.full((4 * count, depth), -128)
    w = np.zeros((4 * count, depth, 2), int) - 127 * np.array(signs)
    w[count:3 * count] *= -1
    check(PackedMacConfig(acc_width=25, form=form, depth=depth), x, w, np.zeros(4 * count, int))
    check(PackedMacConfig(acc_width=20, form=form, depth=depth), x, w, np.arange(4 * count) % 3 == 0)


def test_rejects():
    for depth in (0, 9):
        with pytest.raises(ValueError, match=rf"depth must be in 1\.\.8, not {depth}"):
            PackedMacConfig(acc_width=20, depth=depth)
    for depth in (0, 5):
        with pytest.raises(ValueError, match=rf"depth must be in 1\.\.4, not {depth}"):
            PackedMacConfig(acc_width=20, depth=depth, form="dsp48e1")
    with pytest.raises(TypeError, match="depth must be an integer, not 2.0"):
        PackedMacConfig(acc_width=20, depth=2.0)
    with pytest.raises(ValueError, match="depth must be 1, not 2: PackedDot takes more"):
        PackedMac(PackedMacConfig(acc_width=20, depth=2))


def test_dsps():
    assert all(PackedMacConfig(acc_width=20, depth=3, form=form).dsps == 3 for form in ("dsp48e2", "dsp48e1"))
    assert PackedMacConfig(acc_width=20, depth=3, form="single").dsps == 6
