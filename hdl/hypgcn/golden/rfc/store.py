"""Golden twin of ``hypgcn.rfc.store``."""

import numpy as np

from hypgcn.design import BANK, MINI_BANKS

from .encoder import to_vectors

__all__ = ["store_row", "store", "row_usage"]

MINI = BANK // MINI_BANKS


def row_usage(row):
    """Entries that the row (V, C) needs in each mini-bank: vectors with more than ``4 j`` non-zeros, (MINI_BANKS,)."""
    counts = np.count_nonzero(to_vectors(np.asarray(row)), axis=2)
    return np.array([(counts > MINI * j).sum() for j in range(MINI_BANKS)])


def store_row(row, depths):
    """What readers see of the row (V, C), and how many of its vectors lost values."""
    row = np.asarray(row, np.int64)
    if (row_usage(row) <= np.asarray(depths)).all():
        return row, 0
    vectors = to_vectors(row)
    used = [0] * MINI_BANKS
    lost = 0
    for joint in range(vectors.shape[0]):
        for bank in range(vectors.shape[1]):
            where = np.flatnonzero(vectors[joint, bank])
            for j in range(-(-len(where) // MINI)):
                if used[j] == depths[j]:
                    vectors[joint, bank, where[MINI * j:]] = 0
                    lost += 1
                    break
                used[j] += 1
    return vectors.reshape(row.shape[0], -1)[:, :row.shape[1]], lost


def store(x, depths):
    """:func:`store_row` of each row of (T, V, C); the second result counts per row, (T,)."""
    rows = [store_row(row, depths) for row in x]
    return np.stack([row for row, _ in rows]), np.array([lost for _, lost in rows])
