"""Quantisation-aware training: a network whose forward pass is the integer arithmetic of ``docs/numbers.md``, while its
gradients are those of the float network (straight-through)."""

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from hypgcn.design import Block, Scales

from ..config import QuantiseConfig, TrainConfig, fine_tuning
from ..network.model import Network
from ..recordings.data import Clips
from ..training.train import train
from .fold_bn import Folded, FoldedBlock, fold, fold_differentiably, spread_bias
from .fold_scales import FoldedScales
from .quantise import check_scales, graph_scales, integers

__all__ = ["FakeQuantNetwork", "train_aware"]


class _Straight(torch.autograd.Function):
    """The second argument, with the gradient of the first."""

    @staticmethod
    def forward(ctx, real, value):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def _as(array, real: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The integers ``array`` (or numbers made of them) as values of the differentiable ``real``."""
    value = torch.as_tensor(array).to(real.device, dtype)
    return _Straight.apply(real.to(dtype), value.reshape(real.shape))


class _Rounded(torch.autograd.Function):
    """Round half up, saturate, cut magnitudes up to theta; what lies beyond the range or is cut has no gradient."""

    @staticmethod
    def forward(ctx, x, low, high, theta=0):
        inside = (x >= low) & (x <= high)
        value = torch.floor(x + 0.5).clamp_(low, high)
        if theta:
            beyond = value.abs() > theta
            inside &= beyond
            value *= beyond
        ctx.save_for_backward(inside)
        return value

    @staticmethod
    def backward(ctx, gradient):
        return gradient * ctx.saved_tensors[0], None, None, None


def _plain(entry):
    """``entry``, a dataclass of tensors, without gradients and on the CPU."""
    changed = {name: _plain(value) if dataclasses.is_dataclass(value) else value.detach().cpu()
               for name, value in vars(entry).items()
               if isinstance(value, torch.Tensor) or dataclasses.is_dataclass(value)}
    return dataclasses.replace(entry, **changed)


def _steps(real: torch.Tensor, grid, scale: float) -> torch.Tensor:
    """``real`` weights (O, ...) times ``scale`` in steps of their output channel's ``grid`` (one step for each)."""
    step = torch.where(grid > 0, grid, 1).to(real.device)
    return real * scale / step.view(-1, *[1] * (real.dim() - 1))


class FakeQuantNetwork(Network):
    """``model`` as the design computes it that :func:`~.quantise.quantise` makes of it with ``scales``.

    Activations are whole numbers in floating point. Those behind an accumulator are
    ``clamp(floor(acc * mult / 2^shift + bias / 2^shift + 1/2))``: with float64 clips exactly the integers of the
    design, with float32 ones up to ties that the 24 bits of its numbers decide otherwise. Weights, multipliers, biases
    and thresholds are computed anew in every pass by the code that makes designs, so that nothing can differ. Batch
    norms stay as they are in evaluation, their gains and offsets are trained. The steps of activations stay those of
    ``scales``; a value beyond their range has no gradient.

    State and parameter names are those of ``model``. """

    def __init__(self, model: Network, scales: dict[str, float]):
        super().__init__(model.config)
        check_scales(model, scales)
        fold(model)
        self.load_state_dict(model.state_dict())
        self.scales = dict(scales)

    def train(self, mode: bool = True):
        """Training mode for all but the batch norms."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.eval()
        return self

    def tensors(self, clips: torch.Tensor):
        """Pairs (name, tensor) as of :meth:`~.fold_bn.Folded.tensors`, in steps; Z of the kept channels
        only; at last ``logits``, at their real scale."""
        real = fold_differentiably(self)
        plain: Folded = dataclasses.replace(_plain(real), blocks=tuple(map(_plain, real.blocks)))
        design = integers(plain, self.scales, self.config)
        scales, dtype = self.scales, clips.dtype
        q = torch.floor(clips / scales["clips"] + 0.5).clamp(-128, 127).permute(0, 1, 4, 2, 3)
        unit = 2.0**-design.input_shift
        gain = _as(design.input_mult * unit, real.gain * scales["clips"] / scales["x1"], dtype)
        offset = _as(design.input_bias * unit, real.offset / scales["x1"], dtype)
        x = _Rounded.apply(q * gain[:, :, None] + offset[:, :, None], -128, 127).flatten(0, 1)
        yield "x1", x
        x_scale = scales["x1"]
        z_scales = graph_scales(plain, scales)
        for index, (block, grid) in enumerate(zip(real.blocks, design.blocks)):
            h_scale, y_scale = scales[f"blocks.{index}.h"], scales[f"blocks.{index}.y"]
            z = _z(block, grid, x, x_scale, z_scales[index])
            yield f"blocks.{index}.z", z
            h = _h(block, grid, x, z, x_scale, z_scales[index], h_scale)
            yield f"blocks.{index}.h", h
            if block.scales is not None:
                p_scale, q_scale = scales[f"blocks.{index}.p"], scales[f"blocks.{index}.q"]
                p = _p(block.scales, grid.branched, h, h_scale, p_scale)
                yield f"blocks.{index}.p", p
                h, h_scale = _q(block.scales, grid.branched, p, p_scale, q_scale), q_scale
                yield f"blocks.{index}.q", h
            x = _y(block, grid, x, h, x_scale, h_scale, y_scale)
            yield f"blocks.{index}.y", x
            x_scale = y_scale
        total = x.view(len(clips), -1, *x.shape[1:]).sum(dim=(1, 3, 4))
        mean = x_scale * len(clips) / x.shape[0] / x[0, 0].numel()
        head = _as(design.head, real.head * (mean / design.logit_scale), dtype)
        bias = _as(design.head_bias, real.head_bias / design.logit_scale, dtype)
        yield "logits", (total @ head.T + bias) * design.logit_scale

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        return dict(self.tensors(clips))["logits"]


def _z(block: FoldedBlock, grid: Block, x: torch.Tensor, x_scale: float, z_scale: float) -> torch.Tensor:
    """Z (N, K, kept, T, V)."""
    unit = 2.0**-grid.graph_shift
    graph = _as(grid.graph, block.graph * (x_scale / (z_scale * unit)), x.dtype)
    kept = x[:, grid.kept.nonzero()[0]]
    z = torch.stack([kept.reshape(len(x), -1, x.shape[3]) @ subset for subset in graph * unit], 1)
    return _Rounded.apply(z.view(len(x), len(graph), *kept.shape[1:]), -128, 127, grid.threshold_z)


def _h(block: FoldedBlock, grid: Block, x: torch.Tensor, z: torch.Tensor, x_scale: float, z_scale: float,
       h_scale: float) -> torch.Tensor:
    """H (N, O, T, V)."""
    unit = 2.0**-grid.h_shift
    step = torch.from_numpy(grid.h_mult) * (unit * h_scale)
    kept = grid.kept.nonzero()[0]
    spatial = _as(grid.spatial, _steps(block.spatial, step, z_scale), x.dtype)[:, :, kept]
    total = F.conv2d(z.flatten(1, 2), spatial.flatten(1)[..., None, None])
    if block.down is not None:
        total = total + F.conv2d(x, _as(grid.down, _steps(block.down, step, x_scale), x.dtype)[..., None, None])
    total = _scaled(total, grid.h_mult, grid.h_bias, unit, block.h_bias / h_scale)
    if grid.shortcut_h == "identity":
        total = total + x * (grid.h_res_mult * 2.0**grid.h_res_shift * unit)
    return _Rounded.apply(total, 0, 127, grid.threshold_h)


def _p(real: FoldedScales, grid: Scales, h: torch.Tensor, h_scale: float, p_scale: float) -> torch.Tensor:
    """P (N, P, T, V) with its running maximum."""
    unit = 2.0**-grid.p_shift
    step = torch.from_numpy(grid.p_mult) * (unit * p_scale)
    weight = _as(grid.reduce, _steps(real.reduce, step, h_scale), h.dtype)
    total = _scaled(F.conv2d(h, weight[..., None, None]), grid.p_mult, grid.p_bias, unit, real.p_bias / p_scale)
    return real.highest(_Rounded.apply(total, 0, 127, grid.threshold_p))


def _q(real: FoldedScales, grid: Scales, p: torch.Tensor, p_scale: float, q_scale: float) -> torch.Tensor:
    """Q (N, Q, T / stride, V)."""
    unit = 2.0**-grid.q_shift
    step = torch.from_numpy(grid.q_mult) * (unit * q_scale)
    weight = _as(grid.branches, _steps(real.branches, step, p_scale), p.dtype).permute(0, 2, 1)[..., None]
    total = F.conv2d(p, weight, None, (real.stride, 1), (weight.shape[2] // 2, 0))
    total = _scaled(total, grid.q_mult, grid.q_bias, unit, real.q_bias / q_scale)
    return _Rounded.apply(total, 0, 127, grid.threshold_q)


def _y(block: FoldedBlock, grid: Block, x: torch.Tensor, h: torch.Tensor, x_scale: float, h_scale: float,
       y_scale: float) -> torch.Tensor:
    """Y (N, O, T / stride, V) of H, or of Q where there are branches."""
    unit = 2.0**-grid.y_shift
    step = torch.from_numpy(grid.y_mult) * (unit * y_scale)
    weight = _as(grid.temporal, _steps(block.temporal, step, h_scale), x.dtype).permute(0, 2, 1)[..., None]
    rows = torch.from_numpy(grid.filters.nonzero()[0] if grid.filters.any() else np.zeros(1, np.int64)).to(x.device)
    total = F.conv2d(h, weight[rows], None, (grid.sum_stride, 1), (weight.shape[2] // 2, 0))
    if len(rows) < len(weight):  # outputs without a weight cost nothing
        total = total.new_zeros(len(x), len(weight), *total.shape[2:]).index_copy(1, rows, total)
    if block.res is not None:
        res = _as(grid.res, _steps(block.res, step, x_scale), x.dtype)
        total = total + F.conv2d(x, res[..., None, None], stride=(grid.stride, 1))
    total = _scaled(total, grid.y_mult, grid.y_bias, unit, block.y_bias / y_scale)
    if grid.shortcut_y == "identity":
        total = total + x * (grid.y_res_mult * 2.0**grid.y_res_shift * unit)
    return _Rounded.apply(total, 0, 127, grid.threshold_y)


def _scaled(total: torch.Tensor, mult, bias, unit: float, real_bias: torch.Tensor) -> torch.Tensor:
    """Accumulators ``total`` (N, O, T, V) at the scale of the output's step."""
    gain = torch.from_numpy(mult * unit).to(total.device, total.dtype)
    return total * gain[:, None, None] + spread_bias(_as(bias * unit, real_bias, total.dtype))


def train_aware(model: Network, scales: dict[str, float], clips: Clips, preparation, config: QuantiseConfig,
                training: TrainConfig, folder, *, info: dict | None = None, progress: bool = True) -> list[dict]:
    """Fine-tune ``model`` in place for ``config.epochs`` with the arithmetic of its design; files and result are those
    of :func:`~.train.train`, accuracies those of the design. The checkpoints' info holds ``scales``, with
    which the design has to be made."""
    if training.precision != "32":
        raise ValueError(f"precision must be 32 where the integers of a design are trained with, not "
                         f"{training.precision!r}")
    aware = FakeQuantNetwork(model, scales)
    history = train(aware, clips, preparation, fine_tuning(training, config.epochs, config.rate), folder,
                    info={**(info or {}), "scales": aware.scales}, progress=progress)
    model.load_state_dict(aware.state_dict())
    return history
