"""Generated clips: the same for the same seed, in the design's shape, and some without their last person."""

import numpy as np

from hypgcn.design.presets import preset
from hypgcn.testbench.clips import generated_clip, generated_clips

DESIGN = preset("tiny")


def test_the_seed_decides():
    clip = generated_clip(DESIGN, 5)
    assert clip.dtype == np.int8
    assert clip.shape == (DESIGN.persons, DESIGN.frames, DESIGN.joints, DESIGN.channels)
    np.testing.assert_array_equal(clip, generated_clip(DESIGN, 5))
    assert (clip != generated_clip(DESIGN, 6)).any()


def test_joints_move():
    assert (np.diff(generated_clip(DESIGN, 5).astype(int), axis=1) != 0).mean() > 0.5


def test_every_second_clip_lacks_the_last_person():
    clips = generated_clips(DESIGN, 3)
    assert DESIGN.persons > 1
    assert [bool(clip[-1].any()) for clip in clips] == [True, False, True]
    assert all(clip[0].any() for clip in clips)
