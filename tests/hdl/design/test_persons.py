"""Case 31: whom a network for few persons gets."""

import numpy as np
import pytest

from hypgcn.design.persons import match_persons


def clip_of(*frames):
    """A clip of ten frames with a person seen in the first so many frames at each place; coordinates name it."""
    data = np.zeros((len(frames), 10, 4, 3))
    for person, count in enumerate(frames):
        data[person, :count] = person + 1
    return data


@pytest.mark.parametrize(("frames", "persons", "kept"), [
    ((10, 10), 1, [1]), ((10, 0), 1, [1]), ((0, 10), 1, [2]), ((2, 10), 1, [2]), ((5, 10), 1, [1]),
    ((0, 3, 10), 1, [3]), ((0, 0), 1, [0]), ((0, 10, 10), 2, [2, 3]), ((10, 0, 10), 2, [1, 3]), ((10, 0, 0), 2, [1, 0]),
    ((1, 2, 10), 2, [2, 3]), ((10, 10), 2, [1, 2]), ((0, 10), 2, [0, 2]), ((10,), 2, [1, 0])])
def test_those_who_are_there(frames, persons, kept):
    """The first places count, but for absent persons and those of a few frames, where there are too few places."""
    clip = clip_of(*frames)
    found = match_persons(clip, persons)
    assert found.max(axis=(1, 2, 3)).tolist() == kept and found.dtype == clip.dtype
