"""Channel dropping with its coupled coarse temporal pruning, and the reordering that puts kept channels into few banks.

An input channel of the 1x1 convolution is dropped for all subsets and outputs, because then its graph product goes too.
A channel that the next block drops needs no temporal filter in this one: only its shortcut remains. """

import math

import torch

from .config import check_share
from .model import Network

__all__ = ["residual_groups", "channel_scores", "drop_channels", "reorder_channels", "remove_dynamic_graph"]


def remove_dynamic_graph(model: Network) -> Network:
    """``model`` without the data-dependent graph C, which the hardware does not have; fine-tune afterwards."""
    if not model.config.dynamic_graph:
        return model
    entry = {**model.config.to_dict(), "dynamic_graph": False}
    static = Network(type(model.config).from_dict(entry))
    state = model.state_dict()
    static.load_state_dict({name: state[name] for name in static.state_dict()})
    return static.eval()


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


def channel_scores(model: Network, activity: list[torch.Tensor] | None = None) -> list[torch.Tensor]:
    """Importance of every input channel of every block: the L2 norm of its weights in the 1x1 convolution (all subsets,
    batch norm included), times the root mean square of its activations where ``activity`` gives them; divided by the
    block's mean."""
    scores = []
    for index, block in enumerate(model.blocks):
        gain = block.gcn1.bn.weight / (block.gcn1.bn.running_var + block.gcn1.bn.eps).sqrt()
        weight = torch.stack([conv.weight[:, :, 0, 0] for conv in block.gcn1.conv_d])
        score = (weight * gain[None, :, None]).square().sum((0, 1)).sqrt().detach()
        if activity is not None:
            score = score * activity[index]
        scores.append(score / score.mean().clamp_min(1e-12))
    return scores


def measure_activity(model: Network, clips: torch.Tensor) -> list[torch.Tensor]:
    """Root mean square of each input channel of each block over ``clips``."""
    found = []
    with torch.no_grad():
        x = model.eval().features(clips)
        for block in model.blocks:
            found.append(x.square().mean((0, 2, 3)).sqrt())
            x = block(x)
    return found


def drop_channels(model: Network, share: float, *, activity: list[torch.Tensor] | None = None, tied: bool = True,
                  coupled: bool = True):
    """Keep the best ``share`` of the input channels of blocks 2.. (rounded down, at least one) and zero the rest.

    With ``tied``, all blocks of a residual group keep the same channels, so that reordering can bring them together.
    With ``coupled``, the temporal filters that only made dropped channels go, too. The first block keeps its few
    inputs. """
    check_share("share", share)
    scores = channel_scores(model, activity)
    blocks = model.blocks
    for group in residual_groups(model):
        members = [index for index in group if index < len(blocks)]
        for index in members:
            score = sum(scores[i] for i in members) if tied else scores[index]
            best = score.argsort(descending=True, stable=True)[:max(1, math.floor(share * len(score)))]
            kept = torch.zeros_like(blocks[index].kept)
            kept[best] = 1
            blocks[index].kept.copy_(kept)
    if coupled:
        for block, follower in zip(blocks, blocks[1:]):
            block.filters.copy_(follower.kept)
    for block in blocks:
        block.apply_masks()


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


def reorder_channels(model: Network):
    """Permute the channels of every residual group so that those which most of its blocks keep come first.

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
        order = torch.arange(width) if isinstance(votes, int) else (-votes).argsort(stable=True)
        orders += [order] * len(group)
    for index, block in enumerate(blocks):
        x, y = orders[index], orders[index + 1]
        h = x if block.gcn1.down is None else y  # free where the shortcut is a convolution
        for conv in block.gcn1.conv_d:
            _permute(conv, h, x)
        _permute(block.gcn1.bn, h)
        if block.gcn1.down is not None:
            _permute(block.gcn1.down[0], h, x)
            _permute(block.gcn1.down[1], h)
        if block.gcn1.dynamic:
            for conv in (*block.gcn1.conv_a, *block.gcn1.conv_b):
                _permute(conv, None, x)
        _permute(block.tcn1.conv, y, h)
        _permute(block.tcn1.bn, y)
        if block.residual is not None:
            _permute(block.residual.conv, y, x)
            _permute(block.residual.bn, y)
        block.kept.copy_(block.kept[x].clone())
        block.filters.copy_(block.filters[y].clone())
    _permute(model.fc, None, orders[-1])
