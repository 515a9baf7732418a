"""Multiplications of a clip before and after pruning."""

from hypgcn.design import Design
from hypgcn.design.work import multiplications

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
    blocks = multiplications(design)
    dense, left = sum(block.dense for block in blocks), sum(block.kept for block in blocks)
    graph = sum(block.graph for block in blocks) / sum(block.graph_dense for block in blocks)
    return {"dense": dense, "kept": left, "graph_skip": 1 - graph, "mac_reduction": dense / left}
