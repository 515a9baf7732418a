"""Pruning inside multi-scale blocks: channels of P and Q, with the filters that make and the weights that read them."""

import torch

from ..config import check_share
from ..network.model import Network
from .channels import best_mask

__all__ = ["drop_branch_channels"]


def _gain(bn) -> torch.Tensor:
    return bn.weight / (bn.running_var + bn.eps).sqrt()


def drop_branch_channels(model: Network, share: float, clips: torch.Tensor):
    """Keep the best ``share`` of the channels of P and of Q in every branch (rounded down, at least one).

    A channel counts by its root mean square over prepared ``clips`` times the norm of the weights that read it, batch
    norm included: of Q those of the last 1x1 convolution, of P those of the taps of the channels of Q that are kept. In
    branches without taps, whose channels pass, a channel of P is kept with that of Q.

    Parameters
    ----------
    model : Network
        Blocks without branches stay as they are.
    share : float
        Above 0 and at most 1.
    clips : torch.Tensor (N, M, T, V, C)
        Prepared calibration clips.
    """
    check_share("branches", share)
    if share == 1:
        return
    with torch.no_grad():
        x = model.eval().features(clips)
        for block in model.blocks:
            scales = block.scales
            if scales is not None:
                p = scales.p(block.hidden(x), block.read)
                q = scales.q(p)
                readers = block.tcn1.conv.weight[..., 0] * (_gain(block.tcn1.bn) * block.filters)[:, None, None]
                q_scores = q.square().mean((0, 2, 3)).sqrt() * readers.square().sum((0, 2)).sqrt()
                for own in scales.groups:
                    scales.q_kept[own] = best_mask(q_scores[own], share)
                taps = scales.branches.conv.weight[..., 0] * (_gain(scales.branches.bn) * scales.q_kept)[:, None, None]
                p_scores = p.square().mean((0, 2, 3)).sqrt() * taps.square().sum((0, 2)).sqrt()
                for own, passes in zip(scales.groups, scales.passing):
                    scales.p_kept[own] = scales.q_kept[own] if passes else best_mask(p_scores[own], share)
                block.apply_masks()
                block.settle()
            x = block(x)
