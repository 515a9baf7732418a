"""Golden twin of ``hypgcn.sparse.lane``: what all lanes together compute."""

import numpy as np

from ..arith.product import product

__all__ = ["conv_temporal", "convolved"]


def convolved(rows, weights, stride: int):
    """``sum_i sum_c rows[t*stride+i-pad,v,c] weights[o,i,c]``.

    ``rows`` (T, V, C), ``weights`` (O, kernel, C) -> int64 (ceil(T / stride), V, O); rows outside the clip are skipped.
    """
    frames, (outputs, kernel, _) = rows.shape[0], weights.shape
    pad = (kernel - 1) // 2
    out = -(-frames // stride)
    acc = np.zeros((out, rows.shape[1], outputs), np.int64)
    for tap in range(kernel):
        times = np.arange(out) * stride + tap - pad
        inside = (times >= 0) & (times < frames)
        of_tap = weights[:, tap]
        computed, read = of_tap.any(axis=1), of_tap.any(axis=0)  # zero rows and columns add nothing
        sums = product(rows[times[inside]][:, :, read], of_tap[computed][:, read].T)
        acc[np.ix_(inside, np.ones(acc.shape[1], bool), computed)] += sums
    return acc


def conv_temporal(features, x, block):
    """``B[t,v,o] = sum_i sum_c F[t*stride+i-pad,v,c] temporal[o,i,c] (+ sum_c X[t*stride,v,c] res[o,c])``.

    ``features`` (T, V, H), or Q (ceil(T / stride), V, Q) in a multi-scale block; ``x`` (T, V, I) -> int64 (ceil(T /
    stride), V, O).
    """
    acc = convolved(features, block.temporal, block.sum_stride)
    if block.res is not None:
        acc += product(np.asarray(x)[::block.stride], block.res.T)
    return acc
