import functools

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


@pytest.mark.parametrize("mac", ["dsp48e2", "single"])  # the other tests use "inferred"
def test_forms(mac):
    check(make_block("conv"), 3, count=2, mac=mac, signed=True, graph_subsets=3, conv_joints=2, conv_pairs=2)
