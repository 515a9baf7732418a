"""Multiplications of a clip before and after pruning."""

import numpy as np

from hypgcn.design import BANK, Design

__all__ = ["work"]


def work(design: Design) -> dict[str, float]:
    """Multiplications of one clip.

    Zero padding counts as places, and zeros inside are not looked at, as in the tables of accuracy.

    Parameters
    ----------
    design : Design
        The network.

    Returns
    -------
    dict
        ``dense``, before pruning; ``kept``, by the weights that are left; ``graph_skip``, the share of the graph
        product that dropped channels save; ``mac_reduction`` = dense / kept.
    """
    if design.multi_scale:
        raise ValueError(f"design must have no multi-scale block to count its work here, and {design.name} has: hypgcn "
                         f"evaluate counts it")
    dense, left, graph_dense, graph_kept = 0, 0, 0, 0
    inputs, frames, rows = design.channels, design.frames, design.persons * design.joints
    for index, block in enumerate(design.blocks):
        outputs, kept, subsets = block.dense_channels, int((block.kept != 0).sum()), design.subsets
        before, after = frames * rows, -(-frames // block.dense_stride) * rows
        dense += before * subsets * inputs * (design.joints + outputs) + after * outputs * outputs * design.kernel

        # Strides may have moved to an earlier block: places that are left.
        places, places_behind = design.block_frames(index) * rows, design.block_frames(index + 1) * rows
        taps = np.repeat(block.taps, BANK, axis=0)[:block.h_channels].astype(np.int64)
        filters = (block.temporal.any(axis=2) & (block.filters[:, None] != 0)).sum(axis=0)
        left += places * subsets * kept * (design.joints + block.h_channels)
        left += places_behind * int((taps * filters).sum())
        for conv, was, now in ((block.down, before, places), (block.res, after, places_behind)):
            if conv is not None:
                dense += was * inputs * outputs
                left += now * int(conv.any(axis=0).sum()) * int(conv.any(axis=1).sum())
        graph_dense += places * inputs
        graph_kept += places * kept
        inputs, frames = outputs, -(-frames // block.dense_stride)
    return {"dense": dense, "kept": left, "graph_skip": 1 - graph_kept / graph_dense, "mac_reduction": dense / left}
