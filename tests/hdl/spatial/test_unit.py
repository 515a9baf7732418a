import functools
from dataclasses import replace

import numpy as np
import pytest
from hdl.spatial.unit_case import SHAPES, check, make_block

import testbench
from hypgcn.design.folding import BlockFolding
from hypgcn.spatial import SpatialConfig, SpatialUnit


@functools.lru_cache(maxsize=1)
def known(name):
    """(block, unit): its compiled simulator serves all patterns."""
    block = make_block(name)
    folding = BlockFolding(x_rows=4, conv_pairs=2, h_width=4)
    return block, SpatialUnit(SpatialConfig(block=block, joints=SHAPES[name][0], frames=4, folding=folding,
                                            mac="inferred"))


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize("name", ["conv, sparse down", "identity, banks"])
def test_matches_golden(name, idle, stall):
    block, unit = known(name)
    check(block, SHAPES[name][0], idle=idle, stall=stall, signed="conv" in name, conv_pairs=2, h_width=4, unit=unit)


@pytest.mark.parametrize("name", ["one joint", "identity, odd"])
def test_other_shapes(name):
    check(make_block(name), SHAPES[name][0], idle=0.4, stall=0.6, signed="conv" in name, conv_pairs=2, h_width=4)


@pytest.mark.parametrize("folding", [
    {"conv_pairs": 2, "h_width": 4}, {"conv_pairs": 1, "conv_joints": 2}, {"conv_pairs": 8, "h_width": 16}], ids=str)
def test_x_of_fewer_channels_than_h(folding):
    """The identity shortcut ends inside a group, inside a pass, and inside the first of several passes."""
    check(make_block("identity, few"), 3, idle=0.2, stall=0.3, **folding)


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize("folding", [{"conv_pairs": 2, "h_width": 4}, {"conv_pairs": 4, "conv_joints": 2, "h_width": 8},
                                     {"conv_lanes": 2, "conv_pairs": 4, "h_width": 4}], ids=str)
@pytest.mark.parametrize("name", ["conv", "identity, odd"])
def test_a_bias_for_each_joint(name, folding, idle, stall):
    block, joints = make_block(name), SHAPES[name][0]
    rng = np.random.default_rng(8)
    biases = block.h_bias + rng.integers(-40, 40, (joints, block.h_channels)) * (1 << block.h_shift)
    check(replace(block, h_bias=biases), joints, idle=idle, stall=stall, signed="conv" in name, **folding)


@pytest.mark.parametrize("mac", ["dsp48e2", "single"])  # the other tests use "inferred"
def test_forms(mac):
    check(make_block("conv"), 3, count=2, mac=mac, signed=True, graph_subsets=3, conv_joints=2, conv_pairs=2)


@pytest.mark.parametrize(("name", "folding", "idle", "stall"), [
    ("conv", {"graph_units": 3, "graph_subsets": 2}, 0.0, 0.0),
    ("conv, sparse down", {"graph_units": 2}, 0.4, 0.6),
    ("conv", {"graph_parts": 2, "conv_lanes": 2}, 0.4, 0.6), ("identity, odd", {"graph_parts": 3}, 0.0, 0.6),
    ("identity, odd", {"graph_units": 4, "conv_lanes": 2}, 0.4, 0.0),
    ("identity, banks", {"graph_units": 2, "graph_subsets": 3, "x_rows": 7}, 0.0, 0.6)], ids=str)
def test_several_graph_units_or_parts_of_one_give_the_same(name, folding, idle, stall):
    """Units share the channels of X: some have one channel, some only channels that are copied."""
    check(make_block(name), SHAPES[name][0], idle=idle, stall=stall, signed="conv" in name, **folding)


def test_two_graph_units_take_half_the_cycles():
    block, joints = make_block("identity", kept=np.ones(16, np.uint8)), 5
    x = np.full((8, joints, 16), 7)
    cycles = {}
    for units in (1, 2):
        cfg, _, result = check(block, joints, x=x, x_rows=6, graph_units=units, graph_subsets=3, conv_joints=5,
                               conv_pairs=8, h_width=16, conv_depth=8)
        ends = np.array(result["times"]["o"][joints - 1::joints])
        cycles[units] = np.diff(ends)[3:].mean()
        assert cfg.cycles(x[0])["graph"] == 5 * 16 // units
    assert 80 <= cycles[1] <= 82 and cycles[2] <= 0.7 * cycles[1], cycles
