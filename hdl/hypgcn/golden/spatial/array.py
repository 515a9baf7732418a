"""Golden twin of ``hypgcn.spatial.array``."""

import numpy as np

__all__ = ["conv_1x1"]


def conv_1x1(z, x, block):
    """``A[t,w,o] = sum_k sum_c Z[k,t,w,c] spatial[o,k,c] (+ sum_c X[t,w,c] down[o,c])``, int64 (T, V, O)."""
    kept = block.kept.astype(bool)
    weights = block.spatial.astype(np.int64)
    acc = sum(z[k][:, :, kept] @ weights[:, k, kept].T for k in range(len(z)))
    if block.down is not None:
        acc = acc + np.asarray(x, np.int64) @ block.down.astype(np.int64).T
    return acc
