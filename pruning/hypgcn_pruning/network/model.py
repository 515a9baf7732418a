"""The float network: 2s-AGCN with or without the data-dependent graph, with the masks and thresholds of hybrid pruning.

Parameter names follow the published 2s-AGCN code (``data_bn``, ``l1.gcn1.PA``, ``l1.tcn1.conv``, ``l4.residual.conv``,
``fc``), so that checkpoints of both can be mapped onto each other. A network without masks and thresholds is the plain
2s-AGCN. """

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn

from hypgcn.design import BANK, bank_count
from hypgcn.design.skeleton import Skeleton

__all__ = ["ModelConfig", "Network", "BlockModule", "PAPER_BLOCKS", "SMALL_BLOCKS", "LATER_BUFFERS"]

LATER_BUFFERS = {"carried": 1, "cavity": 1, "gcn1.edges": 1, "gcn1.theta_z": 0}
"""Buffers of a block that older files lack, and what they hold where nothing is pruned."""

PAPER_BLOCKS = ((64, 1),) * 4 + ((128, 2),) + ((128, 1),) * 2 + ((256, 2),) + ((256, 1),) * 2
"""(output channels, stride) of the ten blocks of 2s-AGCN."""
SMALL_BLOCKS = ((32, 1), (32, 1), (64, 2), (64, 1), (64, 2))
"""Five blocks for a first try and for tests; the shipped networks have the ten of ``paper``, or a quarter of each."""

SIMILARITIES = ("softmax", "tanh")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Shape of a network.

    Parameters
    ----------
    skeleton : Skeleton
        Its joints and graph.
    classes : int
        1..1024.
    channels : int
        Of a joint, 1..16.
    persons : int
        1..16.
    frames : int
        T of a prepared clip.
    blocks : tuple of (int, int)
        (output channels, stride 1 or 2) of every block.
    kernel : int
        Odd, taps of the temporal convolution.
    dynamic_graph : bool
        With the data-dependent graph C (training and import only: the hardware has none).
    similarity : str
        What makes C of the similarity of joints: ``softmax`` over the input joints (2s-AGCN), or ``tanh`` times a
        learned ``alpha`` (AAGCN, PYSKL).
    joint_bias : bool
        H has a learned bias for each joint and channel, as in ST-GCN, whose convolution comes before the graph product.
    shortcut_h : bool
        With the shortcut from X into H; ST-GCN has none.
    """

    skeleton: Skeleton
    classes: int
    channels: int = 3
    persons: int = 1
    frames: int = 52
    blocks: tuple[tuple[int, int], ...] = field(default=SMALL_BLOCKS)
    kernel: int = 9
    dynamic_graph: bool = False
    similarity: str = "softmax"
    joint_bias: bool = False
    shortcut_h: bool = True

    def __post_init__(self):
        for name, low, high in (("classes", 1, 1024), ("channels", 1, 16), ("persons", 1, 16), ("frames", 1, 4096),
                                ("kernel", 1, 31)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an integer, not {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, not {self.kernel!r}")
        if self.similarity not in SIMILARITIES:
            raise ValueError(f"similarity must be one of {', '.join(SIMILARITIES)}, not {self.similarity!r}")
        if not self.blocks:
            raise ValueError("blocks must hold at least one block")
        for block in self.blocks:
            if len(block) != 2 or not 1 <= block[0] <= 1024 or block[1] not in (1, 2):
                raise ValueError(f"blocks must be pairs of channels in 1..1024 and stride 1 or 2, not {block!r}")

    def to_dict(self) -> dict:
        """Plain data that :meth:`from_dict` reads back."""
        names = ("classes", "channels", "persons", "frames", "kernel", "dynamic_graph", "similarity")
        # What only few networks have is named for these alone, so that others keep their description.
        few = {name: getattr(self, name) for name, usual in (("joint_bias", False), ("shortcut_h", True))
               if getattr(self, name) != usual}
        return {**{name: getattr(self, name) for name in names}, **few, "skeleton": self.skeleton.to_dict(),
                "blocks": [list(block) for block in self.blocks]}

    @classmethod
    def from_dict(cls, entry: dict) -> "ModelConfig":
        """Config of :meth:`to_dict`'s data; :exc:`ValueError` for anything else."""
        try:
            return cls(**{**entry, "skeleton": Skeleton.from_dict(entry["skeleton"]),
                          "blocks": tuple(tuple(block) for block in entry["blocks"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the description of a network: {error}") from error


def threshold(x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
    """Values at or below ``theta`` become 0; ``x`` is not negative."""
    return x * (x > theta) if theta > 0 else x


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
        """The data-dependent graph C of subset k, (N, V, V): columns are softmax weights over the input joints, or
        ``alpha`` times the tanh of what the softmax would be of."""
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
        return F.relu(self.total(x, kept))


class TemporalConv(nn.Module):
    """Convolution over time with batch norm; ``mask`` (outputs, inputs, taps) multiplies the weights.

    Outputs without a weight are not computed: they are what batch norm makes of a constant. """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, (kernel, 1), (stride, 1), ((kernel - 1) // 2, 0))
        self.bn = nn.BatchNorm2d(outputs)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out")
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        conv = self.conv
        if mask is None:
            return self.bn(F.conv2d(x, conv.weight, conv.bias, conv.stride, conv.padding))
        rows = mask.flatten(1).any(1).nonzero()[:, 0]
        weight, bias = conv.weight[rows] * mask[rows][..., None], conv.bias[rows]
        if not len(rows):
            return self._normalised(x[:, :0, ::conv.stride[0]], rows)
        return self._normalised(F.conv2d(x, weight, bias, conv.stride, conv.padding), rows)

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


class BlockModule(nn.Module):
    """One block; its pruning state is in the buffers ``kept``, ``filters``, ``taps``, ``gcn1.theta_z``, ``theta_h``,
    ``theta_y`` of ``docs/numbers.md``, and in three whose zeros the design has as zero weights: ``carried`` (outputs),
    0 where a convolved shortcut has no output; ``cavity`` (outputs, taps), the taps that each filter has of its banks';
    ``gcn1.edges`` (K, V, V), the graph's entries that are kept."""

    def __init__(self, inputs: int, outputs: int, stride: int, adjacency: torch.Tensor, *, kernel: int, dynamic: bool,
                 first: bool, similarity: str = "softmax", joint_bias: bool = False, shortcut_h: bool = True):
        super().__init__()
        self.inputs, self.outputs, self.stride = inputs, outputs, stride
        self.gcn1 = GraphConv(inputs, outputs, adjacency, dynamic, similarity, joint_bias, shortcut_h)
        self.tcn1 = TemporalConv(outputs, outputs, kernel, stride)
        if first:
            self.shortcut_y = "none"
        else:
            self.shortcut_y = "identity" if inputs == outputs and stride == 1 else "conv"
        self.residual = TemporalConv(inputs, outputs, 1, stride) if self.shortcut_y == "conv" else None
        self.observer: Callable | None = None  # called with H and Y of every batch, see regularise.py
        self.register_buffer("kept", torch.ones(inputs, dtype=torch.uint8))
        self.register_buffer("filters", torch.ones(outputs, dtype=torch.uint8))
        self.register_buffer("taps", torch.ones(bank_count(outputs), kernel, dtype=torch.uint8))
        self.register_buffer("carried", torch.ones(outputs, dtype=torch.uint8))
        self.register_buffer("cavity", torch.ones(outputs, kernel, dtype=torch.uint8))
        self.register_buffer("theta_h", torch.zeros(()))
        self.register_buffer("theta_y", torch.zeros(()))

    @property
    def read(self) -> torch.Tensor:
        """Mask (outputs,) of the channels of H that the temporal convolution reads; the others are zero."""
        return self.taps.bool().any(1).repeat_interleave(BANK)[:self.outputs]

    def temporal_mask(self) -> torch.Tensor | None:
        """Float (outputs, inputs, taps), 1 where the temporal convolution has a weight; None where it has all."""
        if self.filters.all() and self.taps.all() and self.cavity.all():
            return None
        taps = self.taps.repeat_interleave(BANK, 0)[:self.outputs]
        mask = self.filters[:, None, None] * taps[None] * self.cavity[:, None]
        return mask.to(self.tcn1.conv.weight.dtype)

    def apply_masks(self):
        """Set every weight that a mask cuts to zero, so that the stored weights and masks agree."""
        with torch.no_grad():
            unread = ~self.read
            for conv in self.gcn1.conv_d:
                conv.weight[:, self.kept == 0] = 0
                conv.weight[unread] = 0
            if self.gcn1.down is not None:
                self.gcn1.down[0].weight[unread] = 0
            mask = self.temporal_mask()
            if mask is not None:
                self.tcn1.conv.weight *= mask[..., None]
            if self.residual is not None:
                self.residual.conv.weight[self.carried == 0] = 0

    def settle(self):
        """Set the mean that batch norms expect of outputs without weights to the constant that they are: in evaluation
        they then give what they give in training."""
        with torch.no_grad():
            for conv, still in ((self.tcn1, self.filters == 0), (self.residual, self.carried == 0)):
                if conv is not None:
                    conv.bn.running_mean[still] = conv.conv.bias[still]

    def hidden(self, x: torch.Tensor) -> torch.Tensor:
        """H (N, O, T, V)."""
        h, read = self.gcn1(x, self.kept), self.read
        return self._seen(threshold(h if read.all() else h * read[:, None, None], self.theta_h))

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
        y = self.tcn1(self.hidden(x), self.temporal_mask())
        if self.shortcut_y != "none":
            return y + self.shortcut(x)
        # Neither filter nor shortcut: nothing but a constant, which later biases absorb.
        return y if self.filters.all() else y * self.filters[:, None, None]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._seen(threshold(F.relu(self.total(x)), self.theta_y))


class Network(nn.Module):
    """Clips (N, M, T, V, C), the order of the hardware, to logits (N, classes)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        adjacency = torch.from_numpy(config.skeleton.adjacency())
        self.data_bn = nn.BatchNorm1d(config.persons * config.channels * config.skeleton.joints)
        channels = config.channels
        self.depth = len(config.blocks)
        for index, (outputs, stride) in enumerate(config.blocks, 1):
            self.add_module(f"l{index}", BlockModule(channels, outputs, stride, adjacency, kernel=config.kernel,
                                                     dynamic=config.dynamic_graph, first=index == 1,
                                                     similarity=config.similarity, joint_bias=config.joint_bias,
                                                     shortcut_h=config.shortcut_h))
            channels = outputs
        self.fc = nn.Linear(channels, config.classes)
        nn.init.normal_(self.fc.weight, 0, (2 / config.classes) ** 0.5)

    @property
    def blocks(self) -> list[BlockModule]:
        """The blocks in order."""
        return [getattr(self, f"l{index}") for index in range(1, self.depth + 1)]

    def complete(self, state: dict) -> dict:
        """``state`` with the buffers that older files lack."""
        own = self.state_dict()
        later = {f"l{index}.{name}": value for index in range(1, self.depth + 1)
                 for name, value in LATER_BUFFERS.items()}
        return {**{name: torch.full_like(own[name], value) for name, value in later.items()}, **state}

    def features(self, clips: torch.Tensor) -> torch.Tensor:
        """X of block 1, (N * M, C, T, V): the clips after ``data_bn``, which works per (person, joint, channel)."""
        n, persons, frames, joints, channels = clips.shape
        expected = (self.config.persons, self.config.skeleton.joints, self.config.channels)
        if (persons, joints, channels) != expected:
            raise ValueError(f"clips must have {expected[0]} persons, {expected[1]} joints and {expected[2]} channels, "
                             f"not {persons}, {joints} and {channels}")
        x = clips.permute(0, 1, 3, 4, 2).reshape(n, persons * joints * channels, frames)
        x = self.data_bn(x).view(n * persons, joints, channels, frames)
        return x.permute(0, 2, 3, 1).contiguous(memory_format=torch.channels_last)

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        x = self.features(clips)
        for block in self.blocks:
            x = block(x)
        x = x.mean(dim=(2, 3)).view(len(clips), self.config.persons, -1).mean(dim=1)
        return self.fc(x)
