"""Persons who are listed in any order keep their places."""

import numpy as np
import pytest

from hypgcn_pruning.recordings.readers.tracking import GAP, tracks

BODY = np.random.default_rng(0).normal(size=(17, 2)) * 40


def person(x, number=1.0):
    """A body of 17 points about (x, 300), whose scores are ``number``."""
    return np.column_stack([BODY + (x, 300), np.full(17, number)])


def numbers(track):
    return [sorted(set(frame[:, 2].tolist())) for frame in track]


@pytest.mark.parametrize("far", [400, 250])
def test_two_people_who_swap_places(far):
    """Case 22: they walk past each other, and the detector lists them in another order from frame to frame."""
    rng = np.random.default_rng(1)
    frames = []
    for t in range(60):
        pair = [person(100 + far * t / 59, 0.5), person(100 + far - far * t / 59, 1.0)]
        frames.append([pair[i] for i in rng.permutation(2)])
    found = tracks(frames, 2)
    assert len(found) == 2
    assert sorted(map(str, map(numbers, found))) == sorted(map(str, ([[0.5]] * 60, [[1.0]] * 60)))


def test_the_order_of_the_list_alone_would_swap_them():
    """A fault planted: without tracking the first person of each frame is two people."""
    frames = [[person(100, 0.5), person(500, 1.0)][::1 if t % 2 else -1] for t in range(10)]
    assert len({persons[0][0, 2] for persons in frames}) == 2
    assert all(len({frame[0, 2] for frame in track}) == 1 for track in tracks(frames, 2))


def test_gaps():
    """Who comes back within a second goes on; who comes back later, or far away, is somebody else."""
    frames = [[person(100)]] * 3 + [[]] * 10 + [[person(105)]] * 3
    (found,) = tracks(frames, 2)
    assert not found[3:13].any() and found[13:].any()
    assert len(tracks([[person(100)]] * 3 + [[]] * (GAP + 1) + [[person(100)]], 2)) == 2
    assert len(tracks([[person(100)]] * 3 + [[person(5000)]] * 3, 2)) == 2


def test_who_is_seen_longest_comes_first():
    found = tracks([[person(900, 0.5)], [person(900, 0.5), person(100)], [person(100)], [person(100)]], 2)
    assert [track[2, 0, 2] for track in found] == [1, 0]


def test_identities_count_where_they_are_given():
    frames = [[person(100, 0.5), person(500, 1.0)], [person(500, 0.5), person(100, 1.0)]]
    found = tracks(frames, 2, [[7, 9], [7, 9]])
    assert [numbers(track) for track in found] == [[[0.5]] * 2, [[1.0]] * 2]


def test_joints_that_are_not_there():
    """Only joints that both poses have are compared; poses without any are nobody."""
    half, other = person(100), person(102)
    half[:9], other[9:] = 0, 0
    assert len(tracks([[person(100)], [half], [person(101)]], 2)) == 1
    assert len(tracks([[half], [other]], 2)) == 2
    assert tracks([[np.zeros((17, 3))], []], 2) == [] and tracks([], 2) == []
