import dataclasses
import functools

import numpy as np
import pytest
from hdl.spatial.rows import Rows
from hdl.vectors import vectors

import testbench
from hypgcn.design import Block
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import random_block
from hypgcn.golden.spatial.graph import entries, graph
from hypgcn.golden.spatial.unit import spatial
from hypgcn.spatial import SpatialConfig, SpatialUnit

# joints, subsets, in_channels, out_channels, kept
SHAPES = {
    "one joint": (1, 1, 3, 5, None),
    "conv": (3, 3, 3, 16, None),
    "conv, sparse down": (3, 3, 20, 17, 2),
    "identity": (5, 3, 16, 16, 2),
    "identity, odd": (3, 1, 17, 17, 5),
    "identity, banks": (2, 3, 33, 33, 2),
}


def make_block(name, seed=0) -> Block:
    joints, subsets, inputs, outputs, kept = SHAPES[name]
    block = random_block(seed, joints=joints, subsets=subsets, in_channels=inputs, out_channels=outputs, kept=kept)
    if name == "conv, sparse down":
        down = block.down * (np.arange(inputs) % 3 == 0).astype(np.int8)
        block = dataclasses.replace(block, down=down)
    return block


def make_x(block, joints, count, seed, signed=False):
    rng = np.random.default_rng(seed)
    densities = np.resize([0.4, 0.0, 1.0, 0.1], count)
    x = rng.integers(-128 if signed else 0, 128, (count, joints, block.in_channels))
    return x * (rng.random(x.shape) < densities[:, None, None])


def check(block, joints, *, count=4, idle=0.0, stall=0.0, mac="inferred", signed=False, theta=3, x=None, unit=None,
          **folding):
    folding = BlockFolding(**{"x_rows": 4, **folding})
    cfg = SpatialConfig(block=block, joints=joints, frames=count, folding=folding, mac=mac)
    x = make_x(block, joints, count, 1, signed) if x is None else x
    flags = [n % 3 == 1 for n in range(len(x))]
    want = [vector for row, flag in zip(spatial(x, block, theta)["h"], flags) for vector in vectors(row, flag)]
    dut = unit or SpatialUnit(cfg)
    store = Rows(list(x), flags, cfg.folding.x_rows, seed=2, idle=idle)
    responders = {("load_req", "load_rsp"): store.answer}
    if block.shortcut_h == "identity":
        responders["res_req", "res_rsp"] = store.answer
    result = testbench.run(dut, {}, {"o": len(want)}, seed=5, idle=idle, stall=stall, timeout=20_000,
                      signals={"threshold": theta}, responders=responders,
                      testbenches=[store.announce(dut, dut.x_used)])
    assert result["o"] == want
    return cfg, x, result


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


FOLDINGS = [
    {}, {"conv_joints": 2, "h_width": 4, "conv_pairs": 2}, {"conv_joints": 5, "conv_pairs": 3},
    {"conv_pairs": 8, "h_width": 16, "graph_subsets": 3},
    {"conv_joints": 3, "conv_pairs": 12, "h_width": 8, "x_rows": 5},
    {"conv_pairs": 2, "graph_subsets": 2},
]


# The first of these is of the middle, the second of the largest widths; the others are near them.
@pytest.mark.parametrize("folding", [
    pytest.param(folding, marks=[] if number in (1, 3) else [pytest.mark.slow])
    for number, folding in enumerate(FOLDINGS)], ids=str)
def test_any_folding_gives_the_same(folding):
    block = random_block(3, joints=5, in_channels=20, out_channels=20, kept=1)
    check(block, 5, count=2, stall=0.2, **folding)


def test_folding_with_conv_shortcut():
    block = random_block(4, joints=5, in_channels=3, out_channels=32)
    check(block, 5, count=2, idle=0.3, conv_joints=3, conv_pairs=6, h_width=4)


@pytest.mark.parametrize("mac", ["dsp48e2", "single"])  # the other tests use "inferred"
def test_forms(mac):
    check(make_block("conv"), 3, count=2, mac=mac, signed=True, graph_subsets=3, conv_joints=2, conv_pairs=2)


def test_full_joints():
    block = random_block(5, joints=25, in_channels=16, out_channels=16, kept=2)
    check(block, 25, count=2, conv_joints=5, conv_pairs=4, h_width=8)


def test_entry_order_is_that_of_the_golden_model():
    block = make_block("conv, sparse down")
    cfg = SpatialConfig(block=block, joints=3, frames=1, folding=BlockFolding())
    x = make_x(block, 3, 1, 7)
    _, weights = entries(x[0], graph(x, block)[:, 0], block)
    np.testing.assert_array_equal(cfg.array.weights, weights)
    assert cfg.array.entries == cfg.graph.entries


@pytest.mark.parametrize("folding", [
    {"conv_joints": 5, "conv_pairs": 8, "h_width": 16},
    pytest.param({"conv_joints": 5, "conv_pairs": 4}, marks=pytest.mark.slow)], ids=str)
def test_cycles_are_those_of_the_slowest_stage(folding):
    block = make_block("identity", seed=6)
    x = make_x(block, 5, 1, 8).repeat(6, axis=0)
    cfg, _, result = check(block, 5, x=x, x_rows=6, **folding)
    ends = np.array(result["times"]["o"][block.out_banks * 5 - 1::block.out_banks * 5])
    slowest = max(cfg.cycles(x[0]).values())
    assert slowest <= np.diff(ends)[3:].mean() <= slowest + 2, (cfg.cycles(x[0]), np.diff(ends))


@pytest.mark.parametrize(("field", "value"), [("joints", 0), ("frames", 0)])
def test_rejects(field, value):
    with pytest.raises(ValueError, match=field):
        SpatialConfig(**{"block": make_block("identity"), "joints": 5, "frames": 4, "folding": BlockFolding(),
                         field: value})
