"""One block of the integer contract in torch, its weights prepared once for many batches."""

import numpy as np
import torch
import torch.nn.functional as F

from hypgcn.design import Block

from .integer_conv import LARGEST, IntegerConv
from .integer_scales import IntegerScales
from .products import Product, Requant, float_of
from .stores import store

__all__ = ["IntegerBlock", "zeroed"]


def zeroed(values: torch.Tensor, theta: int) -> torch.Tensor:
    """``values`` with those of magnitude at most ``theta`` set to 0."""
    return F.hardshrink(values, theta) if theta else values


class IntegerBlock:
    """A block of a design, whose tensors are integers in float32.

    Parameters
    ----------
    block : Block
    """

    def __init__(self, block: Block):
        self.block = block
        self.kept = torch.from_numpy(np.flatnonzero(block.kept))
        subsets, joints = block.graph.shape[:2]
        self.graph = Product(block.graph.transpose(1, 0, 2).reshape(joints, -1), LARGEST)
        float_of(self.graph.bound + (1 << (block.graph_shift - 1)), "a sum of the graph product")
        # The graph product works from the left, on the joints of (V, C); one matrix for all subsets.
        self.left = self.graph.weight.T.contiguous()
        self.down = np.zeros(0, np.int64) if block.down is None else np.flatnonzero(block.down.any(axis=0))
        spatial = [block.spatial[:, k, block.kept.astype(bool)] for k in range(subsets)]
        spatial += [] if block.down is None else [block.down[:, self.down]]
        self.spatial = Product(np.concatenate(spatial, axis=1).T, LARGEST)
        self.to_h = Requant(block.h_mult, block.h_bias, block.h_shift, 0, 127, self.spatial.bound, block.h_res_mult,
                            block.h_res_shift)
        self.scales = (None if block.scales is None else
                       IntegerScales(block.scales, block.stride, block.p_window))
        self.temporal = IntegerConv(block.temporal, block.sum_stride, block.res, block.stride)
        self.to_y = Requant(block.y_mult, block.y_bias, block.y_shift, 0, 127, self.temporal.product.bound,
                            block.y_res_mult, block.y_res_shift)

    def run(self, x: torch.Tensor, threshold_raise: int) -> dict[str, torch.Tensor]:
        """Tensors of the block for X (N, T, V, C) in front of its store, float32.

        ``x``, ``x_stored``, ``z`` (N, T, K, V, kept channels), ``a``, ``h``, ``h_stored``, ``b`` and ``y``, with
        branches ``p``, ``p_stored``, ``q`` and ``q_stored``; for each store ``x_lost`` and so on, int64 (N, T).
        """
        block = self.block
        stored, x_lost = store(x, block.x_depths, block.x_window)
        z = self._graph(stored)
        parts = list(z.unbind(2)) + ([stored[..., self.down]] if len(self.down) else [])
        a = self.spatial(torch.cat(parts, -1))
        identity = stored if block.shortcut_h == "identity" else None
        h = zeroed(self.to_h(a, identity), min(127, block.threshold_h + threshold_raise))
        h_stored, h_lost = store(h, block.h_depths, block.h_window)
        made = {"x": x, "x_stored": stored, "x_lost": x_lost, "z": z, "a": a, "h": h, "h_stored": h_stored,
                "h_lost": h_lost}
        if self.scales is not None:
            made |= self.scales.run(h_stored, threshold_raise)
        b = self.temporal(h_stored if self.scales is None else made["q_stored"], stored)
        identity = stored[:, ::block.stride] if block.shortcut_y == "identity" else None
        y = zeroed(self.to_y(b, identity), min(127, block.threshold_y + threshold_raise))
        return {**made, "b": b, "y": y}

    def _graph(self, x: torch.Tensor) -> torch.Tensor:
        block, shape = self.block, x.shape
        rows = x if len(self.kept) == shape[-1] else x[..., self.kept]
        acc = torch.matmul(self.left, rows.to(self.graph.dtype))
        acc = acc.add_(1 << (block.graph_shift - 1)).mul_(2.0 ** -block.graph_shift).floor_().clamp_(-128, 127).float()
        return zeroed(acc, block.threshold_z).view(*shape[:2], len(block.graph), shape[2], -1)
