"""Products of integer matrices, exact and fast."""

import numpy as np

__all__ = ["product"]

_EXACT = 1 << 53
"""Integers up to this magnitude are exact in float64, and so are sums that stay below it, in any order."""


def product(a, b):
    """``a @ b`` of integer arrays, exact, as int64.

    NumPy multiplies int64 matrices one element at a time and float64 matrices by BLAS, 20 to 100 times as fast. Float64
    is exact while no sum can reach 2^53, which is checked from the operands; otherwise int64 is used.
    """
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    bound = _largest(a) * _largest(b) * a.shape[-1]
    if bound >= _EXACT:
        return a @ b
    return (a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)


def _largest(array) -> int:
    """Largest magnitude, as a Python integer that cannot overflow."""
    return max(abs(int(array.min())), abs(int(array.max()))) if array.size else 0
