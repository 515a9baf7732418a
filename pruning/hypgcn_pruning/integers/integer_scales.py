"""The stages of a multi-scale temporal convolution of the integer contract in torch."""

import torch
import torch.nn.functional as F

from hypgcn.design import MAX_ROWS, Scales

from .integer_conv import IntegerConv
from .products import Requant
from .stores import store

__all__ = ["IntegerScales"]


class IntegerScales:
    """From H to Q of one block, whose tensors are integers in float32.

    Parameters
    ----------
    scales : Scales
    stride : int
        Of the taps.
    p_window : int
        Rows of P that its store must hold together.
    """

    def __init__(self, scales: Scales, stride: int, p_window: int):
        self.scales, self.p_window = scales, p_window
        self.reduce = IntegerConv(scales.reduce[:, None], 1)
        self.branches = IntegerConv(scales.branches, stride)
        self.to_p = Requant(scales.p_mult, scales.p_bias, scales.p_shift, 0, 127, self.reduce.product.bound)
        self.to_q = Requant(scales.q_mult, scales.q_bias, scales.q_shift, 0, 127, self.branches.product.bound)

    def run(self, h: torch.Tensor, threshold_raise: int) -> dict[str, torch.Tensor]:
        """``p``, ``p_stored``, ``p_lost``, ``q``, ``q_stored`` and ``q_lost`` of stored H (N, T, V, H)."""
        scales = self.scales
        # The maximum of values without negative ones, rows of zeros around the sequence.
        p = self.to_p(self.reduce(h), None)
        if scales.max_channels:
            own = slice(scales.max_first, scales.max_first + scales.max_channels)
            rows = p[..., own].flatten(2).transpose(1, 2)
            highest = F.max_pool1d(rows, MAX_ROWS, 1, MAX_ROWS // 2).transpose(1, 2)
            p[..., own] = highest.unflatten(2, p.shape[2:3] + (scales.max_channels,))
        p = F.threshold(p, min(127, scales.threshold_p + threshold_raise), 0)
        p_stored, p_lost = store(p, scales.p_depths, self.p_window)
        q = F.threshold(self.to_q(self.branches(p_stored), None), min(127, scales.threshold_q + threshold_raise), 0)
        q_stored, q_lost = store(q, scales.q_depths, 1)
        return {"p": p, "p_stored": p_stored, "p_lost": p_lost, "q": q, "q_stored": q_stored, "q_lost": q_lost}
