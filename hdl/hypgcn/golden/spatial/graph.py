"""Golden twin of ``hypgcn.spatial.graph``."""

import numpy as np

from ..arith.product import product
from ..arith.requant import round_shift
from ..rfc.encoder import threshold

__all__ = ["graph", "entries"]


def graph(x, block):
    """``Z[k,t,w,c] = thr(clamp(round_shift(sum_v X[t,v,c] * G[k,v,w], graph_shift), -128, 127), threshold_z)``.

    ``x`` (T, V, I) -> int64 (K, T, V, I), zero for the channels that ``block.kept`` drops.
    """
    kept = block.kept.astype(bool)
    x = np.asarray(x, np.int64)
    z = np.zeros((block.graph.shape[0], *x.shape), np.int64)
    acc = product(block.graph.transpose(0, 2, 1)[:, None], x[:, :, kept])
    z[:, :, :, kept] = threshold(np.clip(round_shift(acc, block.graph_shift), -128, 127), block.threshold_z)
    return z


def entries(x_row, z_row, block):
    """Words from the graph unit to the 1x1 array for one row, (E, V), and the weights of each, (O, E).

    Channels ascending; for each, its subsets when kept, then X itself when a column of ``block.down`` is not zero.
    """
    words, weights = [], []
    for c in range(block.in_channels):
        if block.kept[c]:
            words += list(z_row[:, :, c])
            weights += list(block.spatial[:, :, c].T)
        if block.down is not None and block.down[:, c].any():
            words.append(x_row[:, c])
            weights.append(block.down[:, c])
    return np.array(words, np.int64), np.array(weights, np.int64).T
