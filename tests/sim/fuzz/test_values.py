"""Random vectors hold what breaks units: ends of the range, values at the threshold, empty and full vectors, runs."""

import numpy as np

from hypgcn_sim.fuzz.values import random_runs, random_vectors


def test_vectors_are_not_uniform_only():
    theta = np.repeat([3, 90], 1000)
    found = random_vectors(np.random.default_rng(1), 2000, theta)
    assert found.shape == (2000, 16) and found.min() == -128 and found.max() == 127
    for part, value in ((found[:1000], 3), (found[1000:], 90)):
        for near in (value - 1, value, value + 1, -value + 1, -value, -value - 1):
            assert np.count_nonzero(part == near) > 200, near
    ones = np.bincount(np.count_nonzero(found, axis=1), minlength=17)
    assert (ones > 15).all() and ones[0] > 100 and ones[1] > 100 and ones[16] > 200
    assert np.count_nonzero((found == found[:, :1]).all(axis=1) & (found[:, 0] != 0)) > 20
    assert np.count_nonzero((found[1:] == found[:-1]).all(axis=1) & found[1:].any(axis=1)) > 20


def test_the_threshold_of_128_values_stays_in_range():
    assert random_vectors(np.random.default_rng(1), 100, 127).min() == -128


def test_runs_repeat_choices():
    found = random_runs(np.random.default_rng(1), 10_000, [3, 5], 10)
    assert set(found) == {3, 5}
    assert 300 < np.count_nonzero(np.diff(found)) < 700     # half of the thousand runs are the one before again
    assert random_runs(np.random.default_rng(1), 1, [7], 10).tolist() == [7]
