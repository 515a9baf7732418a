import pytest

from hypgcn.design.folding import BlockFolding, ScalesFolding
from hypgcn.design.presets import preset
from hypgcn.design.scale_presets import with_scales
from hypgcn.planning.estimate.shape import BlockShape


def shape_of(design, index=1):
    return BlockShape(design.blocks[index], joints=design.joints, frames=design.frames, persons=design.persons)


@pytest.mark.parametrize(("folding", "names"), [
    (BlockFolding(), {"x_store", "h_store"}), (BlockFolding(conv_lanes=1), {"x_store", "h_store", "z_store"})])
def test_stores(folding, names):
    assert shape_of(preset("tiny")).store_configs(folding).keys() == names


def test_stores_of_a_multi_scale_block():
    """Each with the frames, window and readers of its stage."""
    design = with_scales(preset("tiny"))
    found = shape_of(design).store_configs(BlockFolding(h_rows=2, lanes=3, scales=ScalesFolding(p_lanes=2, q_lanes=4)))
    assert {name: (cfg.frames, cfg.window, len(cfg.tags)) for name, cfg in found.items() if name != "x_store"} == {
        "h_store": (6, 1, 2), "p_store": (6, 9, 4), "q_store": (3, 1, 3)}
    assert found["x_store"].window == 6


def test_plans_are_kept():
    shape = shape_of(preset("tiny"))
    layer = shape.stages[0].layer
    assert shape.plan(layer, 4, 4) is shape.plan(layer, 4, 4) and shape.out_rows == 2 * 3
