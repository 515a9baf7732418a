"""Checks of fields and tensors: each mistake has its text."""

import numpy as np
import pytest

from hypgcn.design.checks import bits_signed, check_choice, check_range, check_tensor


@pytest.mark.parametrize("magnitude,bits", [(0, 1), (1, 2), (127, 8), (128, 9), (255, 9), (256, 10)])
def test_bits_signed(magnitude, bits):
    assert bits_signed(magnitude) == bits
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1
    assert low <= -magnitude and magnitude <= high


@pytest.mark.parametrize("value", [0, 5])
def test_range_takes_its_ends(value):
    check_range("x", value, 0, 5)


@pytest.mark.parametrize("value,error,text", [
    (-1, ValueError, "x must be in 0..5, not -1"), (6, ValueError, "x must be in 0..5, not 6"),
    (1.0, TypeError, "x must be an integer, not 1.0"), (True, TypeError, "x must be an integer, not True"),
    ("1", TypeError, "x must be an integer, not '1'")])
def test_range(value, error, text):
    with pytest.raises(error, match=text):
        check_range("x", value, 0, 5)


def test_choice():
    check_choice("x", "a", ("a", "b"))
    with pytest.raises(ValueError, match="x must be one of 'a', 'b', not 'c'"):
        check_choice("x", "c", ("a", "b"))


@pytest.mark.parametrize("value,error,text", [
    ([1], TypeError, "x must be a NumPy array, not list"),
    (np.zeros(3, np.int8), ValueError, r"x must have shape \(2,\), not \(3,\)"),
    (np.zeros(2, np.int16), ValueError, "x must be int8, not int16"),
    (np.array([0, 9], np.int8), ValueError, r"x must be in -5..5, not 0..9")])
def test_tensor(value, error, text):
    check_tensor("x", np.array([-5, 5], np.int8), (2,), np.int8, -5, 5)
    with pytest.raises(error, match=text):
        check_tensor("x", value, (2,), np.int8, -5, 5)
