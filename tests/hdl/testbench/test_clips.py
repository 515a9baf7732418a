"""Generated clips: the same for the same seed, in the design's shape, and some without their last person."""

import numpy as np
from raw_designs import raw_design

from hypgcn.design.presets import preset
from hypgcn.design.raw_input import MARKER, RawInput
from hypgcn.testbench.clips import generated_clip, generated_clips

DESIGN = preset("tiny")


def test_the_seed_decides():
    clip = generated_clip(DESIGN, 5)
    assert clip.dtype == np.int8
    assert clip.shape == (DESIGN.persons, DESIGN.frames, DESIGN.joints, DESIGN.channels)
    np.testing.assert_array_equal(clip, generated_clip(DESIGN, 5))
    assert (clip != generated_clip(DESIGN, 6)).any()


def test_raw_joints():
    """Int16, away from the origin, with a few joints missing."""
    design = raw_design(RawInput(unit="mm", centre=0), frames=30)
    clip = generated_clip(design, 5)
    assert (clip.dtype, clip.shape) == (np.int16, design.clip_shape)
    missing = clip[..., 0] == MARKER
    assert 0 < missing.mean() < 0.1 and 500 < np.abs(clip[~missing]).max() < 5000


def test_joints_move():
    assert (np.diff(generated_clip(DESIGN, 5).astype(int), axis=1) != 0).mean() > 0.5


def test_every_second_clip_lacks_the_last_person():
    clips = generated_clips(DESIGN, 3)
    assert DESIGN.persons > 1
    assert [bool(clip[-1].any()) for clip in clips] == [True, False, True]
    assert all(clip[0].any() for clip in clips)
