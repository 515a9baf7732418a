"""Some joints of many."""

import numpy as np
import pytest

from hypgcn_pruning.recordings.data import Clips
from hypgcn_pruning.recordings.readers.points import POINTS, with_points


def clips(joints):
    data = np.random.default_rng(0).normal(size=(2, 3, 4, joints, 1)).astype(np.float32)
    return Clips(data=data, length=np.array([4, 2]), label=np.array([0, 1]), classes=2, split=np.zeros(2, np.uint8))


@pytest.mark.parametrize("points", POINTS)
def test_parts_of_the_whole_body_fit_a_network(points):
    assert with_points(clips(133), points, "here").joints == len(POINTS[points][0]) <= 64


def test_numbers():
    found = with_points(clips(70), "3, 60-62", "here")
    np.testing.assert_array_equal(found.clip(1), clips(70).clip(1)[:, :, [3, 60, 61, 62]])
    few = clips(20)
    assert with_points(few, None, "here") is few


@pytest.mark.parametrize(("joints", "points", "match"), [
    (133, "0-80", "here must have at most the 64 joints of a network, not 81; --points chooses some: body, "),
    (70, None, "not 70; --points chooses some: numbers such as 0-16,20"),
    (20, "body", "points must be numbers such as 0-16,20 for the 20 joints of here, not 'body'"),
    (20, "a-b", "points must be one of body, .* or numbers such as 0-16,91-111, not 'a-b'"),
    (20, "0-20", r"points must be joints in 0\.\.19 of here, each once, not '0-20'"), (20, "1,1", "each once")])
def test_bad_points(joints, points, match):
    with pytest.raises(ValueError, match=match):
        with_points(clips(joints), points, "here")
