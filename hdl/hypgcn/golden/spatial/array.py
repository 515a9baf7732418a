"""Golden twin of ``hypgcn.spatial.array``."""

from ..arith.product import product

__all__ = ["conv_1x1"]


def conv_1x1(z, x, block):
    """``A[t,w,o] = sum_k sum_c Z[k,t,w,c] spatial[o,k,c] (+ sum_c X[t,w,c] down[o,c])``, int64 (T, V, O)."""
    kept = block.kept.astype(bool)
    acc = sum(product(z[k][:, :, kept], block.spatial[:, k, kept].T) for k in range(len(z)))
    if block.down is not None:
        acc = acc + product(x, block.down.T)
    return acc
