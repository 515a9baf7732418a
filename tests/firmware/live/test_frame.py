"""What a joint of a stream is, and when it is missing."""

import numpy as np
import pytest

from hypgcn_host.live.frame import Frame, with_scores

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("time", [NAN, INF, -INF, "1", None, True])
def test_times_that_are_none(time):
    with pytest.raises(ValueError, match=f"time must be a finite number of seconds, not {time!r}"):
        Frame(time=time, people={})


def test_missing_joints_without_scores():
    joints = [[1, 2, 3], [0, 0, 0], [NAN, 2, 3], [1, INF, 3], [0, 0, 3]]
    assert with_scores(joints, scored=False).tolist() == [
        [1, 2, 3, 1], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 3, 1]]


def test_missing_joints_with_scores():
    joints = [[1, 2, 0.9], [1, 2, 0], [0, 0, 0.5], [1, 2, NAN], [1, 2, -1], [1, 2, 0.2]]
    assert with_scores(joints, scored=True, min_score=0.2).tolist() == [
        [1, 2, 0.9], [0, 0, 0], [0, 0, 0.5], [0, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_joints_of_another_shape():
    with pytest.raises(ValueError, match=r"joints must have the two dimensions \(joint, channel\), not 1"):
        with_scores(np.zeros(3), scored=False)
