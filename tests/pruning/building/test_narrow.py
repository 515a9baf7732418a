from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.presets import random_design
from hypgcn.golden.network import run
from hypgcn_pruning.building.constants import fold_constants
from hypgcn_pruning.building.narrow import narrow
from hypgcn_pruning.integers.integer import run_integer


def pruned(seed, widths=(40, 40, 72, 72), strides=(1, 1, 2, 1), **options):
    """A design with constant channels behind those that are kept, and a last block with a filter for a few channels."""
    design = random_design(seed, name="d", frames=7, joints=4, persons=2, widths=widths, strides=strides, kernel=5,
                           keep=0.3, kept_first=True, **options)
    last = design.blocks[-1]
    filters = np.arange(last.out_channels) < 18
    last = replace(last, filters=filters.astype(np.uint8),
                   temporal=last.temporal * filters.astype(np.int8)[:, None, None])
    loud = [replace(b, y_bias=np.where(b.filters == 0, np.int64(20) << b.y_shift, b.y_bias),
                    res=None if b.res is None else b.res * b.filters.astype(np.int8)[:, None])
            for b in (*design.blocks[:-1], last)]
    return replace(design, blocks=tuple(loud))


def clips_of(design):
    rng = np.random.default_rng(3)
    return rng.integers(-128, 128, (3, design.persons, design.frames, design.joints, 3)).astype(np.int8)


@pytest.mark.parametrize("seed", range(4))
def test_same_results_in_fewer_channels(seed):
    design = fold_constants(pruned(seed))
    small = narrow(design)
    assert [(block.in_channels, block.h_channels, block.out_channels) for block in small.blocks] == \
        [(3, 40, 16), (16, 40, 16), (16, 72, 32), (32, 72, 32)]
    clips = clips_of(design)
    before, after = run_integer(design, clips), run_integer(small, clips)
    np.testing.assert_array_equal(before["logits"], after["logits"])
    assert not before["overflow"].any() and not after["overflow"].any()
    for index, block in enumerate(small.blocks):
        np.testing.assert_array_equal(before[f"blocks.{index}.h"], after[f"blocks.{index}.h"])
        np.testing.assert_array_equal(before[f"blocks.{index}.y"][..., :block.out_channels],
                                      after[f"blocks.{index}.y"])
    np.testing.assert_array_equal(run(small, clips[0])["logits"], after["logits"][0])


def test_a_design_of_few_channels_is_saved_and_loaded(tmp_path):
    small = narrow(fold_constants(pruned(1)))
    small.save(tmp_path)
    assert type(small).load(tmp_path).hash == small.hash


def test_a_second_time_changes_nothing():
    small = narrow(fold_constants(pruned(1)))
    assert narrow(small).hash == small.hash


def test_a_zero_channel_between_others_stays():
    design = pruned(2)
    mixed = replace(design.blocks[1], filters=design.blocks[1].filters[::-1].copy(),
                    temporal=design.blocks[1].temporal[::-1].copy())
    design = replace(design, blocks=(design.blocks[0], mixed, *design.blocks[2:]))
    small = narrow(fold_constants(design))
    assert [block.out_channels for block in small.blocks] == [16, 40, 32, 32]
    clips = clips_of(design)
    np.testing.assert_array_equal(run_integer(design, clips)["logits"], run_integer(small, clips)["logits"])


@pytest.mark.parametrize("shortcut", ["identity", "conv"])
def test_filters_of_the_last_block_move_together(shortcut):
    """Its filters are dropped here and there; those that an identity shortcut adds X to keep their places."""
    design = pruned(4, widths=(40, 40, 72, 72 if shortcut == "identity" else 80))
    last = design.blocks[-1]
    filters = np.arange(last.out_channels) % 4 == 3
    scattered = random_design(4, name="d", frames=7, joints=4, persons=2, widths=(40, 40, 72, last.out_channels),
                              strides=(1, 1, 2, 1), kernel=5, keep=0.3, kept_first=True).blocks[-1]
    taps = np.repeat(last.taps, 16, axis=0)[:last.h_channels].T.astype(np.int8)
    last = replace(last, filters=filters.astype(np.uint8), temporal=filters[:, None, None].astype(np.int8) * taps,
                   y_mult=scattered.y_mult, y_bias=np.where(filters, scattered.y_bias, 0),
                   res=None if last.res is None else scattered.res * filters.astype(np.int8)[:, None])
    design = fold_constants(replace(design, blocks=(*design.blocks[:-1], last)))
    small = narrow(design)
    assert small.blocks[-1].shortcut_y == shortcut
    assert small.blocks[-1].out_channels == (48 if shortcut == "identity" else 32)
    assert narrow(small).hash == small.hash
    clips = clips_of(design)
    before, after = run_integer(design, clips), run_integer(small, clips)
    assert before["logits"].any()
    np.testing.assert_array_equal(before["logits"], after["logits"])
    np.testing.assert_array_equal(run(small, clips[0])["logits"], after["logits"][0])


def test_nothing_is_left_of_a_block_without_filters():
    """Every filter of the first block is dropped, and the next reads constants: one bank stays."""
    design = pruned(3, widths=(40, 40), strides=(1, 1))
    first = design.blocks[0]
    none = np.zeros_like(first.filters)
    blocks = (replace(first, filters=none, temporal=first.temporal * 0, y_bias=first.y_bias * 0 - 1),
              replace(design.blocks[1], kept=np.eye(1, 40, dtype=np.uint8)[0],
                      spatial=design.blocks[1].spatial * np.eye(1, 40, dtype=np.int8)))
    small = narrow(fold_constants(replace(design, blocks=blocks)))
    assert small.blocks[0].out_channels == 16
