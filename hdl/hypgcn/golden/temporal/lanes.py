"""Golden twin of ``hypgcn.sparse.lane``: what all lanes together compute."""

import numpy as np

from ..arith.product import product

__all__ = ["conv_temporal"]


def conv_temporal(h, x, block):
    """``B[t,v,o] = sum_i sum_c H[t*stride+i-pad,v,c] temporal[o,i,c] (+ sum_c X[t*stride,v,c] res[o,c])``.

    ``h`` (T, V, H), ``x`` (T, V, I) -> int64 (ceil(T / stride), V, O); rows outside the clip are skipped.
    """
    frames = h.shape[0]
    kernel = block.temporal.shape[1]
    pad = (kernel - 1) // 2
    out = -(-frames // block.stride)
    acc = np.zeros((out, h.shape[1], block.out_channels), np.int64)
    for tap in range(kernel):
        times = np.arange(out) * block.stride + tap - pad
        inside = (times >= 0) & (times < frames)
        weights = block.temporal[:, tap]
        outputs, inputs = weights.any(axis=1), weights.any(axis=0)  # zero rows and columns add nothing
        sums = product(h[times[inside]][:, :, inputs], weights[outputs][:, inputs].T)
        acc[np.ix_(inside, np.ones(acc.shape[1], bool), outputs)] += sums
    if block.res is not None:
        acc += product(np.asarray(x)[::block.stride], block.res.T)
    return acc
