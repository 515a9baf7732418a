import numpy as np
import pytest

from hypgcn.design.banks import BANK, MINI_BANK, MINI_BANKS, bank_count, split_banks


@pytest.mark.parametrize(("channels", "banks"), [(0, 0), (1, 1), (15, 1), (16, 1), (17, 2), (32, 2), (33, 3)])
def test_counts_banks(channels, banks):
    assert bank_count(channels) == banks


@pytest.mark.parametrize("channels", [1, 15, 16, 17, 33])
@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int64])
def test_split_keeps_order_and_type_and_fills_with_zeros(channels, dtype):
    array = (np.arange(2 * 3 * channels).reshape(2, 3, channels) % 5).astype(dtype)
    banks = split_banks(array)
    assert banks.shape == (2, 3, bank_count(channels), BANK) and banks.dtype == dtype
    flat = banks.reshape(2, 3, -1)
    np.testing.assert_array_equal(flat[..., :channels], array)
    assert not flat[..., channels:].any()


def test_split_is_a_copy():
    array = np.ones(BANK, np.uint8)
    split_banks(array)[:] = 0
    assert array.all()


def test_mini_banks_share_a_vector():
    assert MINI_BANK * MINI_BANKS == BANK
