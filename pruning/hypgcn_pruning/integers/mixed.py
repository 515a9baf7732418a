"""A network of which chosen tensors are those of its design and the others float: what a single layer's integers cost.

Everything is in real units. With all tensors chosen and float64 clips the activations are the integers of the design
times their steps.
"""

import dataclasses
import math
from collections.abc import Collection, Iterator

import torch
import torch.nn.functional as F

from hypgcn.design import Block

from ..network.graph_conv import dead_zone
from ..network.model import ModelConfig
from ..network.temporal_conv import threshold
from .fold_bn import Folded, FoldedBlock
from .fold_scales import FoldedScales
from .pieces import clip_pieces
from .quantise import graph_scales, integers

__all__ = ["BLOCK_SITES", "MixedNetwork", "block_of", "on_grid"]

BLOCK_SITES = ("graph", "z", "spatial", "h", "temporal", "y")
"""Tensors of a block that can be integers, in the order of the network: ``spatial`` with ``down``, ``temporal`` with
``res``, which share an accumulator, and both with their multipliers, biases and the gain of the identity shortcut."""
SCALES_SITES = ("graph", "z", "spatial", "h", "reduce", "p", "branches", "q", "temporal", "y")
"""The same of a multi-scale block."""


def block_of(site: str) -> int:
    """Number of the block of ``site`` from 0; -1 before the first, and for the classifier a number above all."""
    if site == "head":
        return 1 << 30
    return int(site.split(".")[1]) if site.startswith("blocks.") else -1


def on_grid(values: torch.Tensor, scale: float, low: int = -128, theta: int = 0) -> torch.Tensor:
    """``values`` rounded half up to steps of ``scale``, saturated at ``low``..127, magnitudes up to ``theta`` 0."""
    # Sums of integers end on ties exactly, which real units blur in their last bits.
    half = 0.5 + 1024 * torch.finfo(values.dtype).eps
    steps = torch.floor(values / scale + half).clamp_(low, 127)
    return (steps * (steps.abs() > theta) if theta else steps) * scale


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Grids:
    """The integers of one block, and the step of each of its tensors."""

    block: Block
    x: float
    z: float
    h: float
    y: float
    p: float = 1.0
    q: float = 1.0

    @property
    def summed(self) -> float:
        """Step of what ``temporal`` reads."""
        return self.h if self.block.scales is None else self.q

    def gain(self, name: str) -> float:
        """Gain of the identity shortcut into ``h`` or ``y``."""
        mult, up, down = (getattr(self.block, f"{name}_{part}") for part in ("res_mult", "res_shift", "shift"))
        return mult * 2.0 ** (up - down) * getattr(self, name) / self.x

    def stage(self, name: str, weight: str, scale: float) -> dict[str, torch.Tensor]:
        """Real weights and bias of the accumulator behind ``name`` (p or q), as the design has them."""
        scales = self.block.branched
        unit = 2.0 ** -getattr(scales, f"{name}_shift") * getattr(self, name)
        step = torch.from_numpy(getattr(scales, f"{name}_mult").astype(float)) * unit
        grid = torch.from_numpy(getattr(scales, weight)).double()
        return {weight: grid * step.view(-1, *[1] * (grid.dim() - 1)) / scale,
                f"{name}_bias": torch.from_numpy(getattr(scales, f"{name}_bias")).double() * unit}

    def convolution(self, name: str, weight: str, side: str, scale: float) -> dict[str, torch.Tensor | None]:
        """Real weights and bias of the accumulator behind ``name`` (h or y), as the design has them."""
        block = self.block
        unit = 2.0 ** -getattr(block, f"{name}_shift") * getattr(self, name)
        step = torch.from_numpy(getattr(block, f"{name}_mult").astype(float)) * unit
        main, other = getattr(block, weight), getattr(block, side)
        return {weight: torch.from_numpy(main).double() * step[:, None, None] / scale,
                side: None if other is None else torch.from_numpy(other).double() * step[:, None] / self.x,
                f"{name}_bias": torch.from_numpy(getattr(block, f"{name}_bias")).double() * unit}


def _cast(entry, dtype: torch.dtype):
    """``entry``, a dataclass of tensors, with its real ones of another type."""
    changed = {name: _cast(value, dtype) if dataclasses.is_dataclass(value) else value.to(dtype)
               for name, value in vars(entry).items() if dataclasses.is_dataclass(value)
               or isinstance(value, torch.Tensor) and value.is_floating_point()}
    return dataclasses.replace(entry, **changed)


class MixedNetwork:
    """``folded`` and its integers with ``scales``, of which any set of tensors can be chosen.

    Parameters
    ----------
    folded : Folded
    scales : dict of float
        As of :func:`~.quantise.calibrate`.
    shape : ModelConfig
    dtype : torch.dtype
        float32 for speed; with float64 nothing but ties differs from the design.

    Attributes
    ----------
    sites : tuple of str
        Names of what can be integers: ``clips``, ``x1``, ``blocks.B.NAME`` (:data:`BLOCK_SITES`), ``head``.
    integers : Integers
    grids : list
        Integers and steps of every block.
    head_weights, head_bias : torch.Tensor
        The classifier on its grid.
    """

    def __init__(self, folded: Folded, scales: dict[str, float], shape: ModelConfig, dtype=torch.float32):
        self.scales, self.dtype = scales, dtype
        self.integers = integers(folded, scales, shape)
        self.sites = ("clips", "x1", *(f"blocks.{index}.{name}" for index, block in enumerate(folded.blocks)
                                       for name in (BLOCK_SITES if block.scales is None else SCALES_SITES)), "head")
        self.folded = dataclasses.replace(_cast(folded, dtype), blocks=tuple(_cast(b, dtype) for b in folded.blocks))
        steps = [scales["x1"], *(scales[f"blocks.{index}.y"] for index in range(len(folded.blocks)))]
        self.grids = [_Grids(block=block, x=steps[index], z=z, h=scales[f"blocks.{index}.h"], y=steps[index + 1],
                             **({} if block.scales is None else {name: scales[f"blocks.{index}.{name}"]
                                                                 for name in "pq"}))
                      for index, (block, z) in enumerate(zip(self.integers.blocks, graph_scales(folded, scales)))]
        frames = -(-shape.frames // math.prod(stride for _, stride in shape.blocks))
        step = self.integers.logit_scale / steps[-1] * shape.persons * frames * shape.skeleton.joints
        self.head_weights = (torch.from_numpy(self.integers.head).double() * step).to(dtype)
        self.head_bias = (torch.from_numpy(self.integers.head_bias).double() * self.integers.logit_scale).to(dtype)

    def first(self, clips: torch.Tensor, chosen: Collection[str]) -> torch.Tensor:
        """X of block 1 (N * M, C, T, V) of prepared ``clips`` (N, M, T, V, C)."""
        clips, folded = clips.to(self.dtype), self.folded
        gain, offset = folded.gain, folded.offset
        if "clips" in chosen:
            clips = on_grid(clips, self.scales["clips"])
        if "x1" in chosen:
            unit = 2.0**-self.integers.input_shift * self.scales["x1"]
            gain = (torch.from_numpy(self.integers.input_mult).double() * unit / self.scales["clips"]).to(self.dtype)
            offset = (torch.from_numpy(self.integers.input_bias).double() * unit).to(self.dtype)
        x = (clips.permute(0, 1, 4, 2, 3) * gain[:, :, None] + offset[:, :, None]).flatten(0, 1)
        return on_grid(x, self.scales["x1"]) if "x1" in chosen else x

    def weights(self, index: int, chosen: Collection[str]) -> tuple[FoldedBlock, float, float]:
        """A block with the chosen weights, and the gains of its identity shortcuts."""
        block, grids = self.folded.blocks[index], self.grids[index]
        changed: dict[str, torch.Tensor | None] = {}
        gains = [1.0, 1.0]
        if f"blocks.{index}.graph" in chosen:
            unit = grids.z / (grids.x * 2.0**grids.block.graph_shift)
            changed["graph"] = torch.from_numpy(grids.block.graph).double() * unit
        if f"blocks.{index}.spatial" in chosen:
            changed |= grids.convolution("h", "spatial", "down", grids.z)
            gains[0] = grids.gain("h")
        if f"blocks.{index}.temporal" in chosen:
            changed |= grids.convolution("y", "temporal", "res", grids.summed)
            gains[1] = grids.gain("y")
        real: dict = {name: None if value is None else value.to(self.dtype) for name, value in changed.items()}
        if block.scales is not None:
            behind: dict[str, torch.Tensor] = {}
            for name, weight, step in (("p", "reduce", grids.h), ("q", "branches", grids.p)):
                if f"blocks.{index}.{weight}" in chosen:
                    behind |= grids.stage(name, weight, step)
            real["scales"] = dataclasses.replace(block.scales, **{name: value.to(self.dtype)
                                                                  for name, value in behind.items()})
        return dataclasses.replace(block, **real), *gains

    def block(self, index: int, x: torch.Tensor, chosen: Collection[str]) -> dict[str, torch.Tensor]:
        """``z``, ``h``, ``p``, ``q``, ``y`` of a block behind their thresholds; ``h_total`` and so on before ReLUs."""
        block, h_gain, y_gain = self.weights(index, chosen)
        grids = self.grids[index]
        z = dataclasses.replace(block, theta_z=0.0).z(x)
        if f"blocks.{index}.z" in chosen:
            z = on_grid(z, grids.z, theta=grids.block.threshold_z)
        else:
            z = dead_zone(z, block.theta_z)
        h_total = block.h_total(x, z, h_gain)
        h = F.relu(h_total)
        if f"blocks.{index}.h" in chosen:
            h = on_grid(h, grids.h, 0, grids.block.threshold_h)
        else:
            h = threshold(h, torch.tensor(block.theta_h))
        made = {"z": z, "h_total": h_total, "h": h}
        if block.scales is not None:
            made |= self._behind_h(index, block.scales, h, chosen)
        y_total = block.y_total(x, made.get("q", h), y_gain)
        y = F.relu(y_total)
        if f"blocks.{index}.y" in chosen:
            y = on_grid(y, grids.y, 0, grids.block.threshold_y)
        else:
            y = threshold(y, torch.tensor(block.theta_y))
        return {**made, "y_total": y_total, "y": y}

    def _behind_h(self, index: int, scales: FoldedScales, h: torch.Tensor,
                  chosen: Collection[str]) -> dict[str, torch.Tensor]:
        """``p`` and ``q`` of :meth:`block`, and their totals."""
        grids = self.grids[index]
        own = grids.block.branched
        p_total = scales.p_total(h)
        p = F.relu(p_total)
        if f"blocks.{index}.p" in chosen:
            p = on_grid(p, grids.p, 0, own.threshold_p)
        else:
            p = threshold(p, torch.tensor(scales.theta_p))
        p = scales.highest(p)
        q_total = scales.q_total(p)
        q = F.relu(q_total)
        if f"blocks.{index}.q" in chosen:
            q = on_grid(q, grids.q, 0, own.threshold_q)
        else:
            q = threshold(q, torch.tensor(scales.theta_q))
        return {"p_total": p_total, "p": p, "q_total": q_total, "q": q}

    def logits(self, x: torch.Tensor, clips: int, chosen: Collection[str]) -> torch.Tensor:
        """Logits (``clips``, classes) of the last block's Y."""
        pooled = x.view(clips, -1, *x.shape[1:])
        if "head" in chosen:
            return pooled.mean(dim=(1, 3, 4)) @ self.head_weights.T + self.head_bias
        return pooled.mean(dim=(1, 3, 4)) @ self.folded.head.T + self.folded.head_bias

    def tensors(self, clips: torch.Tensor, chosen: Collection[str]) -> Iterator[tuple[str, torch.Tensor]]:
        """Pairs as of :meth:`~.fold_bn.Folded.tensors`, in real units."""
        x = self.first(clips, chosen)
        yield "x1", x
        for index in range(len(self.grids)):
            made = self.block(index, x, chosen)
            yield from ((f"blocks.{index}.{name}", made[name]) for name in self.folded.blocks[index].names)
            x = made["y"]
        yield "logits", self.logits(x, len(clips), chosen)

    def predict(self, clips: torch.Tensor, chosen: Collection[str], size: int = 32) -> torch.Tensor:
        """Logits of prepared ``clips``, at most ``size`` at a time; of long ones fewer."""
        with torch.inference_mode():
            return torch.cat([self._logits_of(part, chosen) for piece in clip_pieces(clips)
                              for part in piece.split(size)])

    def _logits_of(self, clips: torch.Tensor, chosen: Collection[str]) -> torch.Tensor:
        x = self.first(clips, chosen)
        for index in range(len(self.grids)):
            x = self.block(index, x, chosen)["y"]
        return self.logits(x, len(clips), chosen)
