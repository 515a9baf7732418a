"""Random changes of training clips: each of them does what its option says, and no more."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn_pruning.config import Augmentation
from hypgcn_pruning.recordings.augment import augment

STILL = Augmentation(degrees=0.0, tilt=0.0, random_times=False)


def test_mirrored_clips_are_mirror_images():
    """Twice mirrored is the clip again; once, left joints are where right ones were, with the first axis negated."""
    clip = np.random.default_rng(0).normal(size=(1, 9, 4, 3))
    order = (0, 2, 1, 3)
    always, never = replace(STILL, mirror=0.999), STILL
    once = augment(clip, np.random.default_rng(1), always, mirrored=order)
    np.testing.assert_array_equal(once[:, :, 1], clip[:, :, 2] * (-1, 1, 1))
    np.testing.assert_array_equal(augment(once, np.random.default_rng(1), always, mirrored=order), clip)
    np.testing.assert_array_equal(augment(clip, np.random.default_rng(1), never, mirrored=order), clip)


@pytest.mark.parametrize("frames", [1, 2, 3, 40])
def test_warped_clips_keep_their_ends_and_their_order(frames):
    clip = np.broadcast_to(np.arange(frames, dtype=float)[None, :, None, None], (1, frames, 4, 3))
    found = augment(clip, np.random.default_rng(3), replace(STILL, warp=0.9))
    assert found.shape == clip.shape
    assert found[0, 0, 0, 0] == 0
    assert found[0, -1, 0, 0] == pytest.approx(frames - 1)
    steps = np.diff(found[0, :, 0, 0])
    assert (steps > 0).all()
    assert frames <= 3 or steps.std() > 0.2


def test_rotation_keeps_lengths():
    """Distances of joints, and from the origin, stay; absent persons and frames stay zero."""
    clip = np.random.default_rng(0).normal(size=(2, 9, 4, 3))
    clip[1] = clip[0, 3] = 0
    for seed in range(20):
        turned = augment(clip, np.random.default_rng(seed), replace(STILL, degrees=60.0, tilt=10.0))
        np.testing.assert_allclose(np.linalg.norm(turned, axis=3), np.linalg.norm(clip, axis=3), atol=1e-12)
        bones = [np.linalg.norm(c[:, :, 1:] - c[:, :, :-1], axis=3) for c in (turned, clip)]
        np.testing.assert_allclose(*bones, atol=1e-12)
        assert not turned[1].any()
        assert not turned[0, 3].any()
        up = augment(np.array([0.0, 1, 0]).reshape(1, 1, 1, 3), np.random.default_rng(seed),
                     replace(STILL, degrees=60.0, tilt=10.0))
        assert up[0, 0, 0, 1] >= np.cos(np.deg2rad(20))
    angles = [np.rad2deg(np.arctan2(x[0, 0, 0, 2], x[0, 0, 0, 0])) for x in (
        augment(np.array([1.0, 0, 0]).reshape(1, 1, 1, 3), np.random.default_rng(seed),
                replace(STILL, degrees=60.0)) for seed in range(60))]
    assert 40 < max(angles) <= 60
    assert -60 <= min(angles) < -40


def test_jitter_moves_joints_by_as_much_as_it_says():
    """An offset for the clip and half of it for each frame; absent persons and frames stay zero."""
    clip = np.random.default_rng(0).normal(size=(2, 400, 50, 3))
    clip[1] = clip[0, 3] = 0
    moved = augment(clip, np.random.default_rng(1), replace(STILL, jitter=0.02)) - clip
    assert not moved[1].any()
    assert not moved[0, 3].any()
    there = np.delete(moved[0], 3, axis=0)
    lasting = there.mean(axis=0)
    assert lasting.std() == pytest.approx(0.02, rel=0.15)
    assert (there - lasting).std() == pytest.approx(0.01, rel=0.05)


def test_random_times_are_sorted_and_in_range():
    """A clip whose coordinates are its times: as many as asked for, in order, over the whole clip, unevenly."""
    clip = np.broadcast_to(np.arange(30.0)[None, :, None, None], (1, 30, 2, 3))
    config = replace(STILL, random_times=True)
    times = np.stack([augment(clip, np.random.default_rng(seed), config, frames=40)[0, :, 0, 0] for seed in range(50)])
    assert times.shape == (50, 40)
    assert (np.diff(times) >= 0).all()
    assert times.min() >= 0
    assert times.max() <= 29
    np.testing.assert_allclose([times[:, 0].mean(), times.mean(), times[:, -1].mean()], [29 / 41, 14.5, 29 * 40 / 41],
                               atol=0.6)
    assert not np.allclose(times % 1, 0)
    assert (augment(clip[:, :1], np.random.default_rng(0), config, frames=40) == 0).all()
