"""Channel dropping with its coupled coarse temporal pruning, and the reordering that puts kept channels into few banks.

An input channel of the 1x1 convolution is dropped for all subsets and outputs, because then its graph product goes too.
A channel that the next block drops needs no temporal filter in this one: only its shortcut remains. """

import math

import torch

from ..config import check_share
from ..network.model import Network
from .importance import channel_scores, layers, residual_groups

__all__ = ["best_mask", "drop_channels", "drop_last_filters", "reorder_channels", "remove_dynamic_graph"]


def remove_dynamic_graph(model: Network) -> Network:
    """``model`` without the data-dependent graph C, which the hardware does not have; fine-tune afterwards."""
    if not model.config.dynamic_graph:
        return model
    entry = {**model.config.to_dict(), "dynamic_graph": False}
    static = Network(type(model.config).from_dict(entry))
    state = model.state_dict()
    static.load_state_dict({name: state[name] for name in static.state_dict()})
    return static.eval()


def best_mask(score: torch.Tensor, share: float) -> torch.Tensor:
    """Mask of the best ``share`` of ``score``, rounded down, at least one."""
    kept = torch.zeros(len(score), dtype=torch.uint8)
    # The small number forgives a share that was divided and multiplied again.
    kept[score.argsort(descending=True, stable=True)[:max(1, math.floor(share * len(score) + 1e-9))]] = 1
    return kept


def drop_channels(model: Network, share: float | list[float], *, scores: list[torch.Tensor] | None = None,
                  tied: bool = True, coupled: bool = True, residual: bool = True):
    """Keep the best ``share`` of the input channels of blocks 2.. (rounded down, at least one) and zero the rest; a
    list has one share for each decision of :func:`~.importance.layers`. ``scores`` are those of
    :func:`~.importance.channel_scores`, by L2 norms where left out.

    With ``tied``, all blocks of a residual group keep the same channels, so that reordering can bring them together.
    With ``coupled``, the temporal filters that only made dropped channels go, too; without ``residual`` convolved
    shortcuts then lose the same outputs, so that a dropped channel carries a constant. The first block keeps its few
    inputs. """
    decisions = layers(model, tied)
    shares = list(share) if isinstance(share, list | tuple) else [share] * len(decisions)
    if len(shares) != len(decisions):
        raise ValueError(f"share must be one number or {len(decisions)}, one for each group of tied blocks, not "
                         f"{len(shares)}")
    for number in shares:
        check_share("share", number)
    scores = channel_scores(model, "l2") if scores is None else scores
    blocks = model.blocks
    for members, part in zip(decisions, shares):
        kept = best_mask(sum(scores[index] for index in members), part)
        for index in members:
            blocks[index].kept.copy_(kept)
    if coupled:
        for block, follower in zip(blocks, blocks[1:]):
            block.filters.copy_(follower.kept)
            if not residual and block.residual is not None:
                block.carried.copy_(follower.kept)
    for block in blocks:
        block.apply_masks()
        block.settle()


def drop_last_filters(model: Network, share: float):
    """Keep the best ``share`` of the last block's temporal filters (no block behind it drops channels): those whose
    weights and the classifier's for them have the largest product of norms."""
    check_share("share", share)
    block = model.blocks[-1]
    with torch.no_grad():
        gain = block.tcn1.bn.weight / (block.tcn1.bn.running_var + block.tcn1.bn.eps).sqrt()
        made = block.tcn1.conv.weight[..., 0].square().sum((1, 2)).sqrt() * gain.abs()
        block.filters.copy_(best_mask(made * model.fc.weight.square().sum(0).sqrt(), share))
    block.apply_masks()
    block.settle()


def _permute(module, out: torch.Tensor | None = None, inp: torch.Tensor | None = None):
    """Reorder outputs and inputs of a convolution, or the channels of a batch norm."""
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            tensor = getattr(module, name, None)
            if tensor is None:
                continue
            new = tensor if out is None else tensor[out]
            if name == "weight" and inp is not None:
                new = new[:, inp]
            tensor.copy_(new.clone())


def reorder_channels(model: Network, *followers: Network, scores: list[torch.Tensor] | None = None):
    """Permute the channels of every residual group so that those which most of its blocks keep come first, and of equal
    ones those whose channels of H have the highest ``scores`` (one tensor a block, their sum counts), in ``model`` and,
    by the same order, in networks of the same shape.

    The function of the network does not change. Kept channels then share banks, so that the graph unit reads fewer
    vectors. Taps belong to banks: :exc:`ValueError` when they are cut already. """
    blocks = model.blocks
    if any(not block.taps.all() for block in blocks):
        raise ValueError("channels must be reordered before taps are cut, because the taps of a bank belong to its "
                         "channels")
    orders = [torch.arange(model.config.channels)]
    for group in residual_groups(model):
        votes = sum(blocks[i].kept.long() for i in group if i < len(blocks))
        width = blocks[group[0] - 1].outputs
        order = torch.arange(width)
        if scores is not None:
            readers = sum((scores[i] for i in _in_order_of(blocks, group)), torch.zeros(width))
            order = (-readers).argsort(stable=True)
        if not isinstance(votes, int):
            order = order[(-votes[order]).argsort(stable=True)]
        orders += [order] * len(group)
    for network in (model, *followers):
        _permute_network(network, orders)


def _in_order_of(blocks: list, group: list[int]) -> list[int]:
    """Blocks whose H has the order of the channels of ``group``: X is added to it, or Y has as many."""
    return [index for index, block in enumerate(blocks)
            if (index if block.gcn1.shortcut == "identity" else index + 1) in group]


def _permute_network(model: Network, orders: list[torch.Tensor]):
    """Bring the inputs of each block, and the last one's outputs, into the order of ``orders``."""
    for index, block in enumerate(model.blocks):
        x, y = orders[index], orders[index + 1]
        h = x if block.gcn1.shortcut == "identity" else y  # free where X is not added as it is
        for conv in block.gcn1.conv_d:
            _permute(conv, h, x)
        _permute(block.gcn1.bn, h)
        if block.gcn1.joint_bias is not None:
            block.gcn1.joint_bias.copy_(block.gcn1.joint_bias[:, h].clone())
        if block.gcn1.down is not None:
            _permute(block.gcn1.down[0], h, x)
            _permute(block.gcn1.down[1], h)
        if block.gcn1.dynamic:
            for conv in (*block.gcn1.conv_a, *block.gcn1.conv_b):
                _permute(conv, None, x)
        if block.scales is None:
            _permute(block.tcn1.conv, y, h)
        else:
            _permute(block.scales.reduce.conv, None, h)
            _permute(block.tcn1.conv, y)
        _permute(block.tcn1.bn, y)
        if block.residual is not None:
            _permute(block.residual.conv, y, x)
            _permute(block.residual.bn, y)
        block.kept.copy_(block.kept[x].clone())
        for mask in (block.filters, block.carried, block.cavity):
            mask.copy_(mask[y].clone())
    _permute(model.fc, None, orders[-1])
