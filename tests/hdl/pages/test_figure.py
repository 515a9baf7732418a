"""The generated figure: a body with limbs of fixed length that does something."""

import numpy as np
import pytest

from hypgcn.design.skeleton import BUILT_IN
from hypgcn.pages.figure import ACTIONS, figure_clip

FIXED = [bone for bone in BUILT_IN["kinect20"].bones if bone not in ((8, 2), (4, 2), (12, 0), (16, 0))]


@pytest.mark.parametrize("action", ACTIONS)
def test_limbs_keep_their_length_and_move(action):
    clip = figure_clip(action)
    assert clip.shape == (1, 48, 20, 3) and np.isfinite(clip).all()
    for near, far in FIXED:
        length = np.linalg.norm(clip[0, :, near] - clip[0, :, far], axis=1)
        assert length.min() > 0.05 and length.max() - length.min() < 0.02, (near, far)
    assert np.abs(np.diff(clip, axis=1)).max() < 0.25, "no joint jumps"
    assert np.ptp(clip, axis=1).max() > 0.3


def test_the_head_is_above_the_feet_and_left_is_left():
    for action in ACTIONS:
        clip = figure_clip(action)[0]
        assert (clip[:, 3, 1] > clip[:, [15, 19], 1].max(axis=1)).all()
        assert clip[0, 4, 0] < clip[0, 8, 0]


def test_sitting_is_lower_and_standing_up_is_sitting_down_backwards():
    down = figure_clip("sit down")[0, :, 0, 1]
    assert down[-1] < down[0] - 0.3
    np.testing.assert_allclose(figure_clip("stand up"), figure_clip("sit down")[:, ::-1], atol=1e-12)


def test_the_same_in_every_call():
    np.testing.assert_array_equal(figure_clip("throw", 9), figure_clip("throw", 9))
    assert figure_clip("wave", 1).shape == (1, 1, 20, 3)


@pytest.mark.parametrize(("words", "message"), [
    (("fly",), "action must be one of sit down, .*, not 'fly'"), (("wave", 0), "frames must be at least 1, not 0")])
def test_wrong_words(words, message):
    with pytest.raises(ValueError, match=message):
        figure_clip(*words)
