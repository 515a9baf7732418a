"""The integer contract of ``docs/numbers.md`` in torch, for many clips at once: an implementation of its own, for
checking and for whole data sets.

All tensors are integers in float32, which are exact up to 2^24: activations have 8 bits. Sums of products are matrix
products in float32 where no sum can exceed that, else in float64, exact up to 2^53; sums before a requantiser have at
most 48 bits and are in float64. Both bounds are checked from the weights (:mod:`~hypgcn_pruning.integers.products`).
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch

from hypgcn.design import Design

from .integer_block import IntegerBlock, zeroed
from .products import Requant
from .raw_input import prepare_raw

__all__ = ["IntegerNetwork", "clips_at_a_time", "predict_integer", "run_integer"]

FRAMES = 320
"""Frames of all persons and clips in a batch: the tensors of one block are in memory, and larger batches are slower."""

See = Callable[[int, Mapping[str, torch.Tensor]], None]


class IntegerNetwork:
    """A design whose weights are prepared for many batches.

    Parameters
    ----------
    design : Design
    """

    def __init__(self, design: Design):
        self.design = design
        mult, bias = (array.transpose(0, 2, 1)[:, None] for array in (design.input_mult, design.input_bias))
        self.to_x = Requant(mult, bias, design.input_shift, -128, 127, 1 << (design.input_width - 1))
        self.blocks = [IntegerBlock(block) for block in design.blocks]
        self.head, self.head_bias = (torch.from_numpy(array.astype(np.int64))
                                     for array in (design.head, design.head_bias))

    def run(self, clips, threshold_raise: int = 0, see: See | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits int64 (N, classes) and overflow int64 (N,), the truncated vectors of each clip.

        Parameters
        ----------
        clips : int8 (N, M, T, V, C), or int16 with raw input
        threshold_raise : int
            0..127, added to the thresholds of H and Y.
        see : callable or None
            Is given the number of each block, from 0, and its tensors (:meth:`~.integer_block.IntegerBlock.run`), with
            a row for every (clip, person). Nothing keeps them but it.

        Raises
        ------
        ValueError
            Clips that are not of the design's type or shape.
        """
        design, clips = self.design, torch.as_tensor(np.asarray(clips))
        shape, kind = design.clip_shape, torch.int8 if design.raw is None else torch.int16
        if clips.dim() != 5 or tuple(clips.shape[1:]) != shape or clips.dtype != kind:
            raise ValueError(f"clips must be {design.clip_type} of shape (clips, {', '.join(map(str, shape))}), not "
                             f"{clips.dtype} of {tuple(clips.shape)}")
        if design.raw is not None:
            clips = prepare_raw(clips, design.raw)
        if not 0 <= threshold_raise <= 127:
            raise ValueError(f"threshold_raise must be in 0..127, not {threshold_raise!r}")
        x = zeroed(self.to_x(clips), design.input_threshold).flatten(0, 1)
        overflow = torch.zeros(len(x), dtype=torch.int64)
        for index, block in enumerate(self.blocks):
            made = block.run(x, threshold_raise)
            overflow += sum(lost.sum(1) for name, lost in made.items() if name.endswith("_lost"))
            if see is not None:
                see(index, made)
            x = made["y"]
            del made  # or the next block would run with the tensors of this one in memory
        pooled = x.view(len(clips), -1, x.shape[-1]).sum(1, dtype=torch.float64).long()
        return pooled @ self.head.T + self.head_bias, overflow.view(len(clips), -1).sum(1)


def run_integer(design: Design, clips, threshold_raise: int = 0) -> dict[str, torch.Tensor]:
    """All tensors of ``clips`` (N, M, T, V, C), int64, the last index is the channel; for a few clips.

    ``logits`` (N, classes); ``overflow`` (N,), the truncated vectors of each clip; and with a row for every (clip,
    person): ``x1``, and for block b from 0 ``blocks.b.NAME`` with the names ``x_stored``, ``x_lost``, ``z`` (N * M, K,
    T, V, C), ``a``, ``h``, ``h_stored``, ``h_lost``, ``b``, ``y``. """
    tensors: dict[str, torch.Tensor] = {}

    def see(index: int, made: Mapping[str, torch.Tensor]):
        for name, tensor in made.items():
            if name == "z":
                n, frames, subsets, joints, _ = tensor.shape
                tensors[f"blocks.{index}.z"] = full = torch.zeros(
                    n, subsets, frames, joints, made["x"].shape[-1], dtype=torch.int64)
                full[..., network.blocks[index].kept] = tensor.transpose(1, 2).long()
            elif name != "x":
                tensors[f"blocks.{index}.{name}"] = tensor.long()
            elif not index:
                tensors["x1"] = tensor.long()

    network = IntegerNetwork(design)
    tensors["logits"], tensors["overflow"] = network.run(clips, threshold_raise, see)
    return tensors


def clips_at_a_time(design: Design) -> int:
    """Clips of a batch, at least 1."""
    return max(1, FRAMES // (design.persons * design.frames))


def predict_integer(design: Design | IntegerNetwork, clips, size: int | None = None,
                    threshold_raise: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """``logits`` and ``overflow`` of many clips, in batches of ``size`` (default: :func:`clips_at_a_time`).

    Nothing else is kept of a batch. It computes on one thread: its products are small, and threads that wait for each
    other take many times as long on a machine that does something else beside it.
    """
    network = design if isinstance(design, IntegerNetwork) else IntegerNetwork(design)
    size = size or clips_at_a_time(network.design)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        batches = [network.run(clips[i:i + size], threshold_raise) for i in range(0, len(clips), size)]
    finally:
        torch.set_num_threads(threads)
    return torch.cat([logits for logits, _ in batches]), torch.cat([overflow for _, overflow in batches])
