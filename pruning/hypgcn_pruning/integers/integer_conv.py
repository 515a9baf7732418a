"""A convolution over time of the integer contract in torch, its weights prepared once for many batches."""

import numpy as np
import torch
import torch.nn.functional as F

from .products import Product

__all__ = ["LARGEST", "IntegerConv"]

LARGEST = 128
"""Largest magnitude of an int8 activation."""


class IntegerConv:
    """Sums of a convolution over rows, and of a 1x1 convolution of X beside it: one product of what both read.

    Parameters
    ----------
    weights : int8 (O, kernel, C)
        Output, tap, channel of the rows.
    stride : int
        Rows per output row.
    res : int8 (O, I) or None
        Weights of X.
    x_stride : int
        Rows of X per output row.
    """

    def __init__(self, weights: np.ndarray, stride: int, res: np.ndarray | None = None, x_stride: int = 1):
        self.stride, self.x_stride = stride, x_stride
        self.channels, self.kernel, _ = weights.shape
        self.taps = [(tap, np.flatnonzero(weights[:, tap].any(axis=0))) for tap in range(self.kernel)]
        columns = [weights[:, tap, inputs] for tap, inputs in self.taps]
        self.res = np.zeros(0, np.int64) if res is None else np.flatnonzero(res.any(axis=0))
        columns += [] if res is None else [res[:, self.res]]
        stacked = np.concatenate(columns, axis=1)
        self.outputs = torch.from_numpy(np.flatnonzero(stacked.any(axis=1)))
        self.product = Product(stacked[self.outputs.numpy()].T, LARGEST)

    def __call__(self, rows: torch.Tensor, x: torch.Tensor | None = None) -> torch.Tensor:
        """Sums (N, ceil(T / stride), V, O) of ``rows`` (N, T, V, C) and of ``x``, with the rows of the block's X."""
        n, frames, joints, _ = rows.shape
        out = -(-frames // self.stride)
        padded = F.pad(rows, (0, 0, 0, 0, self.kernel // 2, self.kernel))
        read = torch.empty(n, out, joints, self.product.weight.shape[0])
        place = 0
        for tap, inputs in self.taps:
            if len(inputs):
                shifted = padded[:, tap:tap + self.stride * (out - 1) + 1:self.stride]
                read[..., place:place + len(inputs)] = shifted[..., inputs]
                place += len(inputs)
        if len(self.res) and x is not None:
            read[..., place:] = x[:, ::self.x_stride][..., self.res]
        sums = self.product(read)
        if len(self.outputs) == self.channels:
            return sums
        whole = torch.zeros(n, out, joints, self.channels, dtype=sums.dtype)
        whole[..., self.outputs] = sums
        return whole
