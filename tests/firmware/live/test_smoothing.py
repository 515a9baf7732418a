"""Probabilities over time."""

import numpy as np
import pytest

from hypgcn_host.live.smoothing import Smoothing, softmax


def test_softmax_of_large_logits():
    np.testing.assert_allclose(softmax(np.array([1e4, 1e4 - np.log(3), -1e9])), [0.75, 0.25, 0])


def test_the_mean_depends_on_time_and_not_on_the_number_of_answers():
    many, few = Smoothing(0.5), Smoothing(0.5)
    many.add(0.0, np.array([1.0, 0.0]))
    few.add(0.0, np.array([1.0, 0.0]))
    for n in range(1, 31):
        found = many.add(n / 30, np.array([0.0, 1.0]))
    np.testing.assert_allclose(found, few.add(1.0, np.array([0.0, 1.0])))
    assert found[0] == pytest.approx(np.exp(-2))


def test_no_smoothing():
    smoothing = Smoothing(0)
    smoothing.add(0.0, np.array([1.0, 0.0]))
    assert smoothing.add(0.1, np.array([0.2, 0.8])).tolist() == [0.2, 0.8]
