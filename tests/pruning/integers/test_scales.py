import math

import pytest
import torch

from hypgcn_pruning.integers.scales import SCALE_BITS, best_scale, ceil_log2, floor_log2, rounded


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


@pytest.mark.parametrize("value", [1e-30, 0.5, 0.75, 1.0, 1 - 2**-53, 1 + 2**-52, 2.0**40, 2.0**40 - 1, 3.0])
def test_logarithms_are_exact(value):
    assert 2.0**floor_log2(value) <= value < 2.0 ** (floor_log2(value) + 1)
    assert 2.0 ** (ceil_log2(value) - 1) < value <= 2.0 ** ceil_log2(value)
