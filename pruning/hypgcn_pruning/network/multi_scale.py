"""The stages of a multi-scale temporal convolution in front of its last 1x1 convolution, in floating point."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from .branches import MAX_ROWS, branch_widths, branches_of, max_range, structure
from .temporal_conv import TemporalConv, threshold

__all__ = ["MultiScale"]


class MultiScale(nn.Module):
    """From H to Q: a 1x1 convolution for all branches makes P, and the taps of each branch make Q of it.

    P has a running maximum in the channels of branches ``max``. P and Q end in a ReLU and a threshold. The branches
    are blocks on the diagonal of one convolution, whose taps are those of the branches in one window.

    Parameters
    ----------
    inputs : int
        Channels of H.
    kernel : int
        Taps of the window.
    stride : int
        1 or 2, of the taps.
    branches : sequence of str
        As of :func:`~.branches.branches_of`.
    share : float
        As of :func:`~.branches.branch_widths`.

    Attributes
    ----------
    p_kept, q_kept : uint8 (width,)
        Channels of P and of Q that pruning left; the others are 0.
    theta_p, theta_q : float
        Thresholds.
    """

    def __init__(self, inputs: int, kernel: int, stride: int, branches: Sequence[str], share: float = 0.0):
        super().__init__()
        kinds = branches_of(branches)
        widths = branch_widths(inputs, len(kinds), share)
        self.width = sum(widths)
        ends = self._ends(widths)
        self.groups = [slice(low, high) for low, high in zip(ends, ends[1:])]   # channels of each branch
        self.passing = [not kind.learned for kind in kinds]     # branches whose channels of P become those of Q
        self.max_first, self.max_channels = max_range(kinds, widths)
        self.reduce = TemporalConv(inputs, self.width, 1, 1)
        self.branches = TemporalConv(self.width, self.width, kernel, stride)
        mask = torch.from_numpy(structure(kinds, widths, kernel))
        self.register_buffer("structure", mask, persistent=False)
        for name in ("p", "q"):
            self.register_buffer(f"{name}_kept", torch.ones(self.width, dtype=torch.uint8))
            self.register_buffer(f"theta_{name}", torch.zeros(()))
        with torch.no_grad():
            weight = self.branches.conv.weight
            for kind, low, high in zip(kinds, self._ends(widths), self._ends(widths)[1:]):
                if kind.learned:
                    weight[low:high].normal_(0, (2 / (kind.taps * (high - low))) ** 0.5)
                else:
                    weight[low:high] = 1
            weight *= mask[..., None]

    @staticmethod
    def _ends(widths: Sequence[int]) -> list[int]:
        return [sum(widths[:index]) for index in range(len(widths) + 1)]

    def reduce_mask(self, read: torch.Tensor) -> torch.Tensor | None:
        """Float (width, inputs, 1), 1 where the 1x1 convolution has a weight; ``None`` where it has all.

        Parameters
        ----------
        read : torch.Tensor bool (inputs,)
            Channels of H that are read.
        """
        if self.p_kept.all() and read.all():
            return None
        return (self.p_kept[:, None, None] * read[None, :, None]).to(self.reduce.conv.weight.dtype)

    def branch_mask(self) -> torch.Tensor:
        """Float (width, width, kernel), 1 where the taps have a weight."""
        mask = self.structure * self.q_kept[:, None, None] * self.p_kept[None, :, None]
        return mask.to(self.branches.conv.weight.dtype)

    def apply_masks(self, read: torch.Tensor):
        """Set every weight that a mask cuts to zero."""
        with torch.no_grad():
            mask = self.reduce_mask(read)
            if mask is not None:
                self.reduce.conv.weight *= mask[..., None]
            self.branches.conv.weight *= self.branch_mask()[..., None]

    def settle(self):
        """Set the mean that batch norms expect of outputs without weights to the constant that they are."""
        with torch.no_grad():
            still = self.branch_mask().flatten(1).any(1).logical_not()
            for conv, gone in ((self.reduce, self.p_kept == 0), (self.branches, still)):
                conv.bn.running_mean[gone] = conv.conv.bias[gone]

    def p(self, h: torch.Tensor, read: torch.Tensor) -> torch.Tensor:
        """P (N, width, T, V) of H (N, inputs, T, V), of which ``read`` channels are read."""
        p = F.relu(self.reduce(h, self.reduce_mask(read)))
        p = threshold(_alive(p, self.p_kept), self.theta_p)
        if not self.max_channels:
            return p
        first, end = self.max_first, self.max_first + self.max_channels
        # Nothing of P is negative, so that zeros around the clip change no maximum.
        highest = F.max_pool2d(p[:, first:end], (MAX_ROWS, 1), 1, (MAX_ROWS // 2, 0))
        return torch.cat([p[:, :first], highest, p[:, end:]], 1)

    def q(self, p: torch.Tensor) -> torch.Tensor:
        """Q (N, width, T / stride, V) of P."""
        return threshold(_alive(F.relu(self.branches(p, self.branch_mask())), self.q_kept), self.theta_q)


def _alive(x: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    return x if kept.all() else x * kept[:, None, None]
