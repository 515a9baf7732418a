import itertools

import numpy as np
import pytest
import torch

from hypgcn.design import even_taps
from hypgcn_pruning.sparsity.taps import (
    best_taps,
    cut_taps,
    cut_taps_of_filters,
    read_banks,
    rotating_taps,
    tap_scores,
)


def balanced(taps, keep):
    assert (taps.sum(axis=1) == keep).all()
    assert np.ptp(taps.sum(axis=0)) <= 1


@pytest.mark.parametrize("banks", [1, 2, 3, 4, 16])
@pytest.mark.parametrize("keep", [1, 2, 3, 4, 9])
def test_rotation_is_balanced(banks, keep):
    for offset in (0, 5):
        taps = rotating_taps(banks, 9, keep, offset)
        balanced(taps, keep)
        assert taps.any(axis=0).all() or banks * keep < 9


@pytest.mark.parametrize(("banks", "keep"), [(1, 4), (2, 4), (4, 3), (4, 4), (16, 2)])
def test_best_is_balanced_and_not_worse_than_any_rotation(banks, keep):
    rng = np.random.default_rng(banks)
    for _ in range(5):
        scores = rng.random((banks, 9))
        taps = best_taps(scores, keep)
        balanced(taps, keep)
        assert (taps * scores).sum() >= max((rotating_taps(banks, 9, keep, o) * scores).sum() for o in range(9)) - 1e-9


def test_one_bank_takes_the_best_taps():
    scores = np.random.default_rng(1).random((1, 9))
    assert set(np.flatnonzero(best_taps(scores, 4)[0])) == set(np.argsort(scores[0])[-4:])


@pytest.mark.parametrize(("banks", "kernel", "keep"), [(2, 5, 2), (3, 4, 2), (4, 3, 1), (2, 5, 3)])
def test_best_is_the_optimum(banks, kernel, keep):
    choices = [np.isin(np.arange(kernel), c).astype(np.uint8) for c in itertools.combinations(range(kernel), keep)]
    for seed in range(5):
        scores = np.random.default_rng(seed).random((banks, kernel))
        best = max((np.stack(rows) * scores).sum() for rows in itertools.product(choices, repeat=banks)
                   if np.ptp(np.stack(rows).sum(axis=0)) <= 1)
        assert (best_taps(scores, keep) * scores).sum() == pytest.approx(best)


@pytest.mark.parametrize("by_magnitude", [True, False])
def test_cut(make_network, by_magnitude):
    model = make_network()
    cut_taps(model, 2, by_magnitude=by_magnitude)
    for block in model.blocks:
        balanced(block.taps.numpy(), 2)
        weight = block.tcn1.conv.weight[..., 0]
        for channel in range(block.outputs):
            used = weight[:, channel].abs().sum(0) > 0
            assert (used.numpy() == block.taps[channel // 16].numpy().astype(bool)).all()


def test_scores_see_the_loud_tap(make_network):
    model = make_network()
    model.blocks[1].tcn1.conv.weight.data[:, 16:, 3] *= 50
    assert tap_scores(model.blocks[1])[1].argmax() == 3
    cut_taps(model, 1)
    assert model.blocks[1].taps[1, 3] == 1


@pytest.mark.parametrize("keep", [0, 6, 2.0, True])
def test_keep_range(make_network, keep):
    with pytest.raises(ValueError, match="keep must be in 1..5"):
        cut_taps(make_network(), keep)


def test_taps_of_each_block(make_network):
    model = make_network()
    cut_taps(model, [1, 2, 3, 4, 5])
    assert [int(block.taps.sum(1)[0]) for block in model.blocks] == [1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="keep must be one number or 5, one for each block, not 2"):
        cut_taps(model, [1, 2])


def test_patterns_of_filters(make_network):
    """Each filter keeps its own strongest taps, for all channels that it reads; banks keep all."""
    model = make_network()
    whole = model.blocks[1].tcn1.conv.weight.detach().clone()
    cut_taps_of_filters(model, 2)
    block = model.blocks[1]
    assert block.taps.all()
    assert (block.cavity.sum(1) == 2).all()
    for o in range(block.outputs):
        energy = whole[o, :, :, 0].square().sum(0)
        assert set(block.cavity[o].nonzero()[:, 0].tolist()) == set(energy.topk(2).indices.tolist())
    weight = block.tcn1.conv.weight[..., 0]
    assert not weight[(block.cavity == 0)[:, None].expand_as(weight)].any()
    with pytest.raises(ValueError, match="keep must be in 1..5, not 6"):
        cut_taps_of_filters(model, 6)


@pytest.mark.parametrize(("kernel", "stride", "taps"), [(9, 2, [0, 2, 4, 6, 8]), (7, 2, [1, 3, 5]), (3, 2, [1]),
                                                        (1, 2, [0]), (5, 1, [0, 1, 2, 3, 4])])
def test_even_taps_are_an_even_number_of_frames_from_the_middle(kernel, stride, taps):
    assert np.flatnonzero(even_taps(kernel, stride)).tolist() == taps


@pytest.mark.parametrize("keep", [1, 3, 5, 7, 9])
def test_even_taps_alone(keep):
    scores = np.random.default_rng(keep).random((8, 9))
    taps = best_taps(scores, keep, even_taps(9, 2))
    balanced(taps[:, ::2], min(keep, 5))
    assert not taps[:, 1::2].any()
    assert (taps[:, ::2] == best_taps(scores[:, ::2], min(keep, 5))).all()


def test_cut_to_even_taps(make_network):
    model = make_network(kernel=5)
    cut_taps(model, 2, even=True)
    for block in model.blocks:
        assert (block.taps.sum(1) == 2).all()
        assert block.stride == 1 or not block.taps[:, 1::2].any()
    assert any(block.stride == 1 and block.taps[:, 1::2].any() for block in model.blocks)
    assert any(block.stride == 2 for block in model.blocks)


def test_banks_that_are_not_read_have_no_taps(make_network):
    scores = np.random.default_rng(1).random((8, 9))
    taps = best_taps(scores, 4, read=6)
    assert (taps[:6] == best_taps(scores[:6], 4)).all() and not taps[6:].any()
    assert [read_banks(banks, 0.75) for banks in (1, 2, 3, 4, 8, 16)] == [1, 1, 2, 3, 6, 12]
    model = make_network()
    cut_taps(model, 2, hidden=0.5)
    x = torch.rand(2, model.blocks[0].outputs, 4, model.config.skeleton.joints)
    block = model.blocks[1]
    assert int(block.read.sum()) == 16 < block.outputs
    h = block.hidden(x)
    assert h[:, :16].any() and not h[:, 16:].any()
    assert not any(conv.weight[16:].any() for conv in block.gcn1.conv_d)
