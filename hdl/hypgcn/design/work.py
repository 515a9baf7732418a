"""Multiplications of a clip, block by block: before pruning, by the weights that are left, and without zeros."""

from dataclasses import dataclass

import numpy as np

from .banks import BANK
from .network import Design

__all__ = ["BlockMultiplications", "multiplications"]


@dataclass(frozen=True, kw_only=True)
class BlockMultiplications:
    """Multiplications of one block for one clip.

    Zero padding counts as places.

    Parameters
    ----------
    dense : int
        Before pruning.
    graph, spatial, temporal, shortcuts : int
        By the weights that are left, in the graph product, the 1x1 convolution, the temporal convolution and the
        convolutions of shortcuts.
    graph_dense : int
        Those of the graph product over all channels of X.
    skipped : float
        Of the first three, by the densities that the design records, without zeros of X, Z and H; and ``shortcuts``.
    """

    dense: int
    graph: int
    spatial: int
    temporal: int
    shortcuts: int
    graph_dense: int
    skipped: float

    @property
    def kept(self) -> int:
        """By the weights that are left, all together."""
        return self.graph + self.spatial + self.temporal + self.shortcuts


def multiplications(design: Design) -> list[BlockMultiplications]:
    """Multiplications of each block of ``design`` for one clip with all its persons."""
    found = []
    inputs, frames, rows = design.channels, design.frames, design.persons * design.joints
    for index, block in enumerate(design.blocks):
        outputs, kept, subsets = block.dense_channels, int((block.kept != 0).sum()), design.subsets
        before, after = frames * rows, -(-frames // block.dense_stride) * rows
        dense = before * subsets * inputs * (design.joints + outputs) + after * outputs * outputs * design.kernel

        # Strides may have moved to an earlier block: places that are left.
        places, places_behind = design.block_frames(index) * rows, design.block_frames(index + 1) * rows
        taps = np.repeat(block.taps, BANK, axis=0)[:block.h_channels].astype(np.int64)
        filters = (block.temporal.any(axis=2) & (block.filters[:, None] != 0)).sum(axis=0)
        shortcuts = 0
        for conv, was, now in ((block.down, before, places), (block.res, after, places_behind)):
            if conv is not None:
                dense += was * inputs * outputs
                shortcuts += now * int(conv.any(axis=0).sum()) * int(conv.any(axis=1).sum())
        graph = places * subsets * kept * design.joints
        spatial = places * subsets * kept * block.h_channels
        temporal = places_behind * int((taps * filters).sum())
        found.append(BlockMultiplications(
            dense=dense, graph=graph, spatial=spatial, temporal=temporal, shortcuts=shortcuts,
            graph_dense=places * subsets * inputs * design.joints,
            skipped=graph * block.density_x + spatial * block.density_z + temporal * block.density_h + shortcuts))
        inputs, frames = outputs, -(-frames // block.dense_stride)
    return found
