"""Codings of labels and splits."""

import warnings

import numpy as np
import pytest

from hypgcn_pruning.recordings.labels import checked_labels, checked_split


@pytest.mark.parametrize("label", [np.array([0, 2, 1]), np.array([0.0, 2.0, 1.0]), np.array([[0], [2], [1]]),
                                   np.array([[0, 2, 1]]), np.eye(3)[[0, 2, 1]], np.array(["0", " 2", "1"]),
                                   np.array([0, 2, 1], np.uint8), np.array([b"0", b"2", b"1"])])
def test_codings(label):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, names = checked_labels(label, (), "here")
    assert found.tolist() == [0, 2, 1] and found.dtype == np.int64 and names == ()


def test_names_keep_the_order_of_the_file():
    found, names = checked_labels(np.array(["b", "a"]), ("c", "b", "a"), "here")
    assert found.tolist() == [1, 2] and names == ("c", "b", "a")
    with pytest.raises(ValueError, match="here must be names of class_names, not b, x"):
        checked_labels(np.array(["b", "a", "x"]), ("a",), "here")


@pytest.mark.parametrize(("label", "match"), [
    (np.array([0, np.nan]), "here must be whole numbers from 0, but clip 1 has nan"),
    (np.array([0, 1j]), "must be whole numbers or names of classes, not of type complex"),
    (np.zeros((2, 2)), "one entry for each clip, or one-hot rows, not shape"),
    (np.eye(3) * 0.5, "one-hot rows")])
def test_bad_labels(label, match):
    with pytest.raises(ValueError, match=match):
        checked_labels(label, (), "here")


def test_the_first_label():
    assert checked_labels(np.array([1, 3]), (), "here", first=1)[0].tolist() == [0, 2]
    with pytest.raises(ValueError, match="here must be at least 1, the first class, not 0"):
        checked_labels(np.array([0, 3]), (), "here", first=1)


@pytest.mark.parametrize("label", [[0, 1, 2], [1, 1], [0, 0, 5], [2, 3, 4], [1, 2, 4]])
def test_no_suspicion(label):
    """One class, or classes of which half occur, are a part of the clips."""
    if label == [0, 0, 5]:
        with pytest.warns(UserWarning, match="only 2 have clips: 0, 5"):
            checked_labels(np.array(label), (), "here")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked_labels(np.array(label), (), "here")
        checked_labels(np.array([1, 2]), tuple("abc"), "here")
        checked_labels(np.array([1, 2]), (), "here", first=0)


@pytest.mark.parametrize("split", [[0, 1], [False, True], [0.0, 1.0], ["train", "test"], ["Training", "val"],
                                   ["0", "1"]])
def test_splits(split):
    assert checked_split(np.array(split), "here").tolist() == [0, 1]


@pytest.mark.parametrize(("split", "found"), [([0, 2], "0, 2"), ([1, 2], "1, 2"), (["a", "b"], "a, b"),
                                              (["train", "val", "test"], "test, train, val"), ([-1, 1], "-1, 1")])
def test_other_splits(split, found):
    with pytest.raises(ValueError, match=rf"here must be 0 \(training\) or 1 \(test\), .*, not {found}"):
        checked_split(np.array(split), "here")
