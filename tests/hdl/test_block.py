# amaranth: UnusedElaboratable=no
"""One block, X in and Y out, against golden under stalls, foldings and overflow."""

import functools

import numpy as np
import pytest
from hdl.vectors import vectors

from hypgcn.block import Block, BlockConfig
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import random_block
from hypgcn.golden.block import lost_of, run_block
from testbench import STREAM_PATTERNS, run

JOINTS = 3


def persons(block, count, frames, seed, density=0.5, joints=JOINTS):
    rng = np.random.default_rng(seed)
    shape = (count, frames, joints, block.in_channels)
    return rng.integers(1, 128, shape) * (rng.random(shape) < density)


def check(block, folding, x, *, threshold=None, joints=JOINTS, mac="inferred", dut=None, **options):
    """Run all persons; the last row of each must carry the overflow flag when anything was lost.

    ``dut`` is a unit of this configuration that is there already.
    """
    theta_h, theta_y = threshold or (block.threshold_h, block.threshold_y)
    golden = [run_block(person, block, 0) for person in x]
    y = np.stack([tensors["y"] for tensors in golden])
    lost = [lost_of(tensors) for tensors in golden]
    expected = vectors(y)
    dut = dut or Block(BlockConfig(block=block, joints=joints, frames=x.shape[1], folding=folding, mac=mac))
    counts = []

    def thresholds(ctx):
        ctx.set(dut.threshold_h, theta_h)
        ctx.set(dut.threshold_y, theta_y)
        if block.scales is not None:
            ctx.set(dut.threshold_p, block.scales.threshold_p)
            ctx.set(dut.threshold_q, block.scales.threshold_q)

    async def counter(ctx):
        async for _, _, count in ctx.tick().sample(dut.overflow_count):
            counts.append(count)

    out = run(dut, {"i": vectors(x)}, {"o": len(expected)}, setup=thresholds, background=[counter], timeout=60000,
              **options)
    got = out["o"]
    assert [(v["mask"], v["values"]) for v in got] == [(v["mask"], v["values"]) for v in expected]
    per_person = len(expected) // len(x)
    for index, count in enumerate(lost):
        part = [v["overflow"] for v in got[index * per_person:(index + 1) * per_person]]
        assert part[-1] == int(count > 0) and part == sorted(part), "the flag rises once and stays to the person's end"
    assert counts[-1] == sum(lost)
    return out


SHORTCUTS = {
    "identity": dict(in_channels=16, out_channels=16, shortcut_h="identity", shortcut_y="identity"),
    "strided": dict(in_channels=16, out_channels=16, stride=2, shortcut_h="identity", shortcut_y="identity"),
    "conv": dict(in_channels=16, out_channels=20, stride=2),
    "none": dict(in_channels=3, out_channels=16, shortcut_y="none"),
}


FRAMES = 2
FOLDING = BlockFolding(conv_joints=2, conv_pairs=2, lanes=2, lane_pairs=2)


@functools.lru_cache(maxsize=1)
def case(kind):
    """(block, unit): its compiled simulator serves all tests of this kind."""
    shortcuts = SHORTCUTS[kind]
    block = random_block(11, joints=JOINTS, kept=min(7, shortcuts["in_channels"]), filters=6, **shortcuts)
    return block, Block(BlockConfig(block=block, joints=JOINTS, frames=FRAMES, folding=FOLDING, mac="inferred"))


@pytest.mark.parametrize("density", [0.0, pytest.param(1.0, marks=pytest.mark.slow)])
def test_all_zero_and_all_dense(density):
    block, dut = case("identity")
    check(block, FOLDING, persons(block, 2, FRAMES, 3, density), dut=dut)


# The units cross all patterns; here the one with the most stalls.
@pytest.mark.parametrize("kind,idle,stall", [
    ("identity", 0.4, 0.6), ("strided", 0.4, 0.6), ("conv", 0.4, 0.6),
    pytest.param("none", 0.4, 0.6, marks=pytest.mark.slow),
    *(pytest.param("identity", *pattern, marks=pytest.mark.slow) for pattern in STREAM_PATTERNS[:3])])
def test_matches_golden(kind, idle, stall):
    block, dut = case(kind)
    check(block, FOLDING, persons(block, 2, FRAMES, 1), seed=3, idle=idle, stall=stall, dut=dut)


# Six frames are more than the five rows that H has; the lengths of both strides are crossed in temporal/test_unit.py.
# The temporal unit's own tests cross lengths and strides; here the shortest sequence.
@pytest.mark.parametrize("stride,frames", [
    (1, 1), *(pytest.param(*case, marks=pytest.mark.slow) for case in ((2, 1), (1, 2), (2, 6)))])
def test_short_clips_and_smallest_stores(frames, stride):
    shape = dict(in_channels=8, out_channels=8) if stride == 1 else dict(in_channels=17, out_channels=8, stride=2)
    block = random_block(12, joints=1, kernel=5, **shape)
    folding = BlockFolding(x_rows=3, h_rows=5)
    check(block, folding, persons(block, 2, frames, 2, joints=1), joints=1)


def test_overflow_is_counted_flagged_and_exact():
    block = random_block(14, joints=JOINTS, in_channels=20, out_channels=20, margin=0.5)
    x = persons(block, 3, 2, 4, 0.5)
    x[1] = 0  # nothing of the second person is lost in X; H may still lose
    check(block, BlockFolding(conv_pairs=5, lane_pairs=5), x)


# Slow from the third on: the foldings of each unit are crossed in its own tests; this is about how they meet.
@pytest.mark.parametrize("seed", [
    pytest.param(seed, marks=[pytest.mark.slow] if seed else []) for seed in range(16)])
def test_any_folding_gives_the_same_integers(seed):
    rng = np.random.default_rng(seed)
    pick = lambda *options: options[rng.integers(len(options))]  # noqa: E731
    stride = pick(1, 2)
    block = random_block(
        seed,
        joints=JOINTS,
        subsets=pick(1, 2, 3),
        kernel=pick(1, 3, 9),
        stride=stride,
        kept=pick(None, 4),
        filters=pick(None, 3),
        in_channels=18,
        out_channels=18,
        shortcut_h=pick("identity", "conv"),
        shortcut_y=pick("none", "identity", "conv"),
    )
    h_width, y_width = pick(2, 4, 8, 16), pick(2, 4, 8, 16)
    conv_lanes, lanes = pick(0, 1, 3), pick(1, 2, 5)
    conv_depth, lane_depth = pick(1, 2) if conv_lanes else 1, pick(1, 2)
    units = pick(1, 2, 4 if block.kept.sum() > 3 else 1)
    readers = units + (block.shortcut_h == "identity") + (block.shortcut_y != "none")
    subsets = pick(*range(1, block.graph.shape[0] + 1))
    folding = BlockFolding(
        graph_units=units, graph_subsets=subsets, graph_parts=pick(1, 2) if subsets == 1 else 1, conv_lanes=conv_lanes,
        conv_joints=1 if conv_lanes else pick(1, 2, 3), conv_pairs=h_width // 2 * pick(*range(1, 32 // h_width + 1)),
        conv_depth=conv_depth, z_width=pick(2, 4, 8, 16), z_rows=pick(1, 2, 3), h_width=h_width, lanes=lanes,
        lane_pairs=pick(y_width // 2, 8, 11, 16), lane_depth=lane_depth, y_width=y_width, x_rows=pick(5, 6, 11),
        h_rows=pick(9, 10, 17), x_ports=pick(1, readers), h_ports=pick(1, lanes))
    check(
        block,
        folding,
        persons(block, 2, 3, seed),
        mac=pick("dsp48e2", "dsp48e1", "inferred", "single"),
        seed=seed,
        idle=0.2,
        stall=0.2,
    )
