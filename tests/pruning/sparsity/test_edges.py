import pytest
import torch

from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.sparsity.edges import prune_edges


@pytest.mark.parametrize(("share", "count"), [(1.0, 147), (0.5, 73), (0.001, 1)])
def test_largest_entries_stay(make_network, share, count):
    model = make_network()
    whole = model.blocks[1].gcn1.graph().detach()
    prune_edges(model, share)
    graph = model.blocks[1].gcn1.graph().detach()
    assert int((graph != 0).sum()) == count
    assert torch.equal(graph[graph != 0], whole[graph != 0])
    assert float(graph[graph != 0].abs().min()) >= float(whole[graph == 0].abs().max() if count < 147 else 0)
    assert torch.equal(fold(model).blocks[1].graph, graph.double())


def test_training_leaves_pruned_entries_at_zero(make_network):
    model = make_network()
    prune_edges(model, 0.2)
    model.train()(torch.randn(2, 1, 16, 7, 3)).square().sum().backward()
    gcn = model.blocks[1].gcn1
    assert not gcn.PA.grad[gcn.edges == 0].any()
    assert gcn.PA.grad[gcn.edges == 1].any()


@pytest.mark.parametrize("share", [0, 1.5, True])
def test_share_range(make_network, share):
    with pytest.raises(ValueError, match="share must be above 0 and at most 1"):
        prune_edges(make_network(), share)
