from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design import even_taps
from hypgcn.design.presets import random_design
from hypgcn.golden.network import run
from hypgcn_pruning.building.compile import compile_design
from hypgcn_pruning.building.hoist import hoist_strides
from hypgcn_pruning.integers.integer import run_integer


def with_even_taps(seed, *, frames, kernel, widths=(20, 20, 36, 36, 40), strides=(1, 1, 2, 1, 2), odd=True):
    """A design whose blocks of stride 2 have even taps alone, and the others, where ``odd``, one that is not."""
    design = random_design(seed, name="d", frames=frames, joints=4, persons=2, widths=widths, strides=strides,
                           kernel=kernel, keep=0.5)
    blocks = []
    for block in design.blocks:
        taps = block.taps * even_taps(kernel, block.stride)
        taps[:, kernel // 2] = 1
        if block.stride == 1 and odd:
            taps[:, kernel // 2 - 1] = 1
        mask = np.repeat(taps, 16, axis=0)[:block.h_channels].T
        weights = np.random.default_rng(seed).integers(-20, 20, block.temporal.shape)
        weights = (weights * mask * block.filters[:, None, None]).astype(np.int8)
        blocks.append(replace(block, taps=taps, temporal=weights))
    return replace(design, blocks=tuple(block.with_whole_stores(4) for block in blocks))


def clips_of(design, count=3):
    rng = np.random.default_rng(3)
    return rng.integers(-128, 128, (count, design.persons, design.frames, design.joints, 3)).astype(np.int8)


@pytest.mark.parametrize("frames", [1, 2, 3, 6, 7, 9, 12])
@pytest.mark.parametrize("kernel", [3, 5, 9])
def test_same_logits_from_half_the_frames(frames, kernel):
    design = with_even_taps(frames, frames=frames, kernel=kernel)
    half = hoist_strides(design)
    assert [block.stride for block in half.blocks] == [1, 2, 1, 2, 1]
    assert not np.array_equal(half.blocks[2].temporal, design.blocks[2].temporal) or kernel < 5
    clips = clips_of(design)
    before, after = run_integer(design, clips), run_integer(half, clips)
    np.testing.assert_array_equal(before["logits"], after["logits"])
    for index, step in ((1, 2), (2, 1), (3, 2), (4, 1)):
        np.testing.assert_array_equal(before[f"blocks.{index}.y"][:, ::step], after[f"blocks.{index}.y"])
    np.testing.assert_array_equal(before["blocks.4.h"][:, ::2], after["blocks.4.h"])
    np.testing.assert_array_equal(run(half, clips[0])["logits"], after["logits"][0])


@pytest.mark.parametrize("frames", [1, 6, 7])
def test_without_odd_taps_strides_move_to_the_front(frames):
    design = with_even_taps(frames, frames=frames, kernel=1, odd=False)
    half = hoist_strides(design)
    assert [block.stride for block in half.blocks] == [2, 2, 1, 1, 1]
    clips = clips_of(design)
    np.testing.assert_array_equal(run_integer(design, clips)["logits"], run_integer(half, clips)["logits"])


def test_an_odd_tap_keeps_its_frames():
    design = with_even_taps(1, frames=7, kernel=5)
    taps, weights = design.blocks[2].taps.copy(), design.blocks[2].temporal.copy()
    taps[1, 3] = 1
    weights[0, 3, 20] = 5
    odd = replace(design, blocks=(*design.blocks[:2], replace(design.blocks[2], taps=taps, temporal=weights),
                                  *design.blocks[3:]))
    assert [block.stride for block in hoist_strides(odd).blocks] == [1, 1, 2, 2, 1]


def test_strides_that_follow_each_other_or_come_first_stay():
    design = with_even_taps(2, frames=9, kernel=5, widths=(20, 36, 36), strides=(2, 2, 1))
    assert hoist_strides(design).hash == design.hash


def test_compiled_designs_have_what_is_read():
    design = with_even_taps(4, frames=10, kernel=5)
    clips = clips_of(design, 6)
    compiled = compile_design(design, clips)
    assert [block.stride for block in compiled.blocks] == [1, 2, 1, 2, 1]
    assert hoist_strides(compiled).hash == compiled.hash
    np.testing.assert_array_equal(run_integer(design, clips)["logits"], run_integer(compiled, clips)["logits"])
