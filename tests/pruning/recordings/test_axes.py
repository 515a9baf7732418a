"""Which axis is which: every order of the axes of likely shapes is recognised, asked for, or as documented."""

from itertools import permutations

import numpy as np
import pytest

from hypgcn_pruning.recordings.axes import ORDER, in_order, readings


def array(**sizes):
    sizes = {"N": 40, "C": 3, "T": 70, "V": 25, "M": 1, **sizes}
    return np.arange(np.prod(list(sizes.values()))).reshape([sizes[letter] for letter in ORDER])


@pytest.mark.parametrize("order", ["".join(p) for p in permutations(ORDER)])
def test_one_person_in_any_order(order):
    """70 frames are more than there can be joints, so that the sizes leave one reading."""
    right = array()
    found = in_order(right.transpose([ORDER.index(letter) for letter in order]), 40, None, "a")
    np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("sizes", [{}, {"T": 25}, {"T": 3}, {"T": 1}, {"T": 40}, {"M": 2}, {"V": 7}, {"V": 7, "T": 25},
                                   {"N": 25}, {"N": 64}, {"C": 2}, {"C": 4}, {"C": 1, "V": 7}, {"V": 70, "C": 6},
                                   {"M": 4}, {"C": 2, "M": 1}])
def test_the_documented_order_is_taken_where_it_fits(capsys, sizes):
    right = array(**sizes)
    np.testing.assert_array_equal(in_order(right, len(right), None, "a"), right)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(("sizes", "order"), [({"M": 2}, "NMTVC"), ({"C": 2, "M": 2}, "NCTVM"),
                                              ({"C": 2, "M": 2}, "NMTVC"), ({"V": 20, "T": 30}, "NCVTM")])
def test_doubts_are_asked_for(sizes, order):
    right = array(**sizes)
    given = right.transpose([ORDER.index(letter) for letter in order])
    with pytest.raises(ValueError, match=f"in several ways: say which by .*--axes {order}: "):
        in_order(given, 40, None, "a")
    np.testing.assert_array_equal(in_order(given, 40, order, "a"), right)


def test_without_persons():
    right = array()
    np.testing.assert_array_equal(in_order(right[..., 0].transpose(0, 2, 3, 1), 40, None, "a"), right)
    np.testing.assert_array_equal(in_order(right[..., 0], 40, "NCTV", "a"), right)


@pytest.mark.parametrize(("shape", "axes", "match"), [
    ((4, 3, 8), None, "a must have the five dimensions .*, or four without persons, not 3"),
    ((4, 3, 8, 25, 1), "NCTV", "axes must name the 5 axes of a, not 'NCTV'"),
    ((4, 3, 8, 25, 1), "NCTVV", "axes must be the letters N .*, not 'NCTVV'"),
    ((4, 3, 8, 25, 1), "CNTVM", "must give a as many clips as there are labels, 4, not 3"),
    ((4, 9, 8, 70), None, r"no order of its shape \(4, 9, 8, 70\) has 4 clips")])
def test_bad_axes(shape, axes, match):
    with pytest.raises(ValueError, match=match):
        in_order(np.zeros(shape), 4, axes, "a")


def test_readings_of_one_person_are_counted_once():
    assert readings((40, 3, 64, 25, 1), 40, likely=True) == ["NCTVM"]
