"""Golden twin of ``hypgcn.arith.requant``."""

import numpy as np

__all__ = ["round_shift", "requant", "widened"]


def round_shift(value, shift: int):
    """``(value + 2**(shift-1)) >> shift``: round half up."""
    return (np.asarray(value, np.int64) + (1 << (shift - 1))) >> shift


def requant(acc, mult, bias, shift: int, low: int, high: int, res=0, res_mult: int = 0, res_shift: int = 0):
    """``clamp(round_shift(acc * mult + bias + ((res * res_mult) << res_shift), shift), low, high)``, int64.

    ``acc`` (..., O); ``mult``, ``bias`` (O,); ``res`` (..., O) or 0.
    """
    total = np.asarray(acc, np.int64) * np.asarray(mult, np.int64) + np.asarray(bias, np.int64)
    total = total + ((np.asarray(res, np.int64) * res_mult) << res_shift)
    return np.clip(round_shift(total, shift), low, high)


def widened(x, channels: int):
    """``x`` (..., I) with zeros behind its channels, (..., ``channels``): what an identity shortcut adds."""
    x = np.asarray(x, np.int64)
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, channels - x.shape[-1])])
