# amaranth: UnusedElaboratable=no
"""A multi-scale block, X in and Y out, against golden: patterns, lengths, smallest stores, foldings, overflow."""

import dataclasses
import functools

import numpy as np
import pytest
from hdl.test_block import check, persons

from hypgcn.block import Block, BlockConfig, block_units
from hypgcn.design.folding import BlockFolding, ScalesFolding
from hypgcn.design.presets import random_block, random_design
from hypgcn.design.scale_presets import with_scales
from testbench import STREAM_PATTERNS

JOINTS, FRAMES = 2, 6
KINDS = {"identity": (1, 12, 12, None), "conv": (2, 8, 12, None), "strided": (2, 12, 12, "identity"),
         "none": (1, 3, 12, "none")}
FOLDING = BlockFolding(lanes=2, lane_pairs=3, y_width=4, conv_pairs=2, x_rows=7, h_rows=2, scales=ScalesFolding(
    p_lanes=2, p_pairs=4, p_width=4, q_lanes=3, q_pairs=2, q_width=2, p_rows=10, q_rows=2))


def block_of(kind, *, kernel=9, joints=JOINTS, frames=FRAMES, seed=0, margin=1.0):
    stride, inputs, outputs, shortcut = KINDS[kind]
    plain = random_block(seed, joints=joints, kernel=kernel, in_channels=inputs, out_channels=outputs, stride=stride,
                         shortcut_y=shortcut, kept=min(5, inputs), filters=7, margin=margin)
    design = random_design(seed, name="d", frames=frames, joints=joints, channels=inputs, widths=(outputs,),
                           strides=(stride,), kernel=kernel)
    return with_scales(dataclasses.replace(design, blocks=(plain,)), seed, margin=margin).blocks[0]


@functools.lru_cache(maxsize=2)
def case(kind):
    """(block, unit): its compiled simulator serves all tests of this kind."""
    block = block_of(kind)
    return block, Block(BlockConfig(block=block, joints=JOINTS, frames=FRAMES, folding=FOLDING, mac="inferred"))


@pytest.mark.parametrize(("kind", "idle", "stall"), [
    ("identity", 0.4, 0.6), ("conv", 0.4, 0.6), pytest.param("strided", 0.2, 0.3, marks=pytest.mark.slow),
    pytest.param("none", 0.0, 0.5, marks=pytest.mark.slow),
    *(pytest.param("identity", *pattern, marks=pytest.mark.slow) for pattern in STREAM_PATTERNS[:3])])
def test_matches_golden(kind, idle, stall):
    block, dut = case(kind)
    check(block, FOLDING, persons(block, 3, FRAMES, 1, joints=JOINTS), joints=JOINTS, seed=3, idle=idle, stall=stall,
          dut=dut)


@pytest.mark.parametrize("density", [0.0, pytest.param(1.0, marks=pytest.mark.slow)])
def test_all_zero_and_all_dense(density):
    block, dut = case("identity")
    check(block, FOLDING, persons(block, 2, FRAMES, 3, density, joints=JOINTS), joints=JOINTS, dut=dut)


@pytest.mark.parametrize(("kind", "kernel", "frames"), [
    ("identity", 9, 1), ("conv", 3, 5), pytest.param("strided", 5, 2, marks=pytest.mark.slow),
    *(pytest.param(kind, kernel, frames, marks=pytest.mark.slow) for kind in KINDS for kernel in (3, 9)
      for frames in (1, 2, 3, 13))])
def test_lengths_with_smallest_stores(kind, kernel, frames):
    """One row of H and Q, those under the taps of P, and of X one more than the middle one's half: nothing hangs."""
    block = block_of(kind, kernel=kernel, joints=1, frames=frames)
    folding = BlockFolding(x_rows=block.x_window, h_rows=1, scales=ScalesFolding(p_rows=kernel, q_rows=1))
    assert block.x_window == max(kernel // 2 + 2, block.stride)
    check(block, folding, persons(block, 3, frames, 2, joints=1), joints=1, idle=0.1, stall=0.2)


@pytest.mark.parametrize("kind", [pytest.param("identity", marks=pytest.mark.slow), "conv"])
def test_overflow_is_counted_flagged_and_exact(kind):
    block = block_of(kind, margin=0.3)
    x = persons(block, 3, FRAMES, 4, 0.6, joints=JOINTS)
    x[1] = 0
    check(block, FOLDING, x, joints=JOINTS)


@pytest.mark.slow
def test_stores_with_the_words_of_a_window():
    """The rings of all stores just hold a window, so that writers wait for released rows."""
    block = block_of("identity")
    full = {f"{name}_entries": (0.1,) * 4 for name in "xh"}
    scales = dataclasses.replace(block.scales, p_entries=(0.1,) * 4, q_entries=(0.1,) * 4)
    check(dataclasses.replace(block, scales=scales, **full), FOLDING,
          persons(block, 3, FRAMES, 5, 1.0, joints=JOINTS), joints=JOINTS, stall=0.2)


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=[pytest.mark.slow] if seed else [])
                                  for seed in range(10)])
def test_any_folding_gives_the_same_integers(seed):
    rng = np.random.default_rng(seed)

    def pick(*options):
        return options[rng.integers(len(options))]

    block = block_of(pick(*KINDS), kernel=pick(3, 9), seed=seed)
    p_width, q_width, y_width = (pick(2, 4, 8, 16) for _ in range(3))
    p_lanes, q_lanes, lanes = (pick(1, 2, 5) for _ in range(3))
    folding = BlockFolding(
        conv_lanes=pick(0, 2), conv_pairs=pick(1, 4), lanes=lanes, lane_pairs=pick(y_width // 2, 8),
        lane_depth=pick(1, 2), y_width=y_width, x_rows=pick(block.x_window, 9), h_rows=pick(1, 4),
        h_ports=pick(1, p_lanes), scales=ScalesFolding(
            p_lanes=p_lanes, p_pairs=pick(p_width // 2, 8), p_depth=pick(1, 2), p_width=p_width,
            p_rows=pick(block.p_window, 14), p_ports=pick(1, q_lanes), q_lanes=q_lanes,
            q_pairs=pick(q_width // 2, 8), q_depth=pick(1, 2), q_width=q_width, q_rows=pick(1, 3),
            q_ports=pick(1, lanes)))
    check(block, folding, persons(block, 2, 3, seed, joints=JOINTS), joints=JOINTS,
          mac=pick("dsp48e2", "inferred", "single"), seed=seed, idle=0.2, stall=0.2)


def test_units_have_names():
    names = block_units(block_of("identity"))
    assert len(names) == len(set(names)) == 7 + 12 and names[-1] == "combine" and "p_lanes" in names
