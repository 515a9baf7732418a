"""Statistics of the activations of an int8 design: densities, and the depths that its stores need."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from hypgcn.design import MINI_BANKS, Design
from hypgcn.progress import Progress

from ..integers.integer import clips_at_a_time, entries_per_mini_bank, run_integer, vectors_of

__all__ = ["BlockStatistics", "StoreStatistics", "measure_blocks"]


@dataclass(frozen=True, kw_only=True)
class StoreStatistics:
    """Statistics of one store.

    Parameters
    ----------
    density : float
        Share of non-zero values, 0..1.
    max_entries : tuple of int
        For each mini-bank j the largest number of vectors with more than ``4 j`` non-zeros that one row had.
    """

    density: float
    max_entries: tuple[int, ...]

    def depths(self, margin: float, full: int) -> tuple[int, ...]:
        """Depths of the mini-banks: ``margin`` times the largest need, at least 1 and at most ``full``; they do not
        increase."""
        return tuple(min(full, max(1, math.ceil(margin * count))) for count in self.max_entries)


@dataclass(frozen=True, kw_only=True)
class BlockStatistics:
    """Statistics of one block.

    Parameters
    ----------
    x, h : StoreStatistics
        Of its stores.
    density_z : float
        Share of non-zero values of Z, of the kept channels, 0..1.
    """

    x: StoreStatistics
    h: StoreStatistics
    density_z: float


class _Tally:
    def __init__(self):
        self.nonzero, self.values, self.max_entries = 0, 0, np.zeros(MINI_BANKS, np.int64)

    def add(self, rows: torch.Tensor):
        self.nonzero += int((rows != 0).sum())
        self.values += rows.numel()
        entries = entries_per_mini_bank(vectors_of(rows) != 0)
        self.max_entries = np.maximum(self.max_entries, entries.amax(0).numpy())

    def done(self) -> StoreStatistics:
        return StoreStatistics(density=round(self.nonzero / self.values, 4),
                               max_entries=tuple(self.max_entries.tolist()))


def measure_blocks(design: Design, clips: np.ndarray, size: int | None = None) -> list[BlockStatistics]:
    """Statistics of every block over int8 ``clips`` (N, M, T, V, C), those of X and H before the stores; in batches of
    ``size`` (default: :func:`~.integer.clips_at_a_time`)."""
    if not len(clips):
        raise ValueError("clips must hold at least one clip, but are empty")
    size = size or clips_at_a_time(design)
    tallies = [(_Tally(), _Tally()) for _ in design.blocks]
    z_counts = np.zeros((len(design.blocks), 2), np.int64)
    progress = Progress(f"{design.name}: stores by {len(clips)} clips")
    for start in range(0, len(clips), size):
        progress(start, len(clips))
        tensors = run_integer(design, clips[start:start + size])
        for index, (x, h) in enumerate(tallies):
            x.add(tensors[f"blocks.{index - 1}.y"] if index else tensors["x1"])
            h.add(tensors[f"blocks.{index}.h"])
            z = tensors[f"blocks.{index}.z"][..., np.flatnonzero(design.blocks[index].kept)]
            z_counts[index] += int(z.count_nonzero()), z.numel()
    progress.finish()
    return [BlockStatistics(x=x.done(), h=h.done(), density_z=round(float(nonzero / values), 4))
            for (x, h), (nonzero, values) in zip(tallies, z_counts)]
