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
    totals = {"dense": 0, "kept": 0, "graph_dense": 0, "graph_kept": 0}
    for index, block in enumerate(design.blocks):
        before = design.persons * design.block_frames(index) * design.joints
        after = design.persons * design.block_frames(index + 1) * design.joints
        # Before pruning, X and Y had as many channels as the H of their blocks.
        inputs = design.blocks[index - 1].h_channels if index else design.channels
        outputs, kept = block.h_channels, int((block.kept != 0).sum())
        taps = np.repeat(block.taps, BANK, axis=0)[:outputs].astype(np.int64)
        filters = (block.temporal.any(axis=2) & (block.filters[:, None] != 0)).sum(axis=0)
        graph = before * design.joints * design.subsets
        totals["graph_dense"] += graph * inputs
        totals["graph_kept"] += graph * kept
        totals["dense"] += before * design.subsets * inputs * outputs + after * outputs * outputs * design.kernel
        totals["kept"] += before * design.subsets * kept * outputs + after * int((taps * filters).sum())
        for conv, places in ((block.down, before), (block.res, after)):
            if conv is not None:
                totals["dense"] += places * inputs * outputs
                totals["kept"] += places * int(conv.any(axis=0).sum()) * int(conv.any(axis=1).sum())
    dense, left = totals["dense"] + totals["graph_dense"], totals["kept"] + totals["graph_kept"]
    return {"dense": dense, "kept": left, "graph_skip": 1 - totals["graph_kept"] / totals["graph_dense"],
            "mac_reduction": dense / left}
