"""Golden twin of ``hypgcn.rfc.store``."""

import numpy as np

from hypgcn.design import MINI_BANK, MINI_BANKS, split_banks

__all__ = ["store_row", "store", "row_usage"]


def row_usage(rows):
    """Entries that rows need in each mini-bank.

    Parameters
    ----------
    rows : (..., V, C)

    Returns
    -------
    np.ndarray int (..., MINI_BANKS)
        For mini-bank j the vectors of the row with more than ``4 j`` non-zeros.
    """
    counts = np.count_nonzero(split_banks(np.asarray(rows) != 0), axis=-1)
    return (counts[..., None] > MINI_BANK * np.arange(MINI_BANKS)).sum(axis=(-3, -2))


def store_row(row, depths):
    """What readers see of the row (V, C), and how many of its vectors lost values."""
    row = np.asarray(row, np.int64)
    if (row_usage(row) <= np.asarray(depths)).all():
        return row, 0
    vectors = split_banks(row)
    used = [0] * MINI_BANKS
    lost = 0
    for joint in range(vectors.shape[0]):
        for bank in range(vectors.shape[1]):
            where = np.flatnonzero(vectors[joint, bank])
            for j in range(-(-len(where) // MINI_BANK)):
                if used[j] == depths[j]:
                    vectors[joint, bank, where[MINI_BANK * j:]] = 0
                    lost += 1
                    break
                used[j] += 1
    return vectors.reshape(row.shape[0], -1)[:, :row.shape[1]], lost


def store(x, depths):
    """:func:`store_row` of each row of (T, V, C); the second result counts per row, (T,)."""
    rows = [store_row(row, depths) for row in x]
    return np.stack([row for row, _ in rows]), np.array([lost for _, lost in rows])
