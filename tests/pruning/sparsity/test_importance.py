import pytest
import torch

from hypgcn_pruning.config import CRITERIA, PruneConfig
from hypgcn_pruning.sparsity.importance import (
    channel_scores,
    column_subset_scores,
    global_shares,
    layers,
    measure_activity,
)


def test_decisions(make_network):
    model = make_network()
    assert layers(model, tied=True) == [[1, 2], [3, 4]]
    assert layers(model, tied=False) == [[1], [2], [3], [4]]


@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion_sees_a_weak_channel(make_network, criterion):
    model = make_network()
    activity = measure_activity(model, torch.randn(4, 1, 16, 7, 3))
    for conv in model.blocks[3].gcn1.conv_d:
        conv.weight.data[:, 11] *= 1e-4
    scores = channel_scores(model, criterion, activity) if criterion != "column-subset" else \
        column_subset_scores(model, torch.randn(4, 1, 16, 7, 3), tied=False)
    assert [len(score) for score in scores] == [3, 20, 20, 34, 34]
    assert int(scores[3].argmin()) == 11
    assert all(float(score.min()) >= 0 and torch.isfinite(score).all() for score in scores)


def test_criteria_by_hand(make_network):
    """L1 and L2 of one channel of block 2, by loops."""
    model = make_network()
    gcn = model.blocks[1].gcn1
    gain = gcn.bn.weight.detach() / (gcn.bn.running_var + gcn.bn.eps).sqrt()
    l1, l2 = torch.zeros(20), torch.zeros(20)
    for conv in gcn.conv_d:
        for o in range(20):
            for i in range(20):
                value = float(conv.weight.detach()[o, i, 0, 0] * gain[o])
                l1[i] += abs(value)
                l2[i] += value ** 2
    torch.testing.assert_close(channel_scores(model, "l1")[1], l1 / l1.mean())
    torch.testing.assert_close(channel_scores(model, "l2")[1], l2.sqrt() / l2.sqrt().mean())


def test_several_criteria_see_the_filter_that_makes_a_channel(make_network):
    model = make_network()
    model.blocks[0].tcn1.conv.weight.data[4] *= 1e-6
    assert int(channel_scores(model, "multi")[1].argmin()) == 4
    assert int(channel_scores(model, "l2")[1].argmin()) != 4


def test_several_criteria_prefer_cheap_channels(make_network):
    """Two layers that matter alike: the ranking keeps more of the one whose channels cost less."""
    model = make_network(blocks=((8, 1), (8, 1), (64, 1), (64, 1)))
    cheap, dear = (float(channel_scores(model, "multi")[index].mean()) for index in (1, 3))
    assert cheap > 1.5 * dear


def test_the_former_name_of_a_criterion_stays_readable():
    """Commands beside the checkpoints use it."""
    assert PruneConfig(criterion="cover") == PruneConfig(criterion="column-subset")


def test_wrong_criterion(make_network):
    with pytest.raises(ValueError, match="criterion must be one of activity, l1, l2, multi, not 'l3'"):
        channel_scores(make_network(), "l3")


def test_global_ranking_keeps_the_best_of_all_layers():
    scores = [torch.ones(3), torch.tensor([4.0, 3.0, 2.0, 0.1]), torch.tensor([0.5, 0.4, 0.3, 0.2])]
    assert global_shares(scores, [[1], [2]], 0.5, min_share=0.25) == [0.75, 0.25]
    assert global_shares(scores, [[1], [2]], 0.5, min_share=0.5) == [0.5, 0.5]
    assert global_shares(scores, [[1], [2]], 1.0) == [1.0, 1.0]
    assert global_shares(scores, [[1], [2]], 0.01) == [0.25, 0.25]
    assert global_shares(scores, [[1, 2]], 0.5) == [0.5]
