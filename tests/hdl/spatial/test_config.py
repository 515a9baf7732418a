import numpy as np
import pytest
from hdl.spatial.unit_case import check, make_block, make_x

from hypgcn.design.folding import BlockFolding
from hypgcn.golden.spatial.graph import entries, graph
from hypgcn.spatial import SpatialConfig


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
