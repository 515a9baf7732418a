import numpy as np
import pytest

from hypgcn_pruning.recordings.balance import balanced_order, class_weights


def test_all_classes_weigh_the_same():
    labels = np.array([0] * 18 + [1] * 2 + [3])
    weights = class_weights(labels, 5)
    assert weights[[2, 4]].tolist() == [0, 0]
    assert [weights[k] * (labels == k).sum() for k in (0, 1, 3)] == pytest.approx([7, 7, 7])
    assert weights[labels].mean() == pytest.approx(1)


@pytest.mark.parametrize("counts", [(18, 2, 1, 1), (7, 7, 7), (1, 50), (5, 0, 3), (1, 1, 1)])
def test_as_many_clips_of_each_class(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    order = balanced_order(labels, np.random.default_rng(0))
    assert len(order) == len(labels)
    drawn = np.bincount(labels[order], minlength=len(counts))[np.array(counts) > 0]
    assert drawn.max() - drawn.min() <= 1
    for label in np.flatnonzero(counts):
        each = np.bincount(order, minlength=len(labels))[labels == label]
        assert each.max() - each.min() <= 1


def test_orders_follow_from_the_seed():
    labels = np.repeat([0, 1], [9, 2])
    one, two, other = (balanced_order(labels, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one == two).all() and (one != other).any()
    assert (np.sort(labels[one]) != labels[one]).any()  # classes are mixed
