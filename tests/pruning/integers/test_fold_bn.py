import pytest
import torch

from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.sparsity.channels import drop_channels
from hypgcn_pruning.sparsity.taps import cut_taps
from hypgcn_pruning.sparsity.thresholds import set_thresholds


@pytest.mark.parametrize("persons", [1, 2])
@pytest.mark.parametrize("pruned", [False, True])
def test_folded_network_is_the_network(make_network, persons, pruned):
    model = make_network(persons=persons)
    clips = torch.randn(4, persons, 16, 7, 3)
    if pruned:
        drop_channels(model, 0.5)
        cut_taps(model, 2)
        set_thresholds(model, clips, 0.5, 0.5, 0.4, 0.5)
        for block in model.blocks:  # a quantile is one of the values: off it, so that rounding cannot decide
            block.gcn1.theta_z.mul_(1.0001)
            block.theta_h.mul_(1.0001)
            block.theta_y.mul_(1.0001)
    found = dict(fold(model).tensors(clips))
    model, clips = model.double(), clips.double()
    torch.testing.assert_close(found["logits"], model(clips), rtol=1e-6, atol=1e-6)
    x = model.features(clips)
    torch.testing.assert_close(found["x1"], x, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found["blocks.0.h"], model.blocks[0].hidden(x), rtol=1e-6, atol=1e-6)


def test_folded_weights_obey_the_masks(make_network):
    model = make_network()
    drop_channels(model, 0.5)
    cut_taps(model, 2)
    for block in fold(model).blocks:
        assert not block.spatial[:, :, block.kept == 0].any()
        assert not block.temporal[block.filters == 0].any()
    assert not fold(model).blocks[0].y_bias[model.blocks[0].filters == 0].any()


def test_dynamic_graph_is_refused(make_network):
    with pytest.raises(ValueError, match="dynamic_graph must be off"):
        fold(make_network(dynamic_graph=True))


def test_nan_is_refused(make_network):
    model = make_network()
    model.blocks[2].tcn1.conv.weight.data[0, 0, 0, 0] = float("nan")
    with pytest.raises(ValueError, match="l3.tcn1.conv.weight must hold finite"):
        fold(model)
