"""Which persons of a recording a network for fewer gets."""

from dataclasses import replace

import numpy as np
import pytest

from hypgcn_pruning.recordings.data import Clips
from hypgcn_pruning.recordings.persons import choose_persons


def clip_of(*frames):
    """One clip of ten frames with a person seen in the first so many frames at each place; coordinates name it."""
    data = np.zeros((1, 3, 10, 4, len(frames)), np.float32)
    for person, count in enumerate(frames):
        data[:, :, :count, :, person] = person + 1
    return Clips(data=data, length=np.array([10]), label=np.array([0]), classes=1, split=np.zeros(1, np.uint8))


@pytest.mark.parametrize(("frames", "persons", "kept"), [
    ((10, 10), 1, [1]), ((0, 10), 1, [2]), ((2, 10), 1, [2]), ((10, 0, 10), 2, [1, 3]), ((10, 10), 2, [1, 2]),
    ((10,), 2, [1])])
def test_those_who_are_there(frames, persons, kept):
    """Case 31: the first places count, but for absent persons and for those of a few frames."""
    found = choose_persons(clip_of(*frames), persons)
    assert found.clip(0).max(axis=(1, 2, 3)).tolist() == kept


@pytest.mark.parametrize(("frames", "persons", "text"), [
    ((0, 10), 1, "film: in 1 of 1 clips the first place is empty or nearly so, and the person who is there is taken"),
    ((10, 0, 10), 2, "film: in 1 of 1 clips the first places are empty or nearly so, and those who are there are"),
    ((10, 10), 1, "film: 1 of 1 clips have more than the network's 1 person, and the others are left out; --persons 2"),
    ((10, 0), 1, ""), ((10, 10), 2, "")])
def test_what_is_done_is_said(capsys, frames, persons, text):
    """Cases 31 and 32."""
    choose_persons(clip_of(*frames), persons, "film")
    said = capsys.readouterr().err
    assert text in said and bool(said) == bool(text)


def test_frames_behind_the_end_do_not_count():
    found = replace(clip_of(10, 10), length=np.array([4]))
    found.data[:, :, :4, :, 0] = 0
    assert choose_persons(found, 1).clip(0).max() == 2
