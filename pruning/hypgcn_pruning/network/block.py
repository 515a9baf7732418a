"""One block of the float network, with the masks and thresholds of pruning."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from hypgcn.design import BANK, bank_count

from .graph_conv import GraphConv
from .multi_scale import MultiScale
from .temporal_conv import TemporalConv, threshold

__all__ = ["LATER_BUFFERS", "BlockModule"]

LATER_BUFFERS = {"carried": 1, "cavity": 1, "gcn1.edges": 1, "gcn1.theta_z": 0}
"""Buffers of a block that older files lack, and what they hold where nothing is pruned."""


class BlockModule(nn.Module):
    """One block, with its pruning state.

    With ``branches`` its temporal convolution is multi-scale: ``scales`` makes Q of H, and ``tcn1`` is the 1x1
    convolution behind it.

    Attributes
    ----------
    kept, filters, taps, gcn1.theta_z, theta_h, theta_y
        See ``docs/numbers.md``; ``taps`` are those of H, with branches whether a bank is read.
    carried : uint8 (outputs,)
        0 where a convolved shortcut has no output; zero weights of the design.
    cavity : uint8 (outputs, taps)
        The taps that each filter has of its banks'; zero weights of the design.
    gcn1.edges : uint8 (K, V, V)
        The graph's entries that are kept; zero weights of the design.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, adjacency: torch.Tensor, *, kernel: int, dynamic: bool,
                 first: bool, similarity: str = "softmax", joint_bias: bool = False, shortcut_h: bool = True,
                 branches: Sequence[str] = (), branch_share: float = 0.0):
        super().__init__()
        self.inputs, self.outputs, self.stride = inputs, outputs, stride
        self.gcn1 = GraphConv(inputs, outputs, adjacency, dynamic, similarity, joint_bias, shortcut_h)
        self.scales = MultiScale(outputs, kernel, stride, branches, branch_share) if branches else None
        taps = 1 if branches else kernel
        self.tcn1 = (TemporalConv(outputs, outputs, kernel, stride) if self.scales is None else
                     TemporalConv(self.scales.width, outputs, 1, 1))
        if first:
            self.shortcut_y = "none"
        else:
            self.shortcut_y = "identity" if inputs == outputs and stride == 1 else "conv"
        self.residual = TemporalConv(inputs, outputs, 1, stride) if self.shortcut_y == "conv" else None
        self.observer: Callable | None = None  # called with H, P, Q and Y of every batch, see regularise.py
        self.register_buffer("kept", torch.ones(inputs, dtype=torch.uint8))
        self.register_buffer("filters", torch.ones(outputs, dtype=torch.uint8))
        self.register_buffer("taps", torch.ones(bank_count(outputs), taps, dtype=torch.uint8))
        self.register_buffer("carried", torch.ones(outputs, dtype=torch.uint8))
        self.register_buffer("cavity", torch.ones(outputs, taps, dtype=torch.uint8))
        self.register_buffer("theta_h", torch.zeros(()))
        self.register_buffer("theta_y", torch.zeros(()))

    @property
    def read(self) -> torch.Tensor:
        """Mask (outputs,) of the channels of H that are read behind it; the others are zero."""
        return self.taps.bool().any(1).repeat_interleave(BANK)[:self.outputs]

    def temporal_mask(self) -> torch.Tensor | None:
        """Float (outputs, inputs, taps), 1 where ``tcn1`` has a weight; ``None`` where it has all."""
        filters = self.filters[:, None, None] * self.cavity[:, None]
        if self.scales is not None:
            inputs = self.scales.q_kept[:, None]
        else:
            inputs = self.taps.repeat_interleave(BANK, 0)[:self.outputs]
        if filters.all() and inputs.all():
            return None
        return (filters * inputs[None]).to(self.tcn1.conv.weight.dtype)

    def apply_masks(self):
        """Set every weight that a mask cuts to zero, so that the stored weights and masks agree."""
        with torch.no_grad():
            unread = ~self.read
            for conv in self.gcn1.conv_d:
                conv.weight[:, self.kept == 0] = 0
                conv.weight[unread] = 0
            if self.gcn1.down is not None:
                self.gcn1.down[0].weight[unread] = 0
            if self.scales is not None:
                self.scales.apply_masks(self.read)
            mask = self.temporal_mask()
            if mask is not None:
                self.tcn1.conv.weight *= mask[..., None]
            if self.residual is not None:
                self.residual.conv.weight[self.carried == 0] = 0

    def settle(self):
        """Set the mean that batch norms expect of outputs without weights to the constant that they are.

        In evaluation they then give what they give in training.
        """
        with torch.no_grad():
            for conv, still in ((self.tcn1, self.filters == 0), (self.residual, self.carried == 0)):
                if conv is not None:
                    conv.bn.running_mean[still] = conv.conv.bias[still]
        if self.scales is not None:
            self.scales.settle()

    def hidden(self, x: torch.Tensor) -> torch.Tensor:
        """H (N, O, T, V)."""
        h, read = self.gcn1(x, self.kept), self.read
        return self._seen(threshold(h if read.all() else h * read[:, None, None], self.theta_h))

    def summed(self, h: torch.Tensor) -> torch.Tensor:
        """What ``tcn1`` convolves: H, or Q that the branches make of it."""
        if self.scales is None:
            return h
        return self._seen(self.scales.q(self._seen(self.scales.p(h, self.read))))

    def _seen(self, x: torch.Tensor) -> torch.Tensor:
        if self.observer is not None:
            self.observer(x)
        return x

    def shortcut(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the temporal convolution: X, its convolution, or nothing (a zero that broadcasts)."""
        if self.shortcut_y == "identity":
            return x
        if self.residual is None:
            return x.new_zeros(1, self.outputs, 1, 1)
        carried = None if self.carried.all() else self.carried[:, None, None].to(x.dtype).expand(-1, self.inputs, 1)
        return self.residual(x, carried)

    def total(self, x: torch.Tensor) -> torch.Tensor:
        """Y before its ReLU."""
        y = self.tcn1(self.summed(self.hidden(x)), self.temporal_mask())
        if self.shortcut_y != "none":
            return y + self.shortcut(x)
        # Neither filter nor shortcut: nothing but a constant, which later biases absorb.
        return y if self.filters.all() else y * self.filters[:, None, None]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Y (N, O, T / stride, V)."""
        return self._seen(threshold(F.relu(self.total(x)), self.theta_y))
