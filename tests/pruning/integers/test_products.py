"""Products and requantisation against Python's integers, at the ends of what floats hold exactly."""

import numpy as np
import pytest
import torch

from hypgcn_pruning.integers.products import Product, Requant, float_of


def test_the_narrowest_exact_float():
    assert float_of(1 << 24, "x") == torch.float32 and float_of((1 << 24) + 1, "x") == torch.float64
    assert float_of(1 << 53, "x") == torch.float64
    with pytest.raises(OverflowError, match=r"a sum must stay within 2\^53 to be exact in float64, but may reach "
                                            "9007199254740993"):
        float_of((1 << 53) + 1, "a sum")


@pytest.mark.parametrize("inputs", [1, 512, 1032, 1033, 4000])
@pytest.mark.parametrize("sign", [1, -1])
def test_products_at_their_bound(inputs, sign):
    """The largest sums that there are, and an odd one beside them, which float32 would round above 2^24."""
    weight = np.full((inputs, 2), 127, np.int8)
    weight[0, 1] = 126
    product = Product(weight, 128)
    assert product.bound == inputs * 127 * 128
    assert product.dtype == (torch.float32 if product.bound <= 1 << 24 else torch.float64)
    x = np.full((3, inputs), 127 * sign, np.int64)
    x[1, -1] -= sign
    found = product(torch.from_numpy(x).float())
    assert found.long().tolist() == (x @ weight.astype(np.int64)).tolist()


def test_a_product_without_inputs():
    assert Product(np.zeros((0, 3), np.int8), 128)(torch.zeros(2, 0)).tolist() == [[0, 0, 0]] * 2


@pytest.mark.parametrize("shift", [1, 2, 15, 31])
def test_requant_against_integers(shift):
    rng = np.random.default_rng(shift)
    mult = rng.integers(0, 65536, 5)
    mult[:2] = 65535, 0
    bias = rng.integers(-(1 << 45), 1 << 45, 5)
    acc = rng.integers(-(1 << 26), 1 << 26, (200, 5))
    acc[:4] = [[-1], [0], [1 << 26], [-(1 << 26)]]
    # Sums near the clamped range, where every digit counts.
    ends = np.array([60, 61, 0]) * (1 << shift) - np.array([0, 1, 1])
    bias[2:] = ends - acc[100, 2:] * mult[2:] - (1 << (shift - 1))
    res, res_mult, res_shift = rng.integers(-128, 128, (200, 3)), 4095, 12
    res[100] = 0
    found = Requant(mult, bias, shift, -128, 127, 1 << 26, res_mult, res_shift)(
        torch.from_numpy(acc).double(), torch.from_numpy(res).float())
    for row, values, added in zip(found.long().tolist(), acc.tolist(), res.tolist()):
        for k, (value, m, b) in enumerate(zip(values, mult.tolist(), bias.tolist())):
            total = value * m + b + ((added[k] * res_mult) << res_shift if k < 3 else 0)
            assert row[k] == max(-128, min(127, (total + (1 << (shift - 1))) >> shift))
    assert found[100, 2:].tolist() == [60, 60, -1]


def test_sums_that_float64_would_round():
    with pytest.raises(OverflowError, match="a sum before requantisation must stay within"):
        Requant(np.array([65535]), np.array([1 << 53]), 8, 0, 127, 1 << 26)
