"""Graph product over the joints and 1x1 convolution of a block, in floating point."""

import torch
import torch.nn.functional as F
from torch import nn

__all__ = ["GraphConv", "dead_zone"]


def dead_zone(x: torch.Tensor, theta) -> torch.Tensor:
    """Values of magnitude at most ``theta`` become 0; the others keep their value and their gradient."""
    return F.hardshrink(x, float(theta)) if theta > 0 else x


class GraphConv(nn.Module):
    """Graph product over the joints and 1x1 convolution, summed over the subsets, with its shortcut and batch norm."""

    def __init__(self, inputs: int, outputs: int, adjacency: torch.Tensor, dynamic: bool,
                 similarity: str = "softmax", joint_bias: bool = False, shortcut: bool = True):
        super().__init__()
        subsets = len(adjacency)
        self.register_buffer("A", adjacency, persistent=False)
        self.register_buffer("edges", torch.ones_like(adjacency, dtype=torch.uint8))
        self.register_buffer("theta_z", torch.zeros(()))
        self.PA = nn.Parameter(torch.full_like(adjacency, 1e-6))
        self.conv_d = nn.ModuleList(nn.Conv2d(inputs, outputs, 1) for _ in range(subsets))
        self.inter = max(1, outputs // 4)
        if dynamic:
            self.conv_a = nn.ModuleList(nn.Conv2d(inputs, self.inter, 1) for _ in range(subsets))
            self.conv_b = nn.ModuleList(nn.Conv2d(inputs, self.inter, 1) for _ in range(subsets))
        self.alpha = nn.Parameter(torch.zeros(1)) if dynamic and similarity == "tanh" else None
        self.dynamic = dynamic
        self.bn = nn.BatchNorm2d(outputs)
        self.joint_bias = nn.Parameter(torch.zeros(adjacency.shape[-1], outputs)) if joint_bias else None
        self.shortcut = "none" if not shortcut else "identity" if inputs == outputs else "conv"
        self.down = (nn.Sequential(nn.Conv2d(inputs, outputs, 1), nn.BatchNorm2d(outputs))
                     if self.shortcut == "conv" else None)
        for conv in self.conv_d:
            nn.init.normal_(conv.weight, 0, (2 / (outputs * inputs * subsets)) ** 0.5)
            nn.init.zeros_(conv.bias)
        # Small beside an identity, so that a deep network begins as a shallow one.
        nn.init.constant_(self.bn.weight, {"identity": 0.1, "conv": 0.5, "none": 1.0}[self.shortcut])

    def graph(self) -> torch.Tensor:
        """The static graphs (K, V, V), without the edges that are pruned."""
        whole = self.A + self.PA
        return whole if self.edges.all() else whole * self.edges

    def similarity(self, x: torch.Tensor, k: int) -> torch.Tensor:
        """The data-dependent graph C of subset k, (N, V, V).

        Columns are softmax weights over the input joints, or ``alpha`` times the tanh of what the softmax would be of.
        """
        n, _, frames, joints = x.shape
        a = self.conv_a[k](x).permute(0, 3, 1, 2).reshape(n, joints, -1)
        b = self.conv_b[k](x).reshape(n, -1, joints)
        scores = a @ b / (self.inter * frames)
        return torch.softmax(scores, dim=-2) if self.alpha is None else torch.tanh(scores) * self.alpha

    def graph_products(self, x: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        """Z (N, subsets * kept channels, T, V), subset by subset, behind its dead zone ``theta_z``.

        The channels of a joint are beside each other in memory.
        """
        index = kept.nonzero()[:, 0]
        part = x if len(index) == len(kept) else x[:, :len(index)] if int(index[-1]) < len(index) else x[:, index]
        n, channels, frames, joints = part.shape
        rows = part.permute(0, 2, 3, 1).reshape(n * frames, joints, channels)
        graph = self.graph()
        subsets = len(graph)
        if self.dynamic:
            graph = torch.stack([graph[k] + self.similarity(x, k) for k in range(subsets)], 1)
            graph = graph.repeat_interleave(frames, 0)
        # For each output joint its subsets in turn, so that one product makes Z as the convolution reads it.
        matrix = graph.movedim(-1, -3).reshape(*graph.shape[:-3], joints * subsets, joints)
        z = torch.bmm(matrix.expand(len(rows), -1, -1), rows)  # matmul would copy both
        return dead_zone(z.view(n, frames, joints, subsets * channels).permute(0, 3, 1, 2), self.theta_z)

    def total(self, x: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        """H before its ReLU."""
        weight = torch.cat([conv.weight for conv in self.conv_d], 1)
        if not kept.all():
            weight = weight[:, kept.repeat(len(self.conv_d)).nonzero()[:, 0]]
        bias = torch.stack([conv.bias for conv in self.conv_d]).sum(0)
        y = F.conv2d(self.graph_products(x, kept), weight, bias)
        y = self.bn(y if self.joint_bias is None else y + self.joint_bias.T[:, None])
        return y + self.beside(x)

    def beside(self, x: torch.Tensor) -> torch.Tensor:
        """The shortcut into H: X, its convolution, or nothing (a zero that broadcasts)."""
        if self.shortcut == "none":
            return x.new_zeros(1, 1, 1, 1)
        return x if self.down is None else self.down(x)

    def forward(self, x: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        """H (N, outputs, T, V) of X (N, inputs, T, V)."""
        return F.relu(self.total(x, kept))
