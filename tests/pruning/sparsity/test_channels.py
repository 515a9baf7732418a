import pytest
import torch

from hypgcn_pruning.sparsity.channels import drop_channels, drop_last_filters, remove_dynamic_graph, reorder_channels
from hypgcn_pruning.sparsity.importance import channel_scores, measure_activity, residual_groups
from hypgcn_pruning.sparsity.taps import cut_taps


def test_groups(make_network):
    assert residual_groups(make_network()) == [[1, 2], [3, 4], [5]]


@pytest.mark.parametrize(("share", "counts"), [(1.0, [20, 20, 34, 34]), (0.5, [10, 10, 17, 17]), (0.01, [1, 1, 1, 1])])
def test_counts_ties_and_coupling(make_network, share, counts):
    model = make_network()
    drop_channels(model, share)
    kept = [block.kept for block in model.blocks]
    assert [int(k.sum()) for k in kept] == [3, *counts]
    assert torch.equal(kept[1], kept[2])
    assert torch.equal(kept[3], kept[4])
    for block, follower in zip(model.blocks, model.blocks[1:]):
        assert torch.equal(block.filters, follower.kept)
    assert model.blocks[-1].filters.all()


def test_untied_and_uncoupled(make_network):
    model = make_network()
    drop_channels(model, 0.5, tied=False, coupled=False)
    assert not torch.equal(model.blocks[1].kept, model.blocks[2].kept)
    assert all(block.filters.all() for block in model.blocks)


def test_weights_of_dropped_channels_are_zero_in_all_subsets(make_network):
    model = make_network()
    drop_channels(model, 0.4)
    for block in model.blocks:
        for conv in block.gcn1.conv_d:
            assert not conv.weight[:, block.kept == 0].any()
            assert conv.weight[:, block.kept == 1].any()


def test_weak_channels_go(make_network):
    model = make_network()
    for block in model.blocks[1:3]:
        for conv in block.gcn1.conv_d:
            conv.weight.data[:, 5] *= 1e-3
    assert all(int(scores.argmin()) == 5 for scores in channel_scores(model)[1:3])
    drop_channels(model, 0.9)
    assert model.blocks[1].kept[5] == 0
    assert model.blocks[2].kept[5] == 0


def test_silent_channels_go(make_network):
    model = make_network()
    clips = torch.randn(4, 1, 16, 7, 3)
    activity = measure_activity(model, clips)
    assert [len(a) for a in activity] == [3, 20, 20, 34, 34]
    activity[1][7] = activity[2][7] = 0
    drop_channels(model, 0.9, scores=channel_scores(model, "activity", activity))
    assert model.blocks[1].kept[7] == 0


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("dynamic", [False, True])
def test_reordering_keeps_the_function_and_gathers_kept_channels(make_network, tied, dynamic):
    model = make_network(dynamic_graph=dynamic)
    drop_channels(model, 0.5, tied=tied)
    clips = torch.randn(3, 1, 16, 7, 3)
    before = model(clips)
    reorder_channels(model)
    torch.testing.assert_close(model(clips), before, rtol=1e-4, atol=1e-4)
    if tied:
        for block in model.blocks[1:]:
            count = int(block.kept.sum())
            assert block.kept[:count].all()
            assert not block.kept[count:].any()


def test_reordering_after_taps_is_refused(make_network):
    model = make_network()
    cut_taps(model, 2)
    with pytest.raises(ValueError, match="reordered before taps"):
        reorder_channels(model)


def test_dynamic_graph_is_removed(make_network):
    model = make_network(dynamic_graph=True)
    static = remove_dynamic_graph(model)
    assert not static.config.dynamic_graph
    assert remove_dynamic_graph(static) is static
    assert torch.equal(static.fc.weight, model.fc.weight)
    assert static(torch.randn(1, 1, 16, 7, 3)).shape == (1, 3)


@pytest.mark.parametrize("share", [0, -0.1, 1.01, True, "half"])
def test_share_range(make_network, share):
    with pytest.raises(ValueError, match="share must be above 0 and at most 1"):
        drop_channels(make_network(), share)


def test_shares_of_each_group(make_network):
    model = make_network()
    drop_channels(model, [0.5, 0.25])
    assert [int(block.kept.sum()) for block in model.blocks] == [3, 10, 10, 8, 8]
    with pytest.raises(ValueError, match="share must be one number or 2, one for each group of tied blocks, not 3"):
        drop_channels(model, [0.5, 0.5, 0.5])


def test_shortcuts_lose_what_is_dropped(make_network):
    """Without ``residual`` a dropped channel is the same everywhere behind a convolved shortcut, in training as well,
    and evaluation gives what training would."""
    model = make_network()
    drop_channels(model, 0.5, residual=False)
    block = model.blocks[2]
    assert block.residual is not None
    assert torch.equal(block.carried, block.filters)
    x = model.features(torch.randn(4, 1, 16, 7, 3))
    for earlier in model.blocks[:2]:
        x = earlier(x)
    dropped = block.filters == 0
    y = block(x)[:, dropped]
    assert (y.flatten(2).amax((0, 2)) == y.flatten(2).amin((0, 2))).all()
    with torch.no_grad():
        trained = block.train()(x)[:, dropped]
    torch.testing.assert_close(trained, y)
    assert not torch.equal(block(x)[0, ~dropped, 0], block(x)[1, ~dropped, 0])


def test_the_last_filters_that_matter_stay(make_network):
    model = make_network()
    block = model.blocks[-1]
    model.fc.weight.data[:, :10] = 0
    drop_last_filters(model, 0.5)
    assert int(block.filters.sum()) == 17
    assert not block.filters[:10].any()
    assert not block.tcn1.conv.weight[block.filters == 0].any()
    with pytest.raises(ValueError, match="share must be above 0 and at most 1"):
        drop_last_filters(model, 0)


def test_reordering_moves_all_masks(make_network):
    model = make_network()
    drop_channels(model, 0.5, residual=False)
    drop_last_filters(model, 0.3)
    for block in model.blocks:
        block.cavity[::2, 1] = 0
        block.apply_masks()
    clips = torch.randn(3, 1, 16, 7, 3)
    before = model(clips)
    reorder_channels(model)
    torch.testing.assert_close(model(clips), before, rtol=1e-4, atol=1e-4)
    block = model.blocks[2]
    assert torch.equal(block.carried, block.filters)
