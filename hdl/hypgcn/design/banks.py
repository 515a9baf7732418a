"""Channels in banks of 16, and the mini-banks of a row store: how many there are, and arrays cut into them."""

import numpy as np

__all__ = ["BANK", "MINI_BANK", "MINI_BANKS", "bank_count", "split_banks"]

BANK = 16
"""Channels of one vector: the unit of runtime feature compression and of the cavity patterns."""
MINI_BANKS = 4
"""Mini-banks of a row store."""
MINI_BANK = BANK // MINI_BANKS
"""Values of a compressed vector that one entry of a mini-bank holds."""


def bank_count(channels: int) -> int:
    """Banks that ``channels`` channels fill; the last one may be filled in part."""
    return -(-channels // BANK)


def split_banks(array: np.ndarray) -> np.ndarray:
    """The last axis of ``array`` in banks.

    Parameters
    ----------
    array : (..., channels)
        Of any type.

    Returns
    -------
    np.ndarray (..., banks, BANK)
        A copy of the same type, zero beyond the last channel.
    """
    channels = array.shape[-1]
    banks = np.zeros((*array.shape[:-1], bank_count(channels) * BANK), array.dtype)
    banks[..., :channels] = array
    return banks.reshape(*array.shape[:-1], -1, BANK)
