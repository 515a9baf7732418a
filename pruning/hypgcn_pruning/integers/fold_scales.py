"""The stages of a multi-scale temporal convolution with their batch norms folded."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from hypgcn.design import MAX_ROWS

__all__ = ["FoldedScales", "affine", "fold_scales", "folded"]


@dataclass(frozen=True, kw_only=True)
class FoldedScales:
    """Float64 weights from H to Q of one block, in the shapes of :class:`hypgcn.design.Scales`, with its thresholds.

    ``dense_channels`` and ``dense_weights`` are those of the network before pruning.
    """

    stride: int
    max_first: int
    max_channels: int
    reduce: torch.Tensor
    p_bias: torch.Tensor
    branches: torch.Tensor
    q_bias: torch.Tensor
    theta_p: float
    theta_q: float
    dense_channels: int
    dense_weights: int

    def highest(self, p: torch.Tensor) -> torch.Tensor:
        """P (N, P, T, V), none negative, with its running maximum."""
        if not self.max_channels:
            return p
        first, end = self.max_first, self.max_first + self.max_channels
        rows = F.max_pool2d(p[:, first:end], (MAX_ROWS, 1), 1, (MAX_ROWS // 2, 0))
        return torch.cat([p[:, :first], rows, p[:, end:]], 1)

    def p_total(self, h: torch.Tensor) -> torch.Tensor:
        """P (N, P, T, V) of H before its ReLU and maximum."""
        return F.conv2d(h, self.reduce[..., None, None], self.p_bias)

    def p(self, h: torch.Tensor) -> torch.Tensor:
        """P (N, P, T, V) of H before its threshold, which the maximum commutes with."""
        return self.highest(F.relu(self.p_total(h)))

    def q_total(self, p: torch.Tensor) -> torch.Tensor:
        """Q (N, Q, T / stride, V) of P before its ReLU."""
        weight = self.branches.permute(0, 2, 1)[..., None]
        return F.conv2d(p, weight, self.q_bias, (self.stride, 1), (weight.shape[2] // 2, 0))

    def q(self, p: torch.Tensor) -> torch.Tensor:
        """Q (N, Q, T / stride, V) of P before its threshold."""
        return F.relu(self.q_total(p))


def affine(bn) -> tuple[torch.Tensor, torch.Tensor]:
    """Gain and offset of a batch norm in evaluation."""
    gain = bn.weight.double() / (bn.running_var.double() + bn.eps).sqrt()
    return gain, bn.bias.double() - bn.running_mean.double() * gain


def folded(conv, bn) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (O, I, taps) and bias of a convolution and the batch norm behind it."""
    gain, offset = affine(bn)
    return conv.weight.double()[..., 0] * gain[:, None, None], conv.bias.double() * gain + offset


def fold_scales(scales, read: torch.Tensor) -> FoldedScales:
    """The stages ``scales`` of a block, of whose H ``read`` channels are read."""
    reduce, p_bias = folded(scales.reduce.conv, scales.reduce.bn)
    branches, q_bias = folded(scales.branches.conv, scales.branches.bn)
    p_kept, q_kept = scales.p_kept.double(), scales.q_kept.double()
    return FoldedScales(
        stride=scales.branches.conv.stride[0], max_first=scales.max_first, max_channels=scales.max_channels,
        reduce=reduce[..., 0] * p_kept[:, None] * read, p_bias=p_bias * p_kept,
        branches=(branches * scales.branch_mask()).permute(0, 2, 1), q_bias=q_bias * q_kept,
        theta_p=float(scales.theta_p), theta_q=float(scales.theta_q), dense_channels=scales.width,
        dense_weights=int(scales.structure.sum()))
