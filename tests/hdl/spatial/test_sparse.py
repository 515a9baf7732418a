"""The 1x1 convolution on lanes gives the integers of the golden model under every folding, pattern and density."""

import dataclasses
import functools

import numpy as np
import pytest
from hdl.spatial.unit_case import SHAPES, check, make_block, make_x

import testbench
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import random_block
from hypgcn.golden.spatial.graph import graph
from hypgcn.spatial import SpatialConfig, SpatialUnit

LANES = {"conv_lanes": 2, "conv_pairs": 4, "h_width": 8, "z_width": 8}


@functools.lru_cache(maxsize=1)
def known(name):
    """(block, unit): its compiled simulator serves all patterns."""
    block = make_block(name)
    return block, SpatialUnit(SpatialConfig(block=block, joints=SHAPES[name][0], frames=4, mac="inferred",
                                            folding=BlockFolding(x_rows=4, **LANES)))


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize("name", ["conv, sparse down", "identity, banks"])
def test_matches_golden(name, idle, stall):
    block, unit = known(name)
    check(block, SHAPES[name][0], idle=idle, stall=stall, signed="conv" in name, unit=unit, **LANES)


@pytest.mark.parametrize("name", ["one joint", "conv", "identity, odd", "identity, few"])
def test_other_shapes(name):
    check(make_block(name), SHAPES[name][0], idle=0.4, stall=0.6, signed="conv" in name, conv_lanes=1, conv_pairs=2,
          h_width=4, z_width=4)


@pytest.mark.parametrize("folding", [
    {"conv_lanes": 1, "z_rows": 1, "conv_depth": 2},
    {"conv_lanes": 3, "conv_pairs": 8, "h_width": 16, "z_width": 16, "z_rows": 2},
    pytest.param({"conv_lanes": 2, "conv_pairs": 3, "z_width": 8, "graph_subsets": 3}, marks=pytest.mark.slow),
    pytest.param({"conv_lanes": 5, "conv_pairs": 16, "h_width": 8, "x_rows": 5}, marks=pytest.mark.slow)], ids=str)
def test_any_folding_gives_the_same(folding):
    block = random_block(3, joints=5, in_channels=20, out_channels=20, kept=1)
    check(block, 5, count=2, stall=0.2, **folding)


def test_full_joints():
    block = random_block(5, joints=25, in_channels=16, out_channels=16, kept=2)
    check(block, 25, count=2, **{**LANES, "z_width": 16})


@pytest.mark.slow       # 17 s
def test_zeros_of_z_take_no_cycle():
    """A dead zone that drops nearly all of Z makes rows faster; the array would take as long for any Z."""
    cycles = {}
    for threshold in (0, 100):
        block = dataclasses.replace(random_block(4, joints=5, in_channels=48, out_channels=8),
                                    threshold_z=threshold)
        x = make_x(block, 5, 1, 8).repeat(3, axis=0)
        density = np.count_nonzero(graph(x, block)) / (3 * 3 * 5 * 48)
        assert density < 0.2 if threshold else density > 0.6, density
        cycles[threshold] = check(block, 5, x=x, x_rows=6, graph_subsets=3, **{**LANES, "conv_lanes": 1})[2]["cycles"]
    assert cycles[100] < 0.7 * cycles[0], cycles
