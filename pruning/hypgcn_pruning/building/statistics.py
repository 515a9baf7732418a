"""Statistics of the activations of an int8 design: densities, and the depths that its stores need."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from hypgcn.design import MINI_BANKS, Design
from hypgcn.design.words import filled_words
from hypgcn.progress import Progress

from ..integers.integer import IntegerNetwork, clips_at_a_time
from ..integers.stores import entries_per_mini_bank, vectors_of, window_sums

__all__ = ["BlockStatistics", "StoreStatistics", "measure_blocks"]


@dataclass(frozen=True, kw_only=True)
class StoreStatistics:
    """Statistics of one store.

    Parameters
    ----------
    density : float
        Share of non-zero values, 0..1.
    max_entries : tuple of int
        For each mini-bank j the largest number of vectors with more than ``4 j`` non-zeros that the rows of one window
        had.
    mean_entries : tuple of float
        The same of a row, mean over all rows.
    """

    density: float
    max_entries: tuple[int, ...]
    mean_entries: tuple[float, ...]

    def depths(self, margin: float, full: int) -> tuple[int, ...]:
        """Depths of the mini-banks: ``margin`` times the largest need, then up to what their memories have room for
        beside the word of a ring that stays free; at least 1 and at most ``full``, and they do not increase."""
        return tuple(min(full, filled_words(max(1, math.ceil(margin * count)) + 1) - 1) for count in self.max_entries)


@dataclass(frozen=True, kw_only=True)
class BlockStatistics:
    """Statistics of one block.

    Parameters
    ----------
    x, h : StoreStatistics
        Of its stores.
    density_z : float
        Share of non-zero values of Z, of the kept channels, 0..1.
    p, q : StoreStatistics or None
        Of the stores that multi-scale blocks have alone.
    """

    x: StoreStatistics
    h: StoreStatistics
    density_z: float
    p: StoreStatistics | None = None
    q: StoreStatistics | None = None


class _Tally:
    def __init__(self, window: int):
        self.window, self.nonzero, self.values, self.rows = window, 0, 0, 0
        self.max_entries, self.entries = np.zeros((2, MINI_BANKS), np.int64)

    def add(self, rows: torch.Tensor):
        self.nonzero += int((rows != 0).sum())
        self.values += rows.numel()
        entries = entries_per_mini_bank(vectors_of(rows) != 0).view(*rows.shape[:2], -1)
        self.rows += entries.shape[0] * entries.shape[1]
        self.entries += entries.sum((0, 1)).numpy()
        self.max_entries = np.maximum(self.max_entries, window_sums(entries, self.window).amax((0, 1)).numpy())

    def done(self) -> StoreStatistics:
        return StoreStatistics(density=round(self.nonzero / self.values, 4),
                               max_entries=tuple(self.max_entries.tolist()),
                               mean_entries=tuple((self.entries / self.rows).round(2).tolist()))


def measure_blocks(design: Design, clips: np.ndarray, size: int | None = None) -> list[BlockStatistics]:
    """Statistics of every block over ``clips`` (N, M, T, V, C), those of X, H, P and Q before the stores.

    In batches of ``size`` (default: :func:`~.integer.clips_at_a_time`).
    """
    if not len(clips):
        raise ValueError("clips must hold at least one clip, but are empty")
    size = size or clips_at_a_time(design)
    tallies = [{"x": _Tally(block.x_window), "h": _Tally(block.h_window),
                **({} if block.scales is None else {"p": _Tally(block.p_window), "q": _Tally(1)})}
               for block in design.blocks]
    z_counts = np.zeros((len(design.blocks), 2), np.int64)
    progress = Progress(f"{design.name}: stores by {len(clips)} clips")

    def see(index, tensors):
        for name, tally in tallies[index].items():
            tally.add(tensors[name])
        z_counts[index] += int(tensors["z"].count_nonzero()), tensors["z"].numel()

    network = IntegerNetwork(design)
    for start in range(0, len(clips), size):
        progress(start, len(clips))
        network.run(clips[start:start + size], see=see)
    progress.finish()
    return [BlockStatistics(**{name: tally.done() for name, tally in stores.items()},
                            density_z=round(float(nonzero / values), 4))
            for stores, (nonzero, values) in zip(tallies, z_counts)]
