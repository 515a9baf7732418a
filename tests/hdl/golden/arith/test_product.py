"""Products by float64 are those by int64, and beyond 2^53 int64 is used."""

import numpy as np
import pytest

from hypgcn.golden.arith.product import product


@pytest.mark.parametrize("shapes", [((1, 1), (1, 1)), ((3, 5), (5, 2)), ((2, 3, 4), (4, 6)), ((3, 1, 5, 5), (7, 5, 4)),
                                    ((4, 0), (0, 3)), ((6, 8), (8,))])
@pytest.mark.parametrize("limit", [127, 1 << 20, 1 << 29])
def test_equal_to_int64(shapes, limit):
    rng = np.random.default_rng(limit)
    a, b = (rng.integers(-limit, limit, shape, endpoint=True) for shape in shapes)
    found = product(a, b)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, a @ b)


def test_sums_above_2_to_53_are_exact():
    a = np.array([[(1 << 30) + 1, 1]])
    b = np.array([[(1 << 23)], [1]])
    assert product(a, b).tolist() == [[((1 << 30) + 1) * (1 << 23) + 1]]
    smallest = np.array([[-(1 << 63)]])
    assert product(smallest, np.array([[1]])).tolist() == [[-(1 << 63)]]


def test_int8_operands_do_not_wrap():
    a = np.full((2, 300), -128, np.int8)
    assert (product(a, a.T) == 300 * 128 * 128).all()
