"""Case 41: what is said of uneven classes, and of test clips that prove little."""

import warnings

import numpy as np
import pytest

from hypgcn_pruning.network.predict import class_accuracy
from hypgcn_pruning.recordings.class_counts import check_training_clips, class_counts, seen_in_training
from hypgcn_pruning.recordings.data import Clips


def clips(train, test, names=(), seed=0):
    """Random clips, so many of each class for training and for the test."""
    label = np.concatenate([np.repeat(np.arange(len(part)), part) for part in (train, test)])
    data = np.random.default_rng(seed).normal(size=(len(label), 3, 4, 5, 1)).astype(np.float32)
    return Clips(data=data, length=np.full(len(label), 4), label=label, classes=len(train), class_names=names,
                 split=np.repeat([0, 1], [sum(train), sum(test)]).astype(np.uint8))


def test_counts_are_shown(capsys):
    found = clips((18, 2, 1, 1), (5, 1, 1, 1), ("a", "b", "c", "d"))
    assert class_counts(found) == {"a": [18, 5], "b": [2, 1], "c": [1, 1], "d": [1, 1]}
    check_training_clips(found, "film")
    assert "film: 22 training + 8 test clips; by class: a 18 + 5, b 2 + 1, c 1 + 1, d 1 + 1" in capsys.readouterr().err
    check_training_clips(clips((1,) * 20, (1,) * 20), "film")
    assert "11 1 + 1 and 8 more" in capsys.readouterr().err
    assert list(class_counts(clips((1, 1), (1, 1), ("a", "a")))) == ["0 a", "1 a"]


@pytest.mark.parametrize(("train", "said"), [((18, 2, 1, 1), "a has 18.0 times the training clips of c"),
                                             ((2, 2, 6, 3), "c has 3.0 times the training clips of a"),
                                             ((2, 2, 5, 3), "")])
def test_uneven_classes_are_said(train, said, capsys):
    check_training_clips(clips(train, (1, 1, 1, 1), ("a", "b", "c", "d")), "film")
    found = capsys.readouterr().err
    assert said in found and ("--balance draw or weights" in found) == bool(said)


@pytest.mark.parametrize(("train", "test", "match"), [
    ((3, 0, 3), (1, 1, 1), "film: 1 of 3 classes have no training clip and cannot be learned: 1"),
    ((3, 3, 3), (0, 2, 0), "film: the 2 test clips are of 1 of 3 classes, .* none of 0, 2")])
def test_missing_classes(train, test, match):
    with pytest.warns(UserWarning, match=match):
        check_training_clips(clips(train, test), "film")


def test_clips_in_both_parts():
    found = clips((3, 3), (2, 2))
    found.data[-1] = found.data[0]
    with pytest.warns(UserWarning, match="film: 1 of 4 test clips are training clips as well"):
        check_training_clips(found, "film")
    assert seen_in_training(found).tolist() == [False, False, False, True]


@pytest.mark.parametrize(("train", "test"), [((3, 3), (0, 0)), ((0, 0), (1, 1))])
def test_a_part_without_clips(train, test, capsys):
    """No training clips are an error elsewhere; no test clips are said."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_training_clips(clips(train, test), "film")
    said = "film: there is no test clip: accuracies are of the training clips" in capsys.readouterr().err
    assert said == (test == (0, 0))


def test_every_class_counts_alike():
    votes, labels = np.array([0, 0, 0, 0, 0, 1]), np.array([0, 0, 0, 0, 1, 1])
    assert class_accuracy(votes, labels, 3) == pytest.approx((1 + 0.5) / 2)
