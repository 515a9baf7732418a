"""Post-training quantisation to the integers of ``docs/numbers.md``: scales from calibration clips, weights per output
channel."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from hypgcn.design import BANK, Block, Design, Scales
from hypgcn.design.clip import Preparation

from ..config import QuantiseConfig
from ..network.model import ModelConfig, Network
from .fold_bn import Folded, FoldedBlock, fold
from .fold_scales import FoldedScales
from .pieces import Places, tensor_pieces
from .scales import best_scale, ceil_log2, drawn_places, floor_log2, shortcut_scale

__all__ = ["quantise", "calibrate", "calibrate_folded", "check_scales", "integers", "Integers", "graph_scales",
           "multipliers"]


def _rows(weight: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """int8 ``weight`` (O, ...) and its step per output; an all-zero row has step 0."""
    step = weight.flatten(1).abs().amax(1) / 127
    grid = (weight / step.clamp_min(1e-30).view(-1, *[1] * (weight.dim() - 1))).round().clamp(-127, 127)
    return grid.to(torch.int8).numpy(), step.numpy()


def multipliers(gains: np.ndarray, biases: np.ndarray, limit: int = 65535) -> tuple[np.ndarray, np.ndarray, int]:
    """``mult``, ``bias`` and the one ``shift`` with ``mult / 2^shift`` nearest ``gains`` and ``bias / 2^shift`` nearest
    ``biases``.

    The shift is the largest that keeps multipliers within ``limit`` and biases below 2^40. A gain that would need more
    than that raises :exc:`ValueError`. """
    largest = max(float(np.abs(gains).max()), 1e-30)
    shift = min(31, floor_log2((limit + 0.49) / largest))
    largest_bias = max(float(np.abs(biases).max()), 1e-30)
    shift = min(shift, floor_log2((2.0**40 - 1) / largest_bias))
    if shift < 1:
        raise ValueError(f"gains up to {largest:.3g} and biases up to {largest_bias:.3g} steps do not fit multipliers "
                         f"of at most {limit}: a scale is degenerate")
    return (np.rint(gains * 2.0**shift).astype(np.int32), np.rint(biases * 2.0**shift).astype(np.int64), shift)


def _shortcut(ratio: float, shift: int) -> tuple[int, int]:
    """``res_mult``, ``res_shift`` with ``res_mult * 2^(res_shift - shift)`` nearest ``ratio``: 12 bits of
    multiplier."""
    scaled = ratio * 2.0**shift
    res_shift = min(24, max(0, ceil_log2(max(scaled, 1e-30) / 4095.49)))
    mult = round(scaled / 2.0**res_shift)
    if not 0 <= mult <= 4095:
        raise ValueError(f"a shortcut's gain of {ratio:.3g} at shift {shift} does not fit 12 bits and a shift of 24: a "
                         f"scale is degenerate")
    return mult, res_shift


def _theta(theta: float, scale: float) -> int:
    """Integer threshold: a value of half a step more than it survives."""
    return min(127, math.floor(theta / scale))


def _joint(main: torch.Tensor, main_scale: float, side: torch.Tensor | None, side_scale: float):
    """Two weight tensors (O, ...) that share an accumulator: each channel gets one scale of the sum, the step of a
    product."""
    weights = [main.flatten(1) * main_scale] + ([] if side is None else [side * side_scale])
    grid, step = _rows(torch.cat(weights, 1))
    width = weights[0].shape[1]
    return grid[:, :width].reshape(main.shape), None if side is None else np.ascontiguousarray(grid[:, width:]), step


def _requant(step: np.ndarray, bias: torch.Tensor, scale: float, identity: bool, x_scale: float):
    """mult, bias, shift, res_mult, res_shift of one requantiser."""
    mult, offset, shift = multipliers(step / scale, bias.numpy() / scale)
    res_mult, res_shift = _shortcut(x_scale / scale, shift) if identity else (0, 0)
    return mult, offset, shift, res_mult, res_shift


def _graph(graph: torch.Tensor, x_scale: float, z_scale: float) -> tuple[np.ndarray, int, float]:
    """int8 graph, its shift, and the scale that Z really has: the graph's step follows from the shift and is free
    otherwise."""
    smallest = max(float(graph.abs().max()) / 127, 1e-30)
    shift = min(15, max(1, floor_log2(max(z_scale / (x_scale * smallest), 2))))
    step = max(z_scale / (x_scale * 2.0**shift), smallest)
    return (graph / step).round().clamp(-127, 127).to(torch.int8).numpy(), shift, x_scale * step * 2.0**shift


def _scales(scales: FoldedScales, h_scale: float, p_scale: float, q_scale: float) -> Scales:
    reduce, _, p_step = _joint(scales.reduce, h_scale, None, 0.0)
    branches, _, q_step = _joint(scales.branches, p_scale, None, 0.0)
    p_mult, p_bias, p_shift = multipliers(p_step / p_scale, scales.p_bias.numpy() / p_scale)
    q_mult, q_bias, q_shift = multipliers(q_step / q_scale, scales.q_bias.numpy() / q_scale)
    taps = np.stack([branches[:, :, start:start + BANK].any(axis=(0, 2)) for start in range(0, len(reduce), BANK)])
    return Scales(
        p_channels=len(reduce), q_channels=len(branches), p_shift=p_shift, q_shift=q_shift,
        threshold_p=_theta(scales.theta_p, p_scale), threshold_q=_theta(scales.theta_q, q_scale),
        max_first=scales.max_first, max_channels=scales.max_channels, p_depths=(), q_depths=(),
        dense_channels=scales.dense_channels, dense_weights=scales.dense_weights, reduce=reduce,
        taps=taps.astype(np.uint8), branches=branches, p_mult=p_mult, p_bias=p_bias, q_mult=q_mult, q_bias=q_bias)


def _block(block: FoldedBlock, x_scale: float, scales: dict[str, float], joints: int) -> Block:
    """``block`` on the grids of ``scales``, by the letter of the tensor."""
    h_scale, y_scale = scales["h"], scales["y"]
    graph, graph_shift, z_scale = _graph(block.graph, x_scale, scales["z"])
    spatial, down, h_step = _joint(block.spatial, z_scale, block.down, x_scale)
    behind = None if block.scales is None else _scales(block.scales, h_scale, scales["p"], scales["q"])
    temporal, res, y_step = _joint(block.temporal, h_scale if behind is None else scales["q"], block.res, x_scale)
    h_mult, h_bias, h_shift, h_res_mult, h_res_shift = _requant(h_step, block.h_bias, h_scale,
                                                                block.shortcut_h == "identity",
                                                                x_scale)
    y_mult, y_bias, y_shift, y_res_mult, y_res_shift = _requant(y_step, block.y_bias, y_scale,
                                                                block.shortcut_y == "identity",
                                                                x_scale)
    outputs, inputs = len(h_mult), len(block.kept)
    return Block(
        in_channels=inputs, out_channels=outputs, stride=block.stride, shortcut_h=block.shortcut_h,
        shortcut_y=block.shortcut_y, graph_shift=graph_shift, h_shift=h_shift, y_shift=y_shift, h_res_mult=h_res_mult,
        h_res_shift=h_res_shift, y_res_mult=y_res_mult, y_res_shift=y_res_shift,
        threshold_z=_theta(block.theta_z, z_scale), threshold_h=_theta(block.theta_h, h_scale),
        threshold_y=_theta(block.theta_y, y_scale),
        x_depths=(), h_depths=(), scales=behind,
        kept=block.kept.numpy(), filters=block.filters.numpy(), taps=block.taps.numpy(), graph=graph, spatial=spatial,
        down=down, temporal=temporal, res=res, h_mult=h_mult, h_bias=h_bias, y_mult=y_mult, y_bias=y_bias,
    ).with_whole_stores(joints)


def calibrate(model: Network, clips: torch.Tensor, lowest: float = 0.4) -> dict[str, float]:
    """Step of every tensor from prepared ``clips`` (N, M, T, V, C): ``clips``, ``x1``, and for block b from 0
    ``blocks.b.z``, ``blocks.b.h``, ``blocks.b.y``.

    Each is the best as if the tensor were quantised alone; into H and Y, an identity shortcut moves it a little
    (:func:`~.scales.shortcut_scale`).
    """
    return calibrate_folded(fold(model), clips, lowest)


def calibrate_folded(folded: Folded, clips: torch.Tensor, lowest: float = 0.4) -> dict[str, float]:
    """As :func:`calibrate`, of a folded network."""
    drawn: dict[str, Places] = {}
    with torch.inference_mode():
        for name, first, tensor in tensor_pieces(folded, clips):
            if name == "logits":
                continue
            of_clip = tensor[:clips.shape[1]].numel()
            if name not in drawn:
                drawn[name] = Places(drawn_places(of_clip * len(clips)))
            drawn[name].add(of_clip * first, tensor.flatten())
    scales = {"clips": best_scale(clips.double(), 1.0)}
    x_scale = 1.0
    for name, places in drawn.items():
        scale = best_scale(places.values, lowest)
        if _behind_identity(folded, name):
            scale = shortcut_scale(scale, x_scale)
        scales[name] = scale
        if name == "x1" or name.endswith(".y"):
            x_scale = scale
    return scales


def _behind_identity(folded: Folded, name: str) -> bool:
    """``name`` is an H or Y to which X is added as it is."""
    if name == "x1":
        return False
    _, index, tensor = name.split(".")
    block = folded.blocks[int(index)]
    return tensor == "h" and block.shortcut_h == "identity" or tensor == "y" and block.shortcut_y == "identity"


def check_scales(model: Network, scales: dict[str, float]):
    """Raise :exc:`ValueError` unless ``scales`` holds a positive number for every tensor of ``model``."""
    names = {"clips", "x1", *(f"blocks.{index}.{name}" for index in range(model.depth)
             for name in ("zhpqy" if model.config.branches else "zhy"))}
    if scales.keys() != names:
        odd = ", ".join(sorted(scales.keys() ^ names)[:4])
        letters = "z, h, p, q and y" if model.config.branches else "z, h and y"
        raise ValueError(f"scales must hold clips, x1, and {letters} of {model.depth} blocks; missing or unknown: "
                         f"{odd}")
    for name, scale in scales.items():
        if isinstance(scale, bool) or not isinstance(scale, float) or not 0 < scale < math.inf:
            raise ValueError(f"scales: {name} must be a positive number, not {scale!r}")


def graph_scales(folded: Folded, scales: dict[str, float]) -> list[float]:
    """Step that Z of each block really has: the shift of the graph product allows no other."""
    inputs = [scales["x1"], *(scales[f"blocks.{index}.y"] for index in range(len(folded.blocks) - 1))]
    return [_graph(block.graph, x_scale, scales[f"blocks.{index}.z"])[2]
            for index, (block, x_scale) in enumerate(zip(folded.blocks, inputs))]


@dataclass(frozen=True, kw_only=True)
class Integers:
    """All integers of a design, and the step of its logits; the members are those of
    :class:`hypgcn.design.Design`."""

    input_mult: np.ndarray
    input_bias: np.ndarray
    input_shift: int
    blocks: tuple[Block, ...]
    head: np.ndarray
    head_bias: np.ndarray
    logit_scale: float


def integers(folded: Folded, scales: dict[str, float], shape: ModelConfig) -> Integers:
    """``folded`` on the grids of ``scales``."""
    x_scale = scales["x1"]
    mult, bias, shift = multipliers((folded.gain * scales["clips"] / x_scale).numpy(),
                                    (folded.offset / x_scale).numpy())
    blocks = []
    for index, block in enumerate(folded.blocks):
        own = {name: scales[f"blocks.{index}.{name}"] for name in block.names}
        blocks.append(_block(block, x_scale, own, shape.skeleton.joints))
        x_scale = own["y"]
    head, head_step = _rows(folded.head.reshape(1, -1))
    frames = -(-shape.frames // math.prod(stride for _, stride in shape.blocks))
    logit_scale = float(head_step[0]) * x_scale / (shape.persons * frames * shape.skeleton.joints)
    if logit_scale == 0:
        raise ValueError("fc.weight must not be all zero")
    return Integers(input_mult=mult, input_bias=bias, input_shift=shift, blocks=tuple(blocks),
                    head=head.reshape(folded.head.shape), logit_scale=logit_scale,
                    head_bias=np.rint(folded.head_bias.numpy() / logit_scale).astype(np.int64))


def quantise(model: Network, clips: torch.Tensor, config: QuantiseConfig, *, preparation: Preparation | None = None,
             class_names: tuple[str, ...] = (), scales: dict[str, float] | None = None,
             folded: Folded | None = None) -> Design:
    """Int8 design of ``model``. Its stores have full depth, so that nothing overflows; :func:`~.compile.compile_design`
    plans them.

    Parameters
    ----------
    model : Network
        Without the data-dependent graph.
    clips : torch.Tensor (N, M, T, V, C)
        Prepared calibration clips, used where ``scales`` is left out.
    config : QuantiseConfig
        Its ``epochs`` are not used here.
    preparation : Preparation or None
        Kept in the design's meta.
    class_names : tuple of str
        Names of the classes, or empty.
    scales : dict of float or None
        Step of every tensor, as :func:`calibrate` returns them.
    folded : Folded or None
        What goes onto the grids where it is not ``model`` as it is (:mod:`~.remedies`).
    """
    shape = model.config
    if scales is None:
        scales = calibrate(model, clips, config.lowest)
    check_scales(model, scales)
    tensors = integers(folded or fold(model), scales, shape)
    meta: dict = {"weights": "trained", "skeleton": shape.skeleton.to_dict()}
    if preparation is not None:
        meta["preparation"] = preparation.to_dict()
    return Design(
        name=config.name, frames=shape.frames, joints=shape.skeleton.joints, persons=shape.persons,
        channels=shape.channels, classes=shape.classes, class_names=tuple(class_names),
        subsets=len(tensors.blocks[0].graph), kernel=shape.kernel, input_scale=scales["clips"], meta=meta,
        **vars(tensors))
