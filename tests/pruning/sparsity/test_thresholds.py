import pytest
import torch

from hypgcn_pruning.sparsity.thresholds import quantile_threshold, set_thresholds


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9, 1.0])
def test_quantile(density):
    x = torch.rand(10000, generator=torch.Generator().manual_seed(0))
    assert float((x > quantile_threshold(x, density)).float().mean()) == pytest.approx(density, abs=0.001)


def test_sparse_data_needs_none():
    x = torch.zeros(100)
    x[:20] = 1
    assert quantile_threshold(x, 0.3) == 0


def test_densities_are_reached_and_the_last_output_is_spared(make_network):
    model = make_network()
    clips = torch.randn(8, 1, 16, 7, 3)
    set_thresholds(model, clips, 0.3, 0.25, 0.2)
    assert model.blocks[0].gcn1.theta_z == 0
    x = model.features(clips)
    for block in model.blocks:
        z = block.gcn1.graph_products(x, block.kept)
        assert float((z != 0).float().mean()) == pytest.approx(0.2 if block is not model.blocks[0] else 1, abs=0.01)
        assert float((block.hidden(x) != 0).float().mean()) <= 0.301
        x = block(x)
        if block is not model.blocks[-1]:
            assert float((x != 0).float().mean()) <= 0.251
    assert model.blocks[-1].theta_y == 0
    assert model.blocks[0].theta_h > 0


def test_dead_zone_of_the_first_block(make_network):
    model = make_network()
    clips = torch.randn(8, 1, 16, 7, 3)
    set_thresholds(model, clips, 1, 1, density_z_first=0.5)
    z = model.blocks[0].gcn1.graph_products(model.features(clips), model.blocks[0].kept)
    assert float((z != 0).float().mean()) == pytest.approx(0.5, abs=0.01)
    assert not any(block.gcn1.theta_z for block in model.blocks[1:])
    set_thresholds(model, clips, 1, 1)
    assert model.blocks[0].gcn1.theta_z == 0


@pytest.mark.parametrize(("name", "values"), [("density_h", (0, 0.5)), ("density_y", (0.5, 1.5)),
                                              ("density_z", (1, 1, 0)), ("density_z_first", (1, 1, 1, 2))])
def test_range(make_network, name, values):
    with pytest.raises(ValueError, match=f"{name} must be above 0"):
        set_thresholds(make_network(), torch.randn(2, 1, 16, 7, 3), *values)
