import dataclasses
import functools
import random

import numpy as np
import pytest
from hdl.sparse.blocks import activations, block, vectors
from random_vectors import answer

from hypgcn.design import BANK
from hypgcn.design.folding import BlockFolding
from hypgcn.golden.temporal.unit import temporal
from hypgcn.sparse import SparseConfig, SparseUnit
from testbench import STREAM_PATTERNS, pack, run

FOLDING = {"lanes": 2, "lane_pairs": 3, "y_width": 4, "x_rows": 7, "h_rows": 11}
FOLDINGS = [
    {"lanes": 1, "lane_pairs": 1, "y_width": 2}, {"lanes": 3, "lane_pairs": 5, "y_width": 2},
    {"lanes": 5, "lane_pairs": 2, "y_width": 4, "h_ports": 2}, {"lanes": 2, "lane_pairs": 16, "y_width": 8},
    {"lanes": 3, "lane_pairs": 8, "y_width": 16, "h_ports": 3}, {"lanes": 1, "lane_pairs": 18, "y_width": 16},
    {"lanes": 5, "lane_pairs": 1, "y_width": 2, "h_rows": 9, "x_rows": 5},
    {"lanes": 2, "lane_pairs": 4, "lane_depth": 2, "y_width": 4}]
NAMES = ["identity", "none", "conv", "few"]


class Case:
    """A unit, sequences of H and X, and what comes out. ``unit`` of another case with the same configuration is used
    again, and with it the compiled simulator."""

    def __init__(self, b, *, joints=2, frames=3, sequences=2, density=0.4, theta=3, mac="single", seed=0, lossy=(),
                 h=None, unit=None, **folding):
        rng = np.random.default_rng(seed)
        self.folding = BlockFolding(**{**FOLDING, **folding})
        self.cfg = SparseConfig.of(block=b, joints=joints, frames=frames, folding=self.folding, mac=mac)
        self.unit = unit or SparseUnit(self.cfg)
        self.theta = theta
        if h is None:
            h = activations(rng, (sequences, frames, joints, b.h_channels), density)
        self.h, self.x = h, activations(rng, (sequences * frames, joints, b.in_channels), 0.5, low=-128)
        self.rows, self.expected = [], []       # vectors of each row of H; all vectors of Y
        self.lost = 0
        pad = (self.cfg.layer.kernel - 1) // 2
        for n, sequence in enumerate(h):
            golden = temporal(sequence, self.x[n * frames:(n + 1) * frames], b, theta)
            came, flags = 0, []
            for t, row in enumerate(sequence):
                came |= int(n * frames + t in lossy)
                self.rows.append(vectors(row, came))
                flags.append(came | int(golden["h_lost"][:t + 1].any()))
            self.lost += int(golden["h_lost"].sum())
            for t, row in enumerate(golden["y"]):
                newest = frames - 1 if t == len(golden["y"]) - 1 else min(frames - 1, t * b.stride + pad)
                self.expected += vectors(row, flags[newest])

    def check(self, idle=0.0, stall=0.0, **options):
        dut = self.unit
        rng = random.Random(repr((idle, stall)))
        x_rows, freed, given = self.folding.x_rows, [0], [0]

        async def feed(ctx):
            """H comes as far as X can be there."""
            shape = dut.i.payload.shape()
            for index, row in enumerate(self.rows):
                while index - freed[0] >= x_rows:
                    await ctx.tick()
                for item in row:
                    while rng.random() < idle:
                        await ctx.tick()
                    ctx.set(dut.i.payload.as_value(), pack(shape, item))
                    ctx.set(dut.i.valid, 1)
                    await ctx.tick().until(dut.i.ready)
                    ctx.set(dut.i.valid, 0)
                given[0] = index + 1

        async def free(ctx):
            async for _, _, release in ctx.tick().sample(dut.x_release):
                if release:
                    freed[0] += 1
                    assert freed[0] <= given[0], "a row of X was freed before its row of H came"

        def read_x(request):
            # The row that is in the slot now: after a release that came too early, another one.
            row = freed[0] + (request["slot"] - freed[0]) % x_rows
            assert row < given[0]
            place = request["joint"] * self.cfg.layer.x_banks + request["bank"]
            return answer(vectors(self.x[row])[place])

        responders = {} if self.cfg.layer.shortcut == "none" else {("x_req", "x_rsp"): read_x}
        counted = []

        async def count(ctx):
            async for _, _, total in ctx.tick().sample(dut.overflow_count):
                counted[:] = [total]

        result = run(dut, {}, {"o": len(self.expected)}, signals={"threshold": self.theta}, testbenches=[feed],
                     background=[free, count], responders=responders, idle=idle, stall=stall, tail=60,
                     **{"timeout": 30_000, **options})
        assert result["o"] == self.expected
        assert freed[0] == len(self.rows)
        assert counted == [self.lost]
        return result


def small(name, **change):
    return block(name, joints=2, **change)


@functools.lru_cache(maxsize=2)
def golden_case(name):
    return Case(small(name))


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("name", ["identity", "conv"])
def test_golden(name, idle, stall):
    golden_case(name).check(idle=idle, stall=stall)


@pytest.mark.parametrize(("name", "density", "theta"), [
    ("conv", 1.0, 40), ("identity", 0.0, 0), ("identity", 1.0, 127)])
def test_densities_and_thresholds(name, density, theta):
    unit = golden_case(name).unit
    Case(small(name), density=density, theta=theta, sequences=1, unit=unit).check()


@pytest.mark.parametrize("name", ["none", "dropped"])
def test_golden_without_x(name):
    Case(small(name)).check(idle=0.4, stall=0.6)


@pytest.mark.parametrize(("name", "folding"), [(NAMES[n % 3], FOLDINGS[n]) for n in (2, 6)], ids=str)
def test_foldings(name, folding):
    Case(small(name), sequences=1, **folding).check()


@pytest.mark.slow
@pytest.mark.parametrize("folding", FOLDINGS, ids=str)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("frames", [1, 2, 9, 13])
def test_all_foldings(name, folding, frames):
    for stride in (1, 2):
        Case(small(name, stride=stride), frames=frames, **folding).check(idle=0.1, stall=0.2)


@pytest.mark.parametrize(("frames", "name", "stride"), [
    (1, "identity", 1), (2, "none", 2), (6, "identity", 2), (11, "conv", 2),
    *(pytest.param(*case, marks=pytest.mark.slow) for case in ((1, "conv", 2), (5, "conv", 1), (9, "identity", 1)))])
def test_lengths_with_least_rows(frames, name, stride):
    b = block(name, joints=1, stride=stride, in_channels=16, out_channels=16, shortcut_y=name)
    lanes = 1 if frames == 1 else 2
    Case(b, frames=frames, joints=1, sequences=3 if frames < 5 else 2, h_rows=9, x_rows=5, lanes=lanes).check(stall=0.3)


@pytest.mark.parametrize(("kernel", "stride", "frames", "h_rows", "x_rows"), [
    (1, 2, 4, 2, 2), (3, 2, 5, 3, 2), pytest.param(1, 1, 3, 1, 1, marks=pytest.mark.slow)])
def test_kernels_with_least_rows(kernel, stride, frames, h_rows, x_rows):
    b = block("conv", joints=1, in_channels=16, out_channels=16, kernel=kernel, stride=stride, keep_taps=min(2, kernel))
    Case(b, joints=1, frames=frames, h_rows=h_rows, x_rows=x_rows).check(idle=0.1, stall=0.1)


@pytest.mark.parametrize(("joints", "change"), [
    (1, {"in_channels": 64, "out_channels": 64, "filters": 17}), (5, {"in_channels": 16, "out_channels": 16})], ids=str)
def test_channels(joints, change):
    Case(block("identity", joints=joints, **change), joints=joints, lane_pairs=9, sequences=1).check()


# The lane's own tests cross the forms.
@pytest.mark.parametrize("mac", ["dsp48e2", pytest.param("inferred", marks=pytest.mark.slow)])
def test_mac_forms(mac):
    Case(small("conv"), frames=2, sequences=1, mac=mac, lanes=1).check()


@pytest.mark.parametrize(("name", "kernel"), [("conv", 3), pytest.param("identity", 9, marks=pytest.mark.slow)])
def test_overflow_is_counted_and_flagged(name, kernel):
    b = dataclasses.replace(small(name, kernel=kernel), h_depths=(4, 3, 2, 1))
    densities = np.tile([0.1, 0.1, 0.9, 0.1], 2)[:, None, None]
    h = activations(np.random.default_rng(1), (8, 2, b.out_channels), densities).reshape(2, 4, 2, b.out_channels)
    case = Case(b, frames=4, h=h, h_rows=9, lanes=1)
    assert case.lost
    assert {v["overflow"] for v in case.expected} == ({0, 1} if kernel == 3 else {1})
    case.check(stall=0.1)


def test_overflow_of_others_is_passed_on():
    """Also when no output row reads the sequence's last row."""
    case = Case(small("conv", kernel=1, keep_taps=1), frames=4, lossy={3, 6})
    assert not case.lost
    assert {v["overflow"] for v in case.expected} == {0, 1}
    case.check()


def test_shortcut_that_lost_outputs():
    """Outputs without a weight are constants: equal to golden, and as fast as if they were not there."""
    b = block("conv", joints=1, out_channels=32, filters=8, kernel=3, keep_taps=2)
    res = b.res.copy()
    res[8:] = 0
    lost, complete = (Case(variant, joints=1, frames=5, density=1.0, lanes=1, lane_pairs=4) for variant in
                      (dataclasses.replace(b, res=res), b))
    took = [case.check()["times"]["o"] for case in (lost, complete)]
    assert 1.5 * (took[0][-1] - took[0][0]) < took[1][-1] - took[1][0]


def test_lanes_share_uneven_work():
    """Every second joint is dense. Static turns would give all of them to the same one of two lanes."""
    joints, frames = 6, 4
    b = block("none", joints=joints, in_channels=32, out_channels=32, keep_taps=9, filters=8)
    h = np.zeros((1, frames, joints, 32), np.int64)
    h[:, :, ::2] = 100
    case = Case(b, joints=joints, frames=frames, h=h, lane_pairs=4, y_width=4)
    times = case.check()["times"]["o"]
    static = frames * frames * 2 * BANK * joints // 2     # every output row reads all rows
    print(times[-1] - times[0], static)
    assert times[-1] - times[0] < 0.65 * static


def test_a_lane_of_one_tap_reads_a_vector_a_cycle():
    """Of one value each, as vectors of Z often are: enough must be in flight for the latency of a read."""
    joints, frames, channels = 8, 4, 9 * BANK
    b = block("none", joints=joints, in_channels=16, out_channels=channels, kernel=1, keep_taps=1)
    h = np.zeros((1, frames, joints, channels), np.int64)
    h[..., ::BANK] = 100
    case = Case(b, joints=joints, frames=frames, h=h, lanes=1, lane_pairs=channels // 2, y_width=16)
    times = case.check()["times"]["o"]
    took, vectors_read = times[-1] - times[0], frames * joints * channels // BANK
    assert took < 1.2 * vectors_read
