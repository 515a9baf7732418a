"""Cases 18 to 20, 34: missing joints filled in time and from the skeleton, empty ends trimmed."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.filling import PATIENCE, complete_clip, fill_joints, stand_ins
from hypgcn.design.missing import find_origins

CHAIN = (0, 0, 1, 2, 1)
"""Joint 0 - 1 - 2 - 3, and 4 at 1."""


def linear(frames=10, persons=1, joints=5):
    """Joints at constant speeds, which linear interpolation restores, float32 (M, T, V, 3)."""
    rng = np.random.default_rng(3)
    start = rng.normal(0, 0.4, (persons, 1, joints, 3)) + (0, 0, 3)
    return (start + 0.05 * rng.normal(size=start.shape) * np.arange(frames)[:, None, None]).astype(np.float32)


def test_nothing_missing_nothing_changed():
    clip = linear()
    done = complete_clip(clip, parents=CHAIN)
    assert not done.changed and done.clip.tobytes() == clip.tobytes() and done.clip.dtype == clip.dtype


def test_gaps_are_interpolated_in_time():
    """Case 18: one joint of one frame, and a longer gap."""
    clip = linear()
    holes = clip.copy()
    holes[0, 4, 2] = holes[0, 6:9, 3] = 0
    done = complete_clip(holes)
    np.testing.assert_allclose(done.clip, clip, atol=1e-6)
    assert (done.filled, done.never, done.trimmed, done.outliers) == (4, 0, 0, 0)
    known = holes.any(axis=3)
    assert done.clip[known].tobytes() == holes[known].tobytes() and not holes[0, 4, 2].any()


def test_ends_hold_the_nearest_known_place():
    clip = linear()
    clip[0, :3, 2] = clip[0, 8:, 3] = 0
    done = complete_clip(clip)
    assert (done.clip[0, :3, 2] == clip[0, 3, 2]).all() and (done.clip[0, 8:, 3] == clip[0, 7, 3]).all()
    assert done.filled == 5


def test_empty_ends_are_trimmed_and_gaps_filled():
    """Case 19: five empty frames at the start, two at the end; three without a body in the middle."""
    clip = linear()
    holes = clip.copy()
    holes[0, 4:7] = 0
    padded = np.concatenate([np.zeros_like(clip[:, :5]), holes, np.zeros_like(clip[:, :2])], axis=1)
    done = complete_clip(padded)
    np.testing.assert_allclose(done.clip, clip, atol=1e-6)
    assert (done.trimmed, done.filled) == (7, 15)


def test_the_centre_is_filled():
    """Case 20: the centre is missing in frame 0."""
    clip = linear()
    clip[0, 0, 0] = 0
    np.testing.assert_array_equal(complete_clip(clip).clip[0, 0, 0], clip[0, 1, 0])


def test_an_outlier_is_filled_and_counted():
    """Case 34."""
    clip = linear()
    wrong = clip.copy()
    wrong[0, 5, 2] += (4, 3, 0)
    done = complete_clip(wrong)
    np.testing.assert_allclose(done.clip, clip, atol=1e-6)
    assert (done.outliers, done.filled) == (1, 0) and done.changed


def test_an_outlier_beside_a_gap_does_not_draw_what_fills_it():
    clip = linear()
    wrong = clip.copy()
    wrong[0, 5, 2] += 5
    wrong[0, 6, 2] = 0
    np.testing.assert_allclose(complete_clip(wrong).clip, clip, atol=1e-6)


def test_a_joint_that_is_never_there_takes_the_place_of_a_neighbour():
    clip = linear()
    clip[0, :, [2, 3]] = 0
    done = complete_clip(clip, parents=CHAIN)
    np.testing.assert_array_equal(done.clip[0, :, 2], clip[0, :, 1])
    np.testing.assert_array_equal(done.clip[0, :, 3], clip[0, :, 1])
    assert (done.never, done.filled) == (2, 20)
    middle = complete_clip(clip).clip[0]
    np.testing.assert_allclose(middle[:, 3], clip[0][:, [0, 1, 4]].mean(axis=1), rtol=1e-6)


def test_neighbours_along_the_bones():
    def known(*joints):
        return np.isin(np.arange(5), joints)

    assert stand_ins(known(0, 1, 2, 3, 4), CHAIN) == [0, 1, 2, 3, 4]
    assert stand_ins(known(3), CHAIN) == [3] * 5
    assert stand_ins(known(0, 3), CHAIN) == [0, 0, 3, 3, 0]
    assert stand_ins(known(0, 2, 4), CHAIN) == [0, 0, 2, 2, 4], "of equally near ones that nearer to the centre"
    assert stand_ins(known(0), ()) == [0, -1, -1, -1, -1]


def test_an_origin_is_not_filled():
    """A recording that is centred on joint 1 in every frame, with a joint missing."""
    clip = linear()
    clip -= clip[:, :, 1:2]
    whole = clip.copy()
    clip[0, 4, 3] = 0
    done = complete_clip(clip)
    np.testing.assert_allclose(done.clip, whole, atol=1e-6)
    assert done.filled == 1 and not done.clip[0, :, 1].any()


def test_the_other_clips_say_what_an_origin_is():
    """Alone the zeros could be a centre, with the other clips they are a joint that was not found."""
    clips = [clip - clip[:, :, 1:2] for clip in (linear(), linear(12))]
    whole = clips[0].copy()
    clips[0][0, :, 2] = 0
    assert not complete_clip(clips[0], parents=CHAIN).filled
    done = complete_clip(clips[0], parents=CHAIN, origins=find_origins(clips))
    assert (done.filled, done.never) == (10, 1)
    np.testing.assert_array_equal(done.clip[0, :, 2], whole[0, :, 1])


def test_nobody_at_all():
    done = complete_clip(np.zeros((1, 4, 5, 3), np.float32))
    assert done.empty and not done.changed and done.clip.shape == (1, 4, 5, 3)


def test_an_empty_place_stays_empty_and_all_persons_count_for_the_ends():
    """The second place is empty throughout; the third person is seen before and behind the first one."""
    clip = linear(persons=3)
    clip[1] = 0
    clip[0, :2] = clip[0, 8:] = 0
    clip[:, 9] = 0
    done = complete_clip(clip)
    assert done.trimmed == 1 and done.filled == 0
    np.testing.assert_array_equal(done.clip, clip[:, :9])


def test_a_person_is_filled_where_it_was_not_seen_for_a_while():
    clip = linear(persons=2)
    holes = clip.copy()
    holes[1, 3:6] = 0
    holes[1, :1] = holes[1, 9:] = 0
    done = complete_clip(holes)
    np.testing.assert_allclose(done.clip[1, 1:9], clip[1, 1:9], atol=1e-6)
    assert not done.clip[1, 0].any() and not done.clip[1, 9].any() and done.filled == 15


def test_a_false_detection_is_not_prolonged():
    """Case 31: somebody who is seen for two frames does not become somebody who is there throughout."""
    clip = linear(persons=2)
    clip[1, 1:8] = 0
    clip[1, 9] = 0
    done = complete_clip(clip)
    np.testing.assert_array_equal(done.clip, clip)
    assert not done.changed


def test_one_leaves_and_another_comes_later():
    """Frames with nobody between them keep the one who left."""
    clip = linear(persons=2)
    clip[0, 4:], clip[1, :6] = 0, 0
    done = complete_clip(clip)
    assert (done.clip[0, 4:6] == clip[0, 3]).all() and not done.clip[0, 6:].any() and not done.clip[1, :6].any()
    assert done.filled == 10


@pytest.mark.parametrize("gap", [PATIENCE, PATIENCE + 1])
def test_a_long_absence_stays_one(gap):
    """Up to a second is filled; longer, nobody is there, and another person counts for itself."""
    clip = linear(2 * PATIENCE + 10, persons=2)
    clip[0, 5:5 + gap] = 0
    done = complete_clip(clip)
    assert done.clip[0, 5:5 + gap].any() == (gap <= PATIENCE) and done.filled == 5 * gap * (gap <= PATIENCE)
    np.testing.assert_array_equal(done.clip[1], clip[1])
    alone = complete_clip(clip[:1])
    assert alone.clip[0, 5:5 + gap].any() == (gap <= PATIENCE) and not alone.trimmed


def test_scores():
    """Score 0 is missing wherever it is; the place is filled, the score stays 0. Who has no score is not there."""
    clip = np.concatenate([linear(persons=2), np.full((2, 10, 5, 1), 0.7, np.float32)], axis=3)
    holes = clip.copy()
    holes[0, 4, 2] = (9, 9, 9, 0)
    holes[1, 7:, :, 3] = 0
    done = complete_clip(holes, scored=True)
    np.testing.assert_allclose(done.clip[0, ..., :3], clip[0, ..., :3], atol=1e-6)
    assert done.clip[0, 4, 2, 3] == 0 and done.clip[0, 3, 2, 3] == np.float32(0.7)
    assert not done.clip[1, 7:].any() and (done.filled, done.cleared) == (1, 3)


def test_an_outlier_loses_its_score():
    clip = np.concatenate([linear(), np.full((1, 10, 5, 1), 0.7, np.float32)], axis=3)
    clip[0, 5, 2, :2] += 5
    done = complete_clip(clip, scored=True)
    assert done.outliers == 1 and done.clip[0, 5, 2, 3] == 0 and (done.clip[0, :5, :, 3] > 0).all()


def test_filling_again_changes_nothing():
    rng = np.random.default_rng(5)
    clip = linear(30, persons=2)
    clip[rng.random(clip.shape[:3]) < 0.2] = 0
    clip[0, 7] = clip[:, :2] = 0
    once = complete_clip(clip, parents=CHAIN)
    twice = complete_clip(once.clip, parents=CHAIN)
    assert once.filled > 50 and once.trimmed == 2
    assert not twice.changed and twice.clip.tobytes() == once.clip.tobytes()


@pytest.mark.parametrize(("clip", "parents", "match"), [
    (np.zeros((3, 5, 3)), (), "clip must have the four dimensions (person, frame, joint, channel), not 3"),
    (np.zeros((1, 3, 5, 3)), (0, 0), "parents must have one entry for each of the 5 joints, not 2")])
def test_bad_input(clip, parents, match):
    with pytest.raises(ValueError) as error:
        complete_clip(clip, parents=parents)
    assert str(error.value) == match


def test_one_person_in_place():
    body = linear()[0]
    holes = body.copy()
    missing = np.zeros(body.shape[:2], bool)
    missing[2, 1] = True
    holes[2, 1] = 77
    assert fill_joints(holes, missing) == 0
    np.testing.assert_allclose(holes, body, atol=1e-6)


def test_what_counts_as_a_change():
    done = complete_clip(linear())
    assert [replace(done, **{name: 1}).changed for name in ("filled", "trimmed", "outliers", "cleared")] == [True] * 4
