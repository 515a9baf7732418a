"""The float network with every batch norm folded into the convolution before it: what quantisation starts from."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from hypgcn.design import bank_count

from ..network.graph_conv import dead_zone
from ..network.model import Network
from ..network.temporal_conv import threshold
from .fold_scales import FoldedScales, affine, fold_scales, folded

__all__ = ["FoldedBlock", "Folded", "fold", "fold_differentiably", "spread_bias"]


@dataclass(frozen=True, kw_only=True)
class FoldedBlock:
    """Float64 weights of one block, in the shapes of :class:`hypgcn.design.Block`, with its masks and thresholds.

    A block without shortcut into H has one by a convolution whose weights ``down`` are 0.
    """

    stride: int
    shortcut_h: str
    shortcut_y: str
    graph: torch.Tensor
    spatial: torch.Tensor
    down: torch.Tensor | None
    h_bias: torch.Tensor
    temporal: torch.Tensor
    res: torch.Tensor | None
    y_bias: torch.Tensor
    kept: torch.Tensor
    filters: torch.Tensor
    taps: torch.Tensor
    theta_z: float
    theta_h: float
    theta_y: float
    scales: FoldedScales | None = None

    def z(self, x: torch.Tensor) -> torch.Tensor:
        """Z (N, K, C, T, V) of x (N, C, T, V), behind its dead zone; zero for the channels that are dropped."""
        return dead_zone(torch.einsum("nctv,kvw->nkctw", x * self.kept[:, None, None], self.graph), self.theta_z)

    def h_total(self, x: torch.Tensor, z: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
        """H (N, O, T, V) before its ReLU; ``gain`` is that of the identity shortcut."""
        everywhere = self.h_bias if self.h_bias.dim() == 1 else None
        total = F.conv2d(z.flatten(1, 2), self.spatial.flatten(1)[..., None, None], everywhere)
        if everywhere is None:
            total = total + spread_bias(self.h_bias)
        return total + (gain * x if self.down is None else F.conv2d(x, self.down[..., None, None]))

    def h(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """H (N, O, T, V) before its threshold."""
        return F.relu(self.h_total(x, z))

    @property
    def names(self) -> str:
        """Letters of the tensors that it makes, in order."""
        return "zhy" if self.scales is None else "zhpqy"

    def y_total(self, x: torch.Tensor, h: torch.Tensor, gain: float = 1.0) -> torch.Tensor:
        """Y (N, O, T / stride, V) before its ReLU, of H, or of Q where there are branches.

        ``gain`` is that of the identity shortcut.
        """
        weight = self.temporal.permute(0, 2, 1)[..., None]
        stride = self.stride if self.scales is None else 1
        total = F.conv2d(h, weight, self.y_bias, (stride, 1), (weight.shape[2] // 2, 0))
        if self.shortcut_y == "identity":
            total = total + gain * x
        elif self.res is not None:
            total = total + F.conv2d(x, self.res[..., None, None], stride=(self.stride, 1))
        return total

    def y(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """Y (N, O, T / stride, V) before its threshold."""
        return F.relu(self.y_total(x, h))


@dataclass(frozen=True, kw_only=True)
class Folded:
    """The folded network: ``gain``, ``offset`` (M, C, V) of the input affine, blocks, and the classifier."""

    gain: torch.Tensor
    offset: torch.Tensor
    blocks: tuple[FoldedBlock, ...]
    head: torch.Tensor
    head_bias: torch.Tensor

    def tensors(self, clips: torch.Tensor):
        """Pairs (name, tensor) in the order in which the network makes them.

        ``x1`` (N * M, C, T, V), then for block b from 0 ``blocks.b.z``, ``blocks.b.h``, with branches ``blocks.b.p``
        and ``blocks.b.q``, ``blocks.b.y`` (thresholds applied), and ``logits``.
        """
        clips = clips.double()
        x = clips.permute(0, 1, 4, 2, 3) * self.gain[:, :, None] + self.offset[:, :, None]
        x = x.flatten(0, 1)
        yield "x1", x
        for index, block in enumerate(self.blocks):
            z = block.z(x)
            yield f"blocks.{index}.z", z
            h = threshold(block.h(x, z), torch.tensor(block.theta_h))
            yield f"blocks.{index}.h", h
            if block.scales is not None:
                p = threshold(block.scales.p(h), torch.tensor(block.scales.theta_p))
                yield f"blocks.{index}.p", p
                h = threshold(block.scales.q(p), torch.tensor(block.scales.theta_q))
                yield f"blocks.{index}.q", h
            x = threshold(block.y(x, h), torch.tensor(block.theta_y))
            yield f"blocks.{index}.y", x
        pooled = x.view(len(clips), -1, *x.shape[1:]).mean(dim=(1, 3, 4))
        yield "logits", pooled @ self.head.T + self.head_bias


def spread_bias(bias: torch.Tensor) -> torch.Tensor:
    """A bias (O,) or (V, O) as it is added to (N, O, T, V)."""
    return bias[:, None, None] if bias.dim() == 1 else bias.T[:, None]


def _fold_block(block) -> FoldedBlock:
    gcn, tcn = block.gcn1, block.tcn1
    gain, offset = affine(gcn.bn)
    spatial = torch.stack([conv.weight.double()[:, :, 0, 0] for conv in gcn.conv_d], 1) * gain[:, None, None]
    h_bias = sum(conv.bias.double() for conv in gcn.conv_d)
    h_bias = (h_bias if gcn.joint_bias is None else h_bias + gcn.joint_bias.double()) * gain + offset
    down = spatial.new_zeros(block.outputs, block.inputs) if gcn.shortcut == "none" else None
    if gcn.down is not None:
        down, bias = folded(*gcn.down)
        down, h_bias = down[..., 0], h_bias + bias
    read = block.read
    spatial, h_bias = spatial * read[:, None, None], h_bias * read
    down = None if down is None else down * read[:, None]
    temporal, y_bias = folded(tcn.conv, tcn.bn)
    mask = block.temporal_mask()
    temporal = (temporal if mask is None else temporal * mask).permute(0, 2, 1)
    res = None
    if block.residual is not None:
        res, bias = folded(block.residual.conv, block.residual.bn)
        res, y_bias = res[..., 0] * block.carried[:, None], y_bias + bias
    elif block.shortcut_y == "none":
        y_bias = y_bias * block.filters
    return FoldedBlock(
        stride=block.stride, shortcut_h="identity" if down is None else "conv", shortcut_y=block.shortcut_y,
        graph=gcn.graph().double(), spatial=spatial * block.kept, down=down, h_bias=h_bias, temporal=temporal, res=res,
        y_bias=y_bias, kept=block.kept.clone(), filters=block.filters.clone(), taps=_taps_of(block),
        theta_z=float(gcn.theta_z), theta_h=float(block.theta_h), theta_y=float(block.theta_y),
        scales=None if block.scales is None else fold_scales(block.scales, block.read))


def _taps_of(block) -> torch.Tensor:
    """Mask (banks, taps) of what ``temporal`` reads: of H; of Q, behind branches, everything."""
    return block.taps.clone() if block.scales is None else block.taps.new_ones(bank_count(block.scales.width), 1)


def fold(model: Network) -> Folded:
    """``model`` with its batch norms folded. :exc:`ValueError` when it has the data-dependent graph or weights that are
    not finite."""
    if model.config.dynamic_graph:
        raise ValueError("dynamic_graph must be off: the hardware has no data-dependent graph; prune the network first")
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(f"{name} must hold finite numbers only, but has NaN or infinity")
    with torch.no_grad():
        whole = fold_differentiably(model)
        return replace(whole, head=whole.head.clone(), head_bias=whole.head_bias.clone())


def fold_differentiably(model: Network) -> Folded:
    """As :func:`fold`, without its checks: gradients flow to the weights of ``model``, with which the tensors may share
    memory; its batch norms count as they are in evaluation."""
    config = model.config
    gain, offset = (t.view(config.persons, config.skeleton.joints, config.channels).transpose(1, 2)
                    for t in affine(model.data_bn))
    return Folded(gain=gain, offset=offset, blocks=tuple(map(_fold_block, model.blocks)),
                  head=model.fc.weight.double(), head_bias=model.fc.bias.double())
