"""Checks of fields and tensors: each mistake has its text."""

import numpy as np
import pytest

from hypgcn.design.checks import (
    bits_signed,
    check_choice,
    check_hash,
    check_identifier,
    check_int,
    check_limit,
    check_number,
    check_range,
    check_tensor,
)
from hypgcn.design.limits import JOINTS, WIDTHS


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


@pytest.mark.parametrize("value,error,text", [
    (0, ValueError, "depth must be at least 1, not 0"), (4.0, TypeError, "depth must be an integer, not 4.0"),
    (True, TypeError, "depth must be an integer, not True"), ("4", TypeError, "depth must be an integer, not '4'")])
def test_int(value, error, text):
    check_int("depth", 1, 1)
    with pytest.raises(error, match=text):
        check_int("depth", value, 1)


def test_limit():
    check_limit("joints", JOINTS.low, JOINTS)
    check_limit("joints", JOINTS.high, JOINTS)
    with pytest.raises(ValueError, match=f"joints must be in {JOINTS.text}, not {JOINTS.high + 1}"):
        check_limit("joints", JOINTS.high + 1, JOINTS)


def test_number():
    check_number("mhz", 1, 1, 1000)
    check_number("mhz", 0.5, 0, 1)
    with pytest.raises(ValueError, match="mhz must be in 1..1000, not 0.5"):
        check_number("mhz", 0.5, 1, 1000)
    for value in (True, "1"):
        with pytest.raises(TypeError, match=f"mhz must be a number, not {value!r}"):
            check_number("mhz", value, 1, 1000)


@pytest.mark.parametrize("value", ["1x", "", "a b", "a-b", "\u00e4", None])
def test_identifier(value):
    check_identifier("name", "_core1")
    with pytest.raises(ValueError, match=f"name must be a Verilog identifier, not {value!r}"):
        check_identifier("name", value)


@pytest.mark.parametrize("value", ["abc", "g" * 16, "0x12345678901234", None])
def test_hash(value):
    check_hash("hash", "0123456789abcdef")
    with pytest.raises(ValueError, match=f"hash must be at least 16 hexadecimal digits, not {value!r}"):
        check_hash("hash", value)


def test_choice_of_a_limit():
    with pytest.raises(ValueError, match="width must be one of 2, 4, 8, 16, not 3"):
        check_choice("width", 3, WIDTHS)


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
