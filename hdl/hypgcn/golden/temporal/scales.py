"""The stages of a multi-scale temporal convolution in front of its last 1x1 convolution.

They are sparse convolution units, as that is; the first has the running maximum of ``hypgcn.sparse.max_rows`` behind
it, whose golden twin is :func:`running_max`.
"""

import numpy as np

from hypgcn.design import MAX_ROWS

from ..arith.requant import requant
from ..rfc.encoder import threshold
from ..rfc.store import store
from .lanes import convolved

__all__ = ["branched", "reduced", "running_max"]


def running_max(rows, first: int, channels: int):
    """``rows`` (T, V, C) with the maximum of each row and its neighbours in ``channels`` channels from ``first`` on."""
    out = np.array(rows)
    own = slice(first, first + channels)
    for step in range(1, MAX_ROWS // 2 + 1):
        np.maximum(out[step:, :, own], rows[:-step, :, own], out=out[step:, :, own])
        np.maximum(out[:-step, :, own], rows[step:, :, own], out=out[:-step, :, own])
    return out


def reduced(h, block, theta: int) -> dict:
    """Tensors of the first stage for encoded H (T, V, H): ``h_stored``, ``h_lost`` (per row), ``p``."""
    scales = block.scales
    stored, lost = store(h, block.h_depths, block.h_window)
    p = requant(convolved(stored, scales.reduce[:, None], 1), scales.p_mult, scales.p_bias, scales.p_shift, 0, 127)
    return {"h_stored": stored, "h_lost": lost,
            "p": running_max(threshold(p, theta), scales.max_first, scales.max_channels)}


def branched(p, block, theta: int) -> dict:
    """Tensors of the second stage for encoded P (T, V, P): ``p_stored``, ``p_lost`` (per row), ``q``."""
    scales = block.scales
    stored, lost = store(p, scales.p_depths, block.p_window)
    q = requant(convolved(stored, scales.branches, block.stride), scales.q_mult, scales.q_bias, scales.q_shift, 0, 127)
    return {"p_stored": stored, "p_lost": lost, "q": threshold(q, theta)}
