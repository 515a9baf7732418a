import pytest
import torch

from hypgcn_pruning.network.branches import MULTI_SCALE
from hypgcn_pruning.network.widen import widen
from hypgcn_pruning.sparsity.channels import drop_channels


@pytest.mark.parametrize("noise, graph", [(0.0, {}), (0.9, {}), (0.9, {"dynamic_graph": True}),
                                          (0.5, {"dynamic_graph": True, "similarity": "tanh"})])
def test_the_function_stays(make_network, noise, graph):
    model = make_network(blocks=((20, 1), (20, 1), (34, 2), (34, 1), (34, 2)), **graph)
    for block in model.blocks:
        if block.gcn1.alpha is not None:
            torch.nn.init.constant_(block.gcn1.alpha, 3)
    wide = widen(model, [40, 40, 68, 68, 68], noise=noise)
    assert [outputs for outputs, _ in wide.config.blocks] == [40, 40, 68, 68, 68]
    clips = torch.randn(3, 1, 16, 7, 3)
    torch.testing.assert_close(wide(clips), model(clips), rtol=1e-3, atol=1e-3)
    assert not wide.training


def test_copies_differ_in_what_reads_them(make_network):
    model = make_network(blocks=((20, 1), (20, 1)))
    weight = widen(model, [40, 40], noise=0.5).blocks[1].gcn1.conv_d[0].weight[:, :, 0, 0]
    assert not torch.isclose(weight[:, :20], weight[:, 20:]).any()
    even = widen(model, [40, 40], noise=0.0).blocks[1].gcn1.conv_d[0].weight[:, :, 0, 0]
    torch.testing.assert_close(even[:, :20], even[:, 20:])
    assert torch.equal(widen(model, [40, 40], seed=4).fc.weight, widen(model, [40, 40], seed=4).fc.weight)


@pytest.mark.parametrize("widths", [[40], [40, 40, 34, 34, 35], [10, 20, 34, 34, 34]])
def test_widths_must_be_multiples(make_network, widths):
    with pytest.raises(ValueError, match="widths must be 5 multiples of 20, 20, 34, 34, 34"):
        widen(make_network(), widths)


def test_what_cannot_be_widened(make_network):
    with pytest.raises(ValueError, match="noise must be at least 0 and below 1"):
        widen(make_network(), [20, 20, 34, 34, 34], noise=1)
    pruned = make_network()
    drop_channels(pruned, 0.5)
    with pytest.raises(ValueError, match="must not be pruned"):
        widen(pruned, [20, 20, 34, 34, 34])


def test_branches_are_not_widened(make_network):
    with pytest.raises(ValueError, match="must not have branches to be widened"):
        widen(make_network(branches=MULTI_SCALE, kernel=9), [40, 40, 68, 68, 68])
