import numpy as np
import pytest

from hypgcn_pruning.network.predict import class_accuracy
from hypgcn_pruning.reports.class_figures import class_rows, confusion_matrix, mean_class_accuracy, top_k, weakest

LABELS, VOTES = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 0, 2, 1, 0, 0])


def test_top_k_by_hand():
    """Of equal scores the lower class comes first, as in a vote."""
    scores = np.array([[6, 5, 4, 3, 2, 1], [6, 5, 4, 3, 2, 1], [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]])
    assert top_k(scores, np.array([4, 5, 4, 5])) == 0.5
    assert top_k(scores, np.array([0, 1, 1, 0]), 1) == round(float((scores.argmax(1) == [0, 1, 1, 0]).mean()), 4)
    assert top_k(scores[:, :5], np.array([4, 3, 2, 1])) is None  # nothing could be wrong


def test_top_k_of_sums_of_any_size():
    scores = np.array([[(1 << 60) + k for k in range(6)]], dtype=object)
    assert top_k(scores, np.array([0])) == 0 and top_k(scores, np.array([1])) == 1


def test_confusion_by_hand():
    found = confusion_matrix(VOTES, LABELS, 4)
    assert found.tolist() == [[2, 0, 1, 0], [0, 1, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]]
    assert mean_class_accuracy(found) == pytest.approx((2 / 3 + 1 + 0) / 3, abs=1e-4)
    assert mean_class_accuracy(found) == pytest.approx(class_accuracy(VOTES, LABELS, 4), abs=1e-4)


def test_rows_of_classes():
    found = {"float": confusion_matrix(LABELS, LABELS, 4), "int8": confusion_matrix(VOTES, LABELS, 4)}
    assert class_rows(found, ["a", "b", "c", "d"]) == [
        {"name": "a", "clips": 3, "accuracy": {"float": 1.0, "int8": 0.6667}},
        {"name": "b", "clips": 1, "accuracy": {"float": 1.0, "int8": 1.0}},
        {"name": "c", "clips": 2, "accuracy": {"float": 1.0, "int8": 0.0}},
        {"name": "d", "clips": 0, "accuracy": {"float": None, "int8": None}}]
    assert class_rows(found, ())[3]["name"] == "3"


def test_the_weakest_are_named():
    assert weakest(confusion_matrix(VOTES, LABELS, 4), ["a", "b", "c", "d"]) == [
        "c 0.0 % of 2 clips, most often taken for a (2)", "a 66.7 % of 3 clips, most often taken for c (1)"]
    assert weakest(confusion_matrix(LABELS, LABELS, 4), ()) == []
