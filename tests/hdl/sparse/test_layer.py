"""The two convolutions of a block as sparse layers."""

import dataclasses

import numpy as np
import pytest

from hypgcn.design.presets import preset, random_block
from hypgcn.design.scale_presets import with_scales
from hypgcn.golden.spatial.graph import entries, graph
from hypgcn.sparse import branch_layer, reduce_layer, spatial_entries, spatial_layer, temporal_layer

SHAPES = {"conv": (20, 17), "identity": (33, 33)}


def block_of(kind):
    inputs, outputs = SHAPES[kind]
    block = random_block(3, joints=4, in_channels=inputs, out_channels=outputs, kept=2)
    if block.down is None:
        return block
    return dataclasses.replace(block, down=block.down * (np.arange(inputs) % 3 == 0).astype(np.int8))


@pytest.mark.parametrize("kind", SHAPES)
def test_spatial_layer_is_the_golden_models_product(kind):
    """Entries and weights are those of the golden model, which lists them by itself."""
    block = block_of(kind)
    x = np.random.default_rng(1).integers(-128, 128, (1, 4, block.in_channels))
    z = graph(x, block)
    words, weights = entries(x[0], z[:, 0], block)
    layer = spatial_layer(block)
    np.testing.assert_array_equal(layer.weights[:, 0], weights)
    listed = [x[0, :, channel] if subset is None else z[subset, 0, :, channel]
              for channel, subset in spatial_entries(block)]
    np.testing.assert_array_equal(listed, words)
    assert (layer.kernel, layer.stride, layer.channels, layer.outputs) == (1, 1, len(words), block.out_channels)
    assert layer.shortcut == ("identity" if kind == "identity" else "none") and not layer.reads_x
    assert layer.taps.all() and layer.acc_width == block.h_acc_width


@pytest.mark.parametrize("kind", SHAPES)
def test_temporal_layer_needs_what_has_weights(kind):
    block = block_of(kind)
    layer = temporal_layer(block)
    needed, x_needed = layer.needs
    for output in range(block.out_channels):
        for bank in range(block.out_banks):
            part = block.temporal[output, :, 16 * bank:16 * bank + 16]
            assert needed[output, :, bank].tolist() == (part != 0).any(axis=1).tolist()
        if block.res is not None:
            for bank in range(block.in_banks):
                assert x_needed[output, bank] == (block.res[output, 16 * bank:16 * bank + 16] != 0).any()
    assert layer.shortcut == block.shortcut_y and layer.reads_x == (block.res is not None)
    assert not x_needed.any() if block.res is None else x_needed.any()
    assert (layer.computed >= (block.filters != 0)).all()


def test_the_same_block_has_one_layer():
    """Plans and stores of a block share its arrays."""
    block = block_of("conv")
    assert temporal_layer(block) is temporal_layer(block) and spatial_layer(block) is spatial_layer(block)
    assert temporal_layer(block) is not temporal_layer(block_of("conv"))


def test_stages_of_a_multi_scale_block():
    design = with_scales(preset("tiny"))
    plain, block = preset("tiny").blocks[1], design.blocks[1]
    reduce, branches, last = reduce_layer(block), branch_layer(block), temporal_layer(block)
    assert (reduce.kernel, reduce.stride, reduce.running_max) == (1, 1, (block.scales.max_first,
                                                                          block.scales.max_channels))
    assert (branches.kernel, branches.stride, branches.running_max) == (9, 2, (0, 0))
    assert (last.kernel, last.stride, last.x_stride) == (1, 1, 2) and temporal_layer(plain).x_stride == 0
    assert reduce.shortcut == branches.shortcut == "none" and last.shortcut == block.shortcut_y
    assert (reduce.channels, branches.channels, last.channels) == (20, 20, 20)
    assert (branches.weights == block.scales.branches).all() and branches.acc_width == block.scales.q_acc_width
