from dataclasses import replace

import numpy as np
import pytest

from hypgcn_pruning.recordings.validation import validation_split


@pytest.fixture
def filmed(clips):
    """Clips of cameras 1 and 2 to train, camera 3 to test; every clip holds its own number."""
    index = np.arange(len(clips))
    view = index % 3 + 1
    return replace(clips, split=(view == 3).astype(np.uint8), numbers={"view": view, "clip": index})


@pytest.mark.parametrize("choice", ["view=2", "0.25", "clip=0"])
def test_no_test_clip_takes_part(filmed, choice):
    split = validation_split(filmed, choice)
    assert (split.numbers["view"] != 3).all()
    assert len(split) == (filmed.split == 0).sum()
    chosen = [set(split.part(part).numbers["clip"]) for part in (0, 1)]
    assert all(chosen)
    assert not chosen[0] & chosen[1]


def test_by_number(filmed):
    split = validation_split(filmed, "view=2")
    assert set(split.part(0).numbers["view"]) == {1}
    assert set(split.part(1).numbers["view"]) == {2}


def test_by_several_numbers(filmed):
    split = validation_split(filmed, "clip=0, 4")
    assert set(split.part(1).numbers["clip"]) == {0, 4} and len(split.part(0)) == (filmed.split == 0).sum() - 2


def test_by_share_of_each_class(filmed):
    split = validation_split(filmed, "0.25")
    training = filmed.part(0)
    np.testing.assert_array_equal(np.bincount(split.part(1).label), np.bincount(training.label) // 4)
    np.testing.assert_array_equal(split.split, validation_split(filmed, "0.25").split)


def test_empty_changes_nothing(filmed):
    assert validation_split(filmed, "") is filmed


@pytest.mark.parametrize(("choice", "match"), [
    ("camera=2", r"validate must name one of the numbers of the recordings \(view, clip\), not 'camera'"),
    ("view=3", "view of the training clips must be one of 1, 2, not '3'"), ("view=x", "must be one of 1, 2, not 'x'"),
    ("1.5", "a share above 0 and below 1, not '1.5'"), ("half", "not 'half'"),
    ("0.001", "to train and to validate: '0.001' holds out 0 of 48")])
def test_bad_choices(filmed, choice, match):
    with pytest.raises(ValueError, match=match):
        validation_split(filmed, choice)


def test_nothing_left_to_train(filmed):
    alone = replace(filmed, numbers={"view": np.where(filmed.split == 0, 1, 3)})
    with pytest.raises(ValueError, match="'view=1' holds out 48 of 48"):
        validation_split(alone, "view=1")
    with pytest.raises(ValueError, match="these have none"):
        validation_split(replace(filmed, numbers={}), "view=1")
