"""Windows of joined recordings: which frames they have, and that trainings without them stay what they were."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn_pruning.config import Augmentation
from hypgcn_pruning.recordings.data import batches
from hypgcn_pruning.recordings.joining import joined_window

STILL = Augmentation(degrees=0.0, tilt=0.0, random_times=False)


def numbered(start: int, frames: int) -> np.ndarray:
    """A clip of two persons whose coordinates are the numbers of its frames."""
    return np.broadcast_to(np.arange(start, start + frames, dtype=float)[None, :, None, None], (2, frames, 5, 3))


@pytest.mark.parametrize("frames", [1, 2, 7, 36])
@pytest.mark.parametrize("length", [1, 2, 5, 40, 200])
def test_frames_are_those_around_the_middle(frames, length):
    """The middle frame is one of the clip; its neighbours follow it; beyond its ends come ends and begins of others."""
    middles = set()
    for seed in range(60):
        asked = []

        def other(asked=asked):
            asked.append(numbered(1000 * (len(asked) + 1), 3))
            return asked[-1]

        window = joined_window(numbered(0, length), frames, other, np.random.default_rng(seed))
        assert window.shape == (2, frames, 5, 3)
        assert (window == window[:1, :, :1, :1]).all()
        times = window[0, :, 0, 0]
        middle = int(times[frames // 2])
        assert 0 <= middle < length
        middles.add(middle)
        wanted = np.arange(middle - frames // 2, middle - frames // 2 + frames)
        inside = (wanted >= 0) & (wanted < length)
        np.testing.assert_array_equal(times[inside], wanted[inside])
        earlier, later = times[wanted < 0], times[wanted >= length]
        # An earlier recording ends at the seam, a later one begins there.
        np.testing.assert_array_equal(earlier[::-1] % 1000, np.arange(2, 2 - len(earlier), -1) % 3)
        np.testing.assert_array_equal(later % 1000, np.arange(len(later)) % 3)
        assert len(asked) == -(-len(earlier) // 3) - (-len(later) // 3)
    assert len(middles) >= min(length, 30), "the middle is anywhere in the clip"


def test_share_of_windows(clips, preparation):
    """Of clips of constant coordinates a whole one stays constant, and a window that has others does not."""
    data = np.ones_like(clips.data) * np.arange(1, len(clips) + 1)[:, None, None, None, None]
    constant = replace(clips, data=data)
    still = replace(preparation, scale="none", centring="first", centre=0, parents=())

    def varying(share: float) -> float:
        found = np.concatenate([inputs for inputs, _ in batches(
            constant, still, 16, np.random.default_rng(3), passes=10,
            augmentation=replace(STILL, joined=share, joined_frames=400))])
        return float((np.ptp(found[:, 0, :, 1], axis=1) > 0).any(axis=1).mean())

    assert varying(0.0) == 0
    assert varying(0.3) == pytest.approx(0.3, abs=0.06)
    assert varying(1.0) == 1


def test_the_class_is_that_of_the_middle(clips, preparation):
    """Labels are those of the same batches without windows' share: a window has the class of the clip it is of."""
    def labels(share: float) -> list[int]:
        return [int(label) for _, found in batches(clips, preparation, 16, np.random.default_rng(3),
                                                   augmentation=replace(STILL, joined=share)) for label in found]

    assert labels(1.0) == labels(0.0)


def test_without_windows_no_random_number_is_drawn(clips, preparation):
    """So that trainings without them repeat what was trained before there were any."""
    plain = list(batches(clips, preparation, 16, np.random.default_rng(3), augmentation=STILL))
    other = list(batches(clips, preparation, 16, np.random.default_rng(3),
                         augmentation=replace(STILL, joined_frames=5)))
    for (a, _), (b, _) in zip(plain, other, strict=True):
        np.testing.assert_array_equal(a, b)
    drawn, state = np.random.default_rng(3), np.random.default_rng(3)
    next(batches(clips.take(np.arange(1)), preparation, 1, drawn, augmentation=STILL))
    state.permutation(1), state.uniform(1.0, 1), state.integers(0, 1)   # order and crop, as ever
    assert drawn.bit_generator.state == state.bit_generator.state


@pytest.mark.parametrize(("name", "value", "message"), [
    ("joined", -0.1, "at least 0 and at most 1, not -0.1"), ("joined", 1.5, "at least 0 and at most 1, not 1.5"),
    ("joined", True, "at least 0 and at most 1, not True"), ("joined", float("nan"), "at most 1, not nan"),
    ("joined_frames", 0, "an integer of at least 1, not 0"),
    ("joined_frames", 3.5, "an integer of at least 1, not 3.5"),
])
def test_settings_out_of_range(name, value, message):
    with pytest.raises(ValueError, match=f"{name} must be .*{message}"):
        Augmentation(**{name: value})
