import copy

import pytest
import torch

from hypgcn_pruning.network.widen import widen
from hypgcn_pruning.sparsity.channels import drop_channels, reorder_channels
from hypgcn_pruning.sparsity.importance import column_subset_scores
from hypgcn_pruning.sparsity.reconstruct import reconstruct
from hypgcn_pruning.sparsity.taps import cut_taps, cut_taps_of_filters


def error(model, reference, clips):
    """Mean squared difference of the logits, relative to their spread."""
    with torch.no_grad():
        wanted = reference(clips)
        return float((model(clips) - wanted).square().mean() / wanted.var())


def cut(model, reference, share=0.5, taps=3):
    with torch.no_grad():
        drop_channels(model, share)
        reorder_channels(model, reference)
        cut_taps(model, taps)


def test_nothing_cut_nothing_lost(make_network):
    model = make_network()
    clips = torch.randn(24, 1, 16, 7, 3)
    other = copy.deepcopy(model)
    reconstruct(other, model, clips, ridge=1e-6)
    assert error(other, model, clips) < 1e-3


def test_less_is_lost_than_without(make_network):
    reference = make_network()
    model = copy.deepcopy(reference)
    cut(model, reference)
    clips = torch.randn(32, 1, 16, 7, 3)
    plain = error(model, reference, clips)
    masks = {name: t.clone() for name, t in model.state_dict().items() if t.dtype == torch.uint8}
    reconstruct(model, reference, clips)
    assert error(model, reference, clips) < plain / 4
    fresh = torch.randn(32, 1, 16, 7, 3)
    assert error(model, reference, fresh) < plain / 2
    for block in model.blocks:
        mask = block.temporal_mask()
        assert not block.tcn1.conv.weight[mask[..., None].expand_as(block.tcn1.conv.weight) == 0].any()
        assert not any(conv.weight[:, block.kept == 0].any() for conv in block.gcn1.conv_d)
    assert all(torch.equal(model.state_dict()[name], mask) for name, mask in masks.items())


def test_training_sees_what_evaluation_sees(make_network):
    """Batch norms know the statistics of the new weights."""
    reference = make_network()
    model = copy.deepcopy(reference)
    cut(model, reference)
    clips = torch.randn(48, 1, 16, 7, 3)
    reconstruct(model, reference, clips)
    with torch.no_grad():
        x = model.blocks[0](model.features(clips))
        wanted = model.blocks[1](x)
        found = model.blocks[1].train()(x)  # a block whose shortcuts have no batch norms of their own
    assert float((found - wanted).square().mean() / wanted.var()) < 1e-3


def test_copies_are_not_missed(make_network):
    """A widened network loses its copies: column subset selection keeps one of each, and the remaining channels take
    over what the copies did.
    """
    narrow = make_network(blocks=((8, 1), (8, 1), (16, 2), (16, 1)))
    wide = widen(narrow, [16, 16, 32, 32], noise=0.5)
    clips = torch.randn(24, 1, 16, 7, 3)
    scores = column_subset_scores(wide, clips, tied=True)
    kept = scores[1].argsort(descending=True)[:8] % 8
    assert sorted(kept.tolist()) == list(range(8))
    assert float(scores[1].sort(descending=True).values[8:].max()) < 1e-3 * float(scores[1].max())
    assert torch.equal(scores[1], scores[2])


def test_filters_with_taps_of_their_own_stay(make_network):
    reference = make_network()
    model = copy.deepcopy(reference)
    cut_taps_of_filters(model, 2)
    before = model.blocks[1].tcn1.conv.weight.clone()
    reconstruct(model, reference, torch.randn(16, 1, 16, 7, 3))
    assert torch.equal(model.blocks[1].tcn1.conv.weight, before)


def test_ridge_must_be_positive(make_network):
    with pytest.raises(ValueError, match="ridge must be positive, not 0"):
        reconstruct(make_network(), make_network(), torch.zeros(1, 1, 16, 7, 3), ridge=0)
