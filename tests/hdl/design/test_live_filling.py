"""Missing joints of a live stream: what is missing is the same, what fills it knows no future."""

import numpy as np
import pytest

from hypgcn.design.live_filling import LiveFilling
from hypgcn.design.missing import missing_joints

CHAIN = (0, 0, 1, 2, 1)


def stream(frames=8, persons=1):
    rng = np.random.default_rng(4)
    return rng.normal(0, 0.4, (frames, persons, 5, 3)) + (0, 0, 3)


def filled(frames, **settings):
    live = LiveFilling(persons=frames.shape[1], joints=5, channels=frames.shape[3], **settings)
    return np.stack([live.fill(frame) for frame in frames]), live


def test_whole_frames_pass():
    frames = stream()
    found, live = filled(frames)
    np.testing.assert_array_equal(found, frames)
    assert live.filled == 0


def test_the_last_place_is_held():
    frames = stream()
    frames[3:6, 0, 2] = 0
    found, live = filled(frames)
    assert (found[3:6, 0, 2] == frames[2, 0, 2]).all() and live.filled == 3
    known = frames.any(axis=3)
    np.testing.assert_array_equal(found[known], frames[known])


def test_no_future():
    """What was given out does not depend on what comes."""
    frames = stream()
    frames[3:6, 0, 2] = 0
    whole, _ = filled(frames)
    for count in range(1, len(frames)):
        np.testing.assert_array_equal(filled(frames[:count])[0], whole[:count])


def test_the_same_is_missing_as_in_recorded_clips():
    frames = stream(60)
    frames[np.random.default_rng(1).random(frames.shape[:3]) < 0.3] = 0
    frames[0] = stream(1)[0]
    _, live = filled(frames)
    assert live.filled == missing_joints(frames.swapaxes(0, 1)).sum() > 60


def test_a_joint_that_was_not_seen_yet():
    frames = stream(3)
    frames[:2, 0, 3] = 0
    found, _ = filled(frames, parents=CHAIN)
    np.testing.assert_array_equal(found[:2, 0, 3], frames[:2, 0, 2])
    middle, _ = filled(frames)
    np.testing.assert_allclose(middle[0, 0, 3], frames[0, 0, [0, 1, 2, 4]].mean(axis=0))


def test_a_body_is_held_for_a_while_and_then_absent():
    frames = stream(10, persons=2)
    frames[2:8, 1] = 0
    found, _ = filled(frames, patience=3)
    assert (found[2:5, 1] == frames[1, 1]).all() and not found[5:8, 1].any()
    np.testing.assert_array_equal(found[8:], frames[8:])
    np.testing.assert_array_equal(found[:, 0], frames[:, 0])


def test_who_comes_back_is_somebody_new():
    frames = stream(10)
    frames[2:8] = 0
    frames[8, 0, 3] = 0
    found, _ = filled(frames, patience=3, parents=CHAIN)
    np.testing.assert_array_equal(found[8, 0, 3], frames[8, 0, 2])


def test_nobody_was_seen_yet():
    frames = stream(4)
    frames[:2] = 0
    found, live = filled(frames)
    assert not found[:2].any() and live.filled == 0


def test_an_origin_is_a_place():
    frames = stream()
    frames -= frames[:, :, 1:2]
    found, live = filled(frames, origins=(1,))
    np.testing.assert_array_equal(found, frames)
    assert filled(frames)[1].filled == 8 and live.filled == 0


def test_scores():
    frames = np.concatenate([stream(), np.full((8, 1, 5, 1), 0.6)], axis=3)
    frames[3, 0, 2] = (9, 9, 9, 0)
    frames[5:, 0, :, 3] = 0
    found, _ = filled(frames, scored=True, patience=1)
    np.testing.assert_array_equal(found[3, 0, 2], [*frames[2, 0, 2, :3], 0])
    np.testing.assert_array_equal(found[5, 0, :, :3], frames[4, 0, :, :3])
    assert not found[6:].any()


@pytest.mark.parametrize(("change", "match"), [
    ({"persons": 0}, "persons must be an integer of at least 1, not 0"),
    ({"joints": True}, "joints must be an integer of at least 1, not True"),
    ({"channels": 1.5}, "channels must be an integer of at least 1, not 1.5"),
    ({"patience": -1}, "patience must be an integer of at least 0, not -1"),
    ({"parents": (0, 0)}, "parents must have one entry for each of the 5 joints, not 2"),
    ({"origins": (5,)}, r"origins must be joints in 0..4, not \(5,\)")])
def test_bad_settings(change, match):
    with pytest.raises(ValueError, match=match):
        LiveFilling(**{"persons": 1, "joints": 5, "channels": 3, **change})


@pytest.mark.parametrize(("frame", "match"), [
    (np.zeros((1, 4, 3)), r"frame must have the shape \(person, joint, channel\) = \(1, 5, 3\), not \(1, 4, 3\)"),
    (np.full((1, 5, 3), np.nan), "frame must hold finite numbers only, but has NaN or infinite coordinates")])
def test_bad_frames(frame, match):
    with pytest.raises(ValueError, match=match):
        LiveFilling(persons=1, joints=5, channels=3).fill(frame)
