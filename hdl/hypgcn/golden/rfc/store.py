"""Golden twin of ``hypgcn.rfc.store``."""

import numpy as np

from hypgcn.design import MINI_BANK, MINI_BANKS, split_banks

__all__ = ["row_usage", "store", "store_row", "window_usage"]


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


def window_usage(usage, window: int):
    """Entries that each row and the ``window - 1`` rows before it take together.

    Parameters
    ----------
    usage : (..., T, MINI_BANKS)
        Entries of each row of a sequence.
    window : int
        Rows of a window.

    Returns
    -------
    np.ndarray int (..., T, MINI_BANKS)
    """
    sums = np.cumsum(usage, axis=-2)
    sums[..., window:, :] -= sums[..., :-window, :].copy()
    return sums


def store_row(row, left):
    """One row in a store that has ``left`` entries of each mini-bank for it.

    Parameters
    ----------
    row : (V, C)
    left : (MINI_BANKS,)

    Returns
    -------
    tuple
        What readers see of the row, (V, C); how many of its vectors lost values; the entries that it took,
        (MINI_BANKS,).
    """
    row = np.asarray(row, np.int64)
    usage = row_usage(row)
    if (usage <= np.asarray(left)).all():
        return row, 0, usage
    vectors = split_banks(row)
    used = [0] * MINI_BANKS
    lost = 0
    for joint in range(vectors.shape[0]):
        for bank in range(vectors.shape[1]):
            where = np.flatnonzero(vectors[joint, bank])
            for j in range(-(-len(where) // MINI_BANK)):
                if used[j] == left[j]:
                    vectors[joint, bank, where[MINI_BANK * j:]] = 0
                    lost += 1
                    break
                used[j] += 1
    return vectors.reshape(row.shape[0], -1)[:, :row.shape[1]], lost, np.array(used)


def store(x, depths, window: int):
    """What readers see of one sequence (T, V, C), and the vectors of each row that lost values, (T,).

    Row t may take of each mini-bank what the ``window - 1`` rows before it have left of ``depths``.
    """
    x = np.asarray(x, np.int64)
    if (window_usage(row_usage(x), window) <= np.asarray(depths)).all():
        return x, np.zeros(len(x), np.int64)
    taken = np.zeros((len(x), MINI_BANKS), np.int64)
    kept, lost = np.empty_like(x), np.zeros(len(x), np.int64)
    for t, row in enumerate(x):
        left = np.asarray(depths) - taken[max(0, t - window + 1):t].sum(axis=0)
        kept[t], lost[t], taken[t] = store_row(row, left)
    return kept, lost
