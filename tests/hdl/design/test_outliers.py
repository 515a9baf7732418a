"""Case 34: joints that are metres away for a moment, and fast motion that is none of them."""

import os
from pathlib import Path

import numpy as np
import pytest

from hypgcn.design.filling import complete_clip
from hypgcn.design.missing import find_origins
from hypgcn.design.outliers import outlying_joints

SHARED = Path(os.environ.get("HYPGCN_DATA", Path(__file__).parents[4] / "shared/data"))


def body_of(frames=20, joints=10, seed=0, speed=0.05):
    """A body of human size that swings its joints, (T, V, 3)."""
    rng = np.random.default_rng(seed)
    swing = np.sin(np.arange(frames)[:, None, None] * 0.5 + rng.uniform(0, 6, (1, joints, 3)))
    return rng.normal(0, 0.4, (1, joints, 3)) + (0, 0, 3) + speed * swing


def none_of(body):
    return np.zeros(body.shape[:2], bool)


@pytest.mark.parametrize("frame", [0, 1, 9, 18, 19])
@pytest.mark.parametrize("length", [20, 3])
def test_one_joint_far_away_is_found_at_any_frame(frame, length):
    body = body_of()[:length]
    frame = min(frame, length - 1)
    body[frame, 4] += (3, -3, 2)
    assert np.argwhere(outlying_joints(body, none_of(body))).tolist() == [[frame, 4]]


def test_two_frames_in_a_row_and_several_joints():
    body = body_of()
    body[7:9, 2] += 4
    body[15, [1, 8, 9]] -= 4
    assert np.argwhere(outlying_joints(body, none_of(body))).tolist() == [[7, 2], [8, 2], [15, 1], [15, 8], [15, 9]]


def test_fast_motion_is_no_outlier():
    """A hand at 10 m/s and 10 frames a second, a jump of the whole body, a fall of one frame."""
    body = body_of()
    there_and_back = np.abs((np.arange(20) % 4) - 2.0)
    body[:, 3, 0] += there_and_back * 0.5
    assert not outlying_joints(body, none_of(body)).any()
    body[10:] += (5, 0, 0)
    body[15] += (0, 4, 0)
    assert not outlying_joints(body, none_of(body)).any()


def test_few_frames_a_second_are_no_outliers():
    """Where most joints are close together the others may leave them, when all move that much."""
    rng = np.random.default_rng(1)
    body = rng.normal(0, 0.2, (30, 10, 3))
    body[:, 9, 0] += 2 * (np.arange(30) % 5 == 4)
    assert not outlying_joints(body, none_of(body)).any()
    body[:, :9] *= 0.3
    assert outlying_joints(body, none_of(body)).any()


def test_filled_joints_are_not_outlying():
    body = body_of()
    body[7, 2] += 4
    missing = none_of(body)
    missing[7, 2] = True
    assert not outlying_joints(body, missing).any()


@pytest.mark.parametrize(("frames", "joints"), [(2, 10), (1, 10), (20, 2), (20, 1)])
def test_too_little_to_compare_with(frames, joints):
    body = body_of(frames, joints)
    body[0, 0] += 50
    assert not outlying_joints(body, none_of(body)).any()


def test_a_joint_that_stays_away_is_no_outlier():
    body = body_of()
    body[5:, 2] += 4
    assert not outlying_joints(body, none_of(body)).any()


@pytest.mark.parametrize(("name", "outliers", "filled"), [("nwucla", 8, 12), ("kinect25", 0, 0)])
def test_recorded_data(name, outliers, filled):
    """The counts that docs/offline.md states. The eight are half of a body in one frame of one clip, at the camera."""
    path = SHARED / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"there are no recordings in {path}")
    with np.load(path, allow_pickle=False) as file:
        clips = [clip[:, :length].transpose(3, 1, 2, 0) for clip, length in zip(file["data"], file["length"])]
    origins = find_origins(clips)
    done = [complete_clip(clip, origins=origins) for clip in clips]
    assert (sum(one.outliers for one in done), sum(one.filled for one in done)) == (outliers, filled)
    changed = [index for index, one in enumerate(done) if one.changed]
    assert changed == ([446, 510] if name == "nwucla" else [])
    assert all(one.clip.tobytes() == clip.tobytes() for index, (clip, one) in enumerate(zip(clips, done))
               if index not in changed)
