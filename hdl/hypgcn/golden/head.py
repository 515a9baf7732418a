"""Golden twin of ``hypgcn.head``."""

import numpy as np

from .arith.product import product

__all__ = ["head"]


def head(y, design) -> dict:
    """``pool`` (C,) = sums of Y (M, T, V, C) over all but channels, and ``logits`` (classes,)."""
    pool = np.asarray(y, np.int64).sum(axis=(0, 1, 2))
    return {"pool": pool, "logits": product(design.head, pool) + design.head_bias}
