"""What the activations of an int8 design need: densities, and how deep its stores must be."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from hypgcn.design import MINI_BANKS, Design
from hypgcn.progress import Progress

from ..integers.integer import clips_at_a_time, entries_per_mini_bank, run_integer, vectors_of

__all__ = ["StoreStatistics", "measure_stores"]


@dataclass(frozen=True, kw_only=True)
class StoreStatistics:
    """Of one store: ``density``, the share of non-zero values, and ``most``, for each mini-bank j the largest number of
    vectors with more than ``4 j`` non-zeros that one row had."""

    density: float
    most: tuple[int, ...]

    def depths(self, margin: float, full: int) -> tuple[int, ...]:
        """Depths of the mini-banks with ``margin`` times what was seen, at least 1 and at most ``full``; they do not
        increase."""
        return tuple(min(full, max(1, math.ceil(margin * count))) for count in self.most)


class _Tally:
    def __init__(self):
        self.nonzero, self.values, self.most = 0, 0, np.zeros(MINI_BANKS, np.int64)

    def add(self, rows: torch.Tensor):
        self.nonzero += int((rows != 0).sum())
        self.values += rows.numel()
        entries = entries_per_mini_bank(vectors_of(rows) != 0)
        self.most = np.maximum(self.most, entries.amax(0).numpy())

    def done(self) -> StoreStatistics:
        return StoreStatistics(density=round(self.nonzero / self.values, 4), most=tuple(int(m) for m in self.most))


def measure_stores(design: Design, clips: np.ndarray,
                   size: int | None = None) -> list[tuple[StoreStatistics, StoreStatistics]]:
    """Statistics of the X and H store of every block over int8 ``clips`` (N, M, T, V, C), from what the stores are
    given; ``size`` clips at a time, or as many as memory is meant to hold."""
    if not len(clips):
        raise ValueError("clips must hold at least one clip, but are empty")
    size = size or clips_at_a_time(design)
    tallies = [(_Tally(), _Tally()) for _ in design.blocks]
    progress = Progress(f"{design.name}: stores by {len(clips)} clips")
    for start in range(0, len(clips), size):
        progress(start, len(clips))
        found = run_integer(design, clips[start:start + size])
        for index, (x, h) in enumerate(tallies):
            x.add(found[f"blocks.{index - 1}.y"] if index else found["x1"])
            h.add(found[f"blocks.{index}.h"])
    progress.finish()
    return [(x.done(), h.done()) for x, h in tallies]
