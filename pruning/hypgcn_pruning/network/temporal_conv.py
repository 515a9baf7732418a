"""Convolution over time with batch norm, in floating point, and the threshold behind a ReLU."""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["TemporalConv", "threshold"]


def threshold(x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
    """Values at or below ``theta`` become 0; ``x`` is not negative."""
    return x * (x > theta) if theta > 0 else x


class TemporalConv(nn.Module):
    """Convolution over time with batch norm; ``mask`` (outputs, inputs, taps) multiplies the weights.

    Outputs without a weight are not computed: they are what batch norm makes of a constant.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, (kernel, 1), (stride, 1), ((kernel - 1) // 2, 0))
        self.bn = nn.BatchNorm2d(outputs)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out")
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """(N, outputs, T / stride, V) of x (N, inputs, T, V)."""
        conv = self.conv
        x, stride = self._strided(x)
        if mask is None:
            return self.bn(F.conv2d(x, conv.weight, conv.bias, stride, conv.padding))
        rows = mask.flatten(1).any(1).nonzero()[:, 0]
        weight, bias = conv.weight[rows] * mask[rows][..., None], conv.bias[rows]
        if not len(rows):
            return self._normalised(x[:, :0, ::stride[0]], rows)
        return self._normalised(F.conv2d(x, weight, bias, stride, conv.padding), rows)

    def _strided(self, x: torch.Tensor) -> tuple[torch.Tensor, tuple[int, ...]]:
        """``x`` and the stride with which it is convolved: where it is 1, ``x`` has the frames that are read alone.

        The backward pass of oneDNN's strided 1x1 convolution writes past its memory where there are fewer channels than
        a vector register holds, 16 at most (uxlfoundation/oneDNN, issue 6035): training crashes, or never ends.
        """
        conv = self.conv
        if conv.kernel_size[0] > 1 or conv.stride[0] == 1 or conv.in_channels >= 16:
            return x, conv.stride
        return x[:, :, ::conv.stride[0]], (1, 1)

    def _normalised(self, y: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """All outputs from ``y``, the convolution's outputs ``rows``; the others convolve to their bias."""
        bn = self.bn
        if len(rows) == bn.num_features:
            return bn(y)
        mean, var = bn.running_mean[rows], bn.running_var[rows]
        if len(rows):
            y = F.batch_norm(y, mean, var, bn.weight[rows], bn.bias[rows], bn.training, bn.momentum, bn.eps)
        rest: torch.Tensor = bn.bias
        if bn.training:
            bn.running_mean[rows], bn.running_var[rows] = mean, var
            bn.num_batches_tracked.add_(1)
        else:
            rest = bn.bias + (self.conv.bias - bn.running_mean) * bn.weight / (bn.running_var + bn.eps).sqrt()
        whole = rest[None, :, None, None].expand(len(y), -1, *y.shape[2:])
        if not len(rows) or int(rows[-1]) == len(rows) - 1:
            return torch.cat([y, whole[:, len(rows):]], 1)  # as channels are after their reordering
        return torch.index_copy(whole.contiguous(), 1, rows, y)
