"""Pruning of the learned graphs: small entries of A + PA become zero."""

import torch

from ..config import check_share
from ..network.model import Network

__all__ = ["prune_edges"]


def prune_edges(model: Network, share: float):
    """Keep in every block the ``share`` of the entries of its graphs A + PA (all subsets together) that are largest.

    The graph unit computes with a dense graph, so this saves stored weights, and work where the 1x1 convolution comes
    first; the int8 graph of the design has zeros there. """
    check_share("share", share)
    for block in model.blocks:
        gcn = block.gcn1
        with torch.no_grad():
            size = gcn.graph().abs().flatten()
            keep = max(1, int(share * len(size)))
            edges = torch.zeros_like(size, dtype=torch.uint8)
            edges[size.argsort(descending=True, stable=True)[:keep]] = 1
            gcn.edges.copy_(edges.view_as(gcn.edges))
