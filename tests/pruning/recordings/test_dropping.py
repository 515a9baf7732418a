"""Joints dropped at random: the share, whom it spares, and that they are filled as recordings are."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn.design.filling import complete_clip
from hypgcn_pruning.config import Augmentation
from hypgcn_pruning.recordings.augment import augment
from hypgcn_pruning.recordings.data import batches
from hypgcn_pruning.recordings.dropping import choose_dropped, drop_and_fill

STILL = Augmentation(degrees=0.0, tilt=0.0, random_times=False)


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("gap", [1, 4, 50])
def test_the_share(gap):
    clip = np.ones((2, 203, 25, 3))
    clip[1, 100:] = 0
    gone = choose_dropped(clip, 0.1, rng(), gap)
    assert gone.shape == (2, 203, 25) and not gone[1, 100:].any(), "nobody is there"
    assert gone[0].mean() == pytest.approx(0.1, abs=0.02 * gap ** 0.5)


@pytest.mark.parametrize("gap", [1, 4])
def test_gaps_are_as_long_as_asked_for(gap):
    gone = choose_dropped(np.ones((1, 203, 25, 3)), 0.1, rng(), gap)[0]
    runs = []
    for joint in gone.T:
        changes = np.flatnonzero(np.diff(np.pad(joint, 1).astype(int)))
        runs += [end - start for start, end in changes.reshape(-1, 2) if start and end < len(joint)]
    assert min(runs) == gap and all(run % gap == 0 for run in runs)


def test_gaps_do_not_begin_at_the_same_frames():
    clip = np.ones((1, 41, 25, 3))
    begins = {(np.flatnonzero(np.diff(choose_dropped(clip, 0.3, rng(seed), 8)[0], axis=0).any(axis=1))[0] + 1) % 8
              for seed in range(20)}
    assert len(begins) > 3


def test_more_is_missing_of_a_larger_share():
    clip = np.ones((1, 40, 25, 3))
    few, many = (choose_dropped(clip, share, rng()) for share in (0.05, 0.2))
    assert few.sum() < many.sum() and not (few & ~many).any()


def test_filled_as_recordings_are(clips, skeleton):
    """What the input path makes of the same zeros."""
    clip = clips.clip(2)
    gone = choose_dropped(clip, 0.1, rng())
    expected = complete_clip(np.where(gone[..., None], np.float32(0), clip), parents=skeleton.parents)
    assert expected.filled == gone.sum() > 5 and not expected.outliers
    np.testing.assert_array_equal(drop_and_fill(clip, 0.1, rng(), parents=skeleton.parents), expected.clip)


def test_what_is_seen_stays(clips):
    clip = clips.clip(2)
    before = clip.copy()
    gone = choose_dropped(clip, 0.1, rng())
    found = drop_and_fill(clip, 0.1, rng())
    assert (found[~gone] == clip[~gone]).all() and (found[gone] != clip[gone]).any(axis=1).all()
    np.testing.assert_array_equal(clip, before)
    np.testing.assert_array_equal(drop_and_fill(clip, 0, rng()), clip)
    np.testing.assert_array_equal(drop_and_fill(clip, 1, rng()), clip)


def test_scores_of_filled_joints_are_zero(clips):
    clip = np.concatenate([clips.clip(2)[..., :2], np.ones_like(clips.clip(2)[..., :1])], axis=3)
    gone = choose_dropped(clip, 0.1, rng())
    found = drop_and_fill(clip, 0.1, rng(), scored=True)
    np.testing.assert_array_equal(found[..., 2] == 0, gone)
    assert (found[gone][:, :2] != 0).all()


def test_as_an_augmentation(clips):
    """It comes first; without it no random number is drawn, so that trainings without it stay what they were."""
    clip, config = clips.clip(2), replace(STILL, drop_joints=0.1)
    np.testing.assert_array_equal(augment(clip, rng(), config), drop_and_fill(clip, 0.1, rng()))
    np.testing.assert_array_equal(augment(clip, rng(), STILL), clip)
    drawn, state = rng(), rng()
    augment(clip, drawn, STILL)
    state.uniform(1.0, 1), state.integers(0, 1)  # of the crop, as ever
    assert drawn.bit_generator.state == state.bit_generator.state


def test_batches_know_scores_and_skeleton(clips, preparation, skeleton):
    data = np.concatenate([clips.data[:, :2], np.ones_like(clips.data[:, :1])], axis=1)
    scored = replace(clips, data=data, scored=True)
    kept = replace(preparation, scale="none")
    config = replace(STILL, drop_joints=0.1)
    found = next(batches(scored, kept, 8, rng(), augmentation=config, parents=skeleton.parents))[0]
    whole = next(batches(scored, kept, 8, rng(), augmentation=STILL, parents=skeleton.parents))[0]
    assert whole[..., 2].min() == whole[..., 2].max() and found[..., 2].min() < found[..., 2].max()


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_share_out_of_range(share):
    with pytest.raises(ValueError, match=f"drop_joints must be at least 0 and below 1, not {share}"):
        Augmentation(drop_joints=share)
