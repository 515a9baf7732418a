from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.presets import random_design
from hypgcn_pruning.building.constants import fold_constants
from hypgcn_pruning.integers.integer import run_integer


def dead_channels(design):
    clips = np.random.default_rng(9).integers(-128, 128,
                                              (4, design.persons, design.frames, design.joints, 3)).astype(np.int8)
    found = run_integer(design, clips)
    return found, [int((found[f"blocks.{b}.y"] == 0).flatten(0, -2).all(0).sum()) for b in range(len(design.blocks))]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("widths", "strides"), [((20, 20, 20, 34), (1, 1, 1, 2)), ((20, 34, 34), (1, 2, 2))])
def test_same_logits_less_work(seed, widths, strides):
    design = random_design(seed, name="d", frames=7, joints=4, persons=2, widths=widths, strides=strides, kernel=5,
                           keep=0.4)
    loud = [replace(b, y_bias=np.where(b.filters == 0, np.int64(20 + seed) << b.y_shift, b.y_bias))
            for b in design.blocks]
    design = replace(design, blocks=tuple(loud))
    folded = fold_constants(design)
    before, few = dead_channels(design)
    after, many = dead_channels(folded)
    np.testing.assert_array_equal(before["logits"], after["logits"])
    assert not before["overflow"].any()
    assert many[0] > few[0]
    for b in range(len(widths)):
        np.testing.assert_array_equal(before[f"blocks.{b}.h"], after[f"blocks.{b}.h"])


def test_dead_columns_of_shortcut_convolutions_go():
    design = random_design(1, name="d", frames=6, joints=3, widths=(20, 34), strides=(1, 2), kernel=5, keep=0.5)
    block = fold_constants(design).blocks[1]
    dropped = design.blocks[0].filters == 0
    assert dropped.any()
    assert not block.down[:, dropped].any()
    assert not block.res[:, dropped].any()
    assert block.down[:, ~dropped].any()


def test_a_second_pass_changes_nothing():
    design = fold_constants(random_design(1, name="d", frames=6, joints=3, widths=(20, 20), strides=(1, 1), kernel=5,
                                          keep=0.5))
    assert fold_constants(design).hash == design.hash


def test_constants_of_kept_channels_stay():
    design = random_design(1, name="d", frames=6, joints=3, widths=(20, 20), strides=(1, 1), kernel=5, keep=0.5)
    kept = np.ones(20, np.uint8)
    design = replace(design, blocks=(design.blocks[0], replace(design.blocks[1], kept=kept)))
    np.testing.assert_array_equal(fold_constants(design).blocks[0].y_bias, design.blocks[0].y_bias)
