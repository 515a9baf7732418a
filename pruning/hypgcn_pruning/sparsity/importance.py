"""Importance of channels: criteria that score every input channel of every block, alone or several together.

All scores are divided by their block's mean, so that layers can be compared. """

import torch

from ..config import CRITERIA
from ..network.cost import cost_of
from ..network.model import Network

__all__ = ["channel_scores", "column_subset_scores", "global_shares", "hidden_scores", "layers", "measure_activity",
           "residual_groups"]


def residual_groups(model: Network) -> list[list[int]]:
    """Indices of blocks whose inputs are tied by identity shortcuts, so that their channels mean the same; the
    network's own input is not listed. The last group may hold ``len(blocks)``, the output of the last block."""
    groups: list[list[int]] = []
    for index, block in enumerate(model.blocks):
        if block.shortcut_y == "identity" and groups:
            groups[-1].append(index + 1)
        else:
            groups.append([index + 1])
    return groups


def layers(model: Network, tied: bool) -> list[list[int]]:
    """Blocks that decide together which input channels they keep, one list for each decision: the residual groups
    where ``tied``, else every block for itself. The first block keeps its few inputs and is not listed."""
    inner = [[index for index in group if index < len(model.blocks)] for group in residual_groups(model)]
    inner = [group for group in inner if group]
    return inner if tied else [[index] for group in inner for index in group]


def measure_activity(model: Network, clips: torch.Tensor) -> list[torch.Tensor]:
    """Root mean square of each input channel of each block over ``clips``."""
    activity = []
    with torch.no_grad():
        x = model.eval().features(clips)
        for block in model.blocks:
            activity.append(x.square().mean((0, 2, 3)).sqrt())
            x = block(x)
    return activity


def hidden_scores(model: Network, clips: torch.Tensor) -> list[torch.Tensor]:
    """Energy that each channel of H of each block brings into Y, or into P of a multi-scale block, over ``clips``.

    Its mean square times the squares of the weights that read it, batch norm included; divided by the block's mean.
    """
    scores = []
    with torch.no_grad():
        x = model.eval().features(clips)
        for block in model.blocks:
            reader = block.tcn1 if block.scales is None else block.scales.reduce
            alive = block.filters if block.scales is None else block.scales.p_kept
            weight = reader.conv.weight[..., 0] * (_gain(reader.bn) * alive)[:, None, None]
            scores.append(_normal(block.hidden(x).square().mean((0, 2, 3)) * weight.square().sum((0, 2))))
            x = block(x)
    return scores


def _gain(bn) -> torch.Tensor:
    return bn.weight / (bn.running_var + bn.eps).sqrt()


def _normal(score: torch.Tensor) -> torch.Tensor:
    return score / score.mean().clamp_min(1e-12)


def _consumers(block, order: int) -> torch.Tensor:
    """Norm (1 or 2) of the 1x1 weights that read each input channel, all subsets and outputs, batch norm included."""
    weight = torch.stack([conv.weight[:, :, 0, 0] for conv in block.gcn1.conv_d]) * _gain(block.gcn1.bn)[None, :, None]
    return weight.abs().sum((0, 1)) if order == 1 else weight.square().sum((0, 1)).sqrt()


def _producers(block) -> torch.Tensor:
    """L2 norm of the temporal filter that makes each output channel, batch norm included."""
    weight = block.tcn1.conv.weight[..., 0] * _gain(block.tcn1.bn)[:, None, None]
    return weight.square().sum((1, 2)).sqrt()


def _costs(model: Network) -> list[float]:
    """Cost of an input channel of each block: the geometric mean of its share of the multiplications (graph,
    1x1, and the temporal filter that makes it) and of its weights."""
    cost, costs = cost_of(model), []
    for index, (block, (places, _)) in enumerate(zip(cost.blocks, cost.places())):
        macs = places * cost.subsets * (cost.joints + block.outputs)
        weights = cost.subsets * block.outputs
        if index:
            filter_weights = cost.blocks[index - 1].outputs * model.config.kernel
            macs, weights = macs + places * filter_weights, weights + filter_weights
        costs.append((macs * weights) ** 0.5)
    return costs


def channel_scores(model: Network, criterion: str = "activity",
                   activity: list[torch.Tensor] | None = None) -> list[torch.Tensor]:
    """Importance of every input channel of every block.

    ``l1``, ``l2``: norm of its weights in the 1x1 convolution (all subsets, batch norm included). ``activity``: the L2
    norm times the root mean square of its activations, where ``activity`` (:func:`measure_activity`) gives them.
    ``multi``: the geometric mean of three criteria, each divided by its layer's mean (the weights that read it, the
    temporal filter that makes it, its activations), over the square root of what it costs
    (multiplications and weights, relative to the mean layer), so that a ranking over all layers takes the cheapest
    accuracy first. (``column-subset`` needs clips: :func:`column_subset_scores`.) """
    if criterion not in CRITERIA[:-1]:
        raise ValueError(f"criterion must be one of {', '.join(CRITERIA[:-1])}, not {criterion!r}")
    scores, costs = [], _costs(model)
    mean_cost = sum(costs[1:]) / max(1, len(costs) - 1)
    with torch.no_grad():
        for index, block in enumerate(model.blocks):
            score = _normal(_consumers(block, 1 if criterion == "l1" else 2))
            if activity is not None and criterion in ("activity", "multi"):
                score = score * _normal(activity[index])
            if criterion == "multi" and index:
                score = (score * _normal(_producers(model.blocks[index - 1]))) ** (1 / 3)
                score = _normal(score) * (mean_cost / costs[index]) ** 0.5
            else:
                score = _normal(score)
            scores.append(score)
    return scores


def column_subset_scores(model: Network, clips: torch.Tensor, tied: bool) -> list[torch.Tensor]:
    """Importance by greedy column subset selection: how badly the channels selected before reconstruct a channel.

    Channels are selected one after another, each time the one with the largest residual of its activations, times the
    norm of the weights that read them, after projection onto those selected before: a Cholesky factorisation with
    pivoting of their second moments over ``clips``. The score is that residual; a copy of a channel, or a linear
    combination of channels, scores nothing.

    Parameters
    ----------
    model : Network
        Put into evaluation mode.
    clips : torch.Tensor (N, M, T, V, C)
        Prepared calibration clips.
    tied : bool
        Blocks of a residual group select together.

    Returns
    -------
    list of torch.Tensor (channels,)
        For every block, mean 1.
    """
    moments = []
    with torch.no_grad():
        x = model.eval().features(clips)
        for block in model.blocks:
            rows = x.movedim(1, 0).flatten(1)
            moments.append((rows @ rows.T / rows.shape[1]).double())
            x = block(x)
        scores = [_normal(moments[0].diagonal().float().clone())]
        scores += [torch.empty(0)] * (len(moments) - 1)
        for members in layers(model, tied):
            size = torch.stack([_normal(_consumers(model.blocks[index], 2)) for index in members]).mean(0).double()
            left = sum(moments[index] / moments[index].diagonal().mean().clamp_min(1e-30) for index in members)
            pivots = _normal(_pivots(left * torch.outer(size, size)))
            for index in members:
                scores[index] = pivots
    return scores


def _pivots(left: torch.Tensor) -> torch.Tensor:
    """Pivots of the Cholesky factorisation, with the largest first, of a positive semidefinite matrix."""
    pivots = torch.zeros(len(left))
    for _ in range(len(left)):
        residual = torch.where(pivots > 0, -1.0, left.diagonal())
        pick = int(residual.argmax())
        pivots[pick] = residual[pick].clamp_min(1e-9)
        column = left[:, pick] / left[pick, pick].clamp_min(1e-30).sqrt()
        left = left - torch.outer(column, column)
    return pivots


def global_shares(scores: list[torch.Tensor], decisions: list[list[int]], share: float,
                  min_share: float = 0.125) -> list[float]:
    """Share of the channels that each decision of :func:`layers` keeps when ``share`` of all channels stay, those of
    the highest ``scores`` over all layers; no layer keeps less than ``min_share`` of its own."""
    means = [torch.stack([scores[index] for index in members]).mean(0) for members in decisions]
    owner = torch.cat([torch.full((len(mean),), number) for number, mean in enumerate(means)])
    best = torch.cat(means).argsort(descending=True, stable=True)
    taken = [max(1, int(min_share * len(mean))) for mean in means]
    sure = torch.cat([(-mean).argsort(stable=True).argsort() < count for mean, count in zip(means, taken)])
    free = max(0, int(share * len(owner)) - int(sure.sum()))
    for place in [place for place in best.tolist() if not sure[place]][:free]:
        taken[int(owner[place])] += 1
    return [count / len(mean) for count, mean in zip(taken, means)]
