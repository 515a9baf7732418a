import math

import numpy as np
import pytest
import torch

from hypgcn.arith.requant import signed_digits
from hypgcn_pruning.integers.quantise import _shortcut
from hypgcn_pruning.integers.scales import SCALE_BITS, best_scale, ceil_log2, floor_log2, rounded, shortcut_scale


def test_best_scale():
    assert best_scale(torch.zeros(5), 0.4) > 0
    values = torch.cat([torch.rand(100000), torch.tensor([1.3])])
    assert 0.9 / 127 < best_scale(values, 0.4) < 1.1 / 127
    assert best_scale(values, 1.0) == pytest.approx(1.3 / 127, rel=2.0**-SCALE_BITS)


def test_steps_have_few_significant_bits():
    for scale in (1 / 127, 3.538061759247798e-06, 12345.678):
        short = rounded(scale)
        assert short == pytest.approx(scale, rel=2.0**-SCALE_BITS)
        assert math.frexp(short)[0] * 2**SCALE_BITS % 1 == 0
        assert rounded(scale * (1 + 1e-13)) == short


def test_of_equal_errors_the_smallest_step_is_taken():
    """-127 is on the grid of 127/128 (step -128) and of 1: both errors are 0, or what the last bits leave."""
    for last_bits in (0, 1e-15, -1e-15):
        values = torch.tensor([0.0, -127.0], dtype=torch.float64) * (1 + last_bits)
        assert best_scale(values, 127 / 128, steps=2) == 127 / 128


@pytest.mark.parametrize("ratio", [*np.geomspace(0.001, 50, 97).tolist(), 1.0, 1.375, 1.0004, 1.9996])
def test_shortcuts_take_one_addition(ratio):
    """The multiplier that the design gets has at most two signed digits; the step moves by less than a tenth."""
    scale = rounded(0.0123)
    found = shortcut_scale(scale, ratio * scale)
    assert 1 / 1.1 < found / scale < 1.1
    mult, _ = _shortcut(ratio * scale / found, 20)
    assert len(signed_digits(mult)) <= 2


def test_a_step_that_fits_is_kept():
    assert shortcut_scale(0.5, 0.75) == 0.5
    assert shortcut_scale(1.0, 1.7) == pytest.approx(1.7 / 1.75)


@pytest.mark.parametrize("value", [1e-30, 0.5, 0.75, 1.0, 1 - 2**-53, 1 + 2**-52, 2.0**40, 2.0**40 - 1, 3.0])
def test_logarithms_are_exact(value):
    assert 2.0**floor_log2(value) <= value < 2.0 ** (floor_log2(value) + 1)
    assert 2.0 ** (ceil_log2(value) - 1) < value <= 2.0 ** ceil_log2(value)
