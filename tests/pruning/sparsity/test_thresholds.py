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
    set_thresholds(model, clips, 0.3, 0.25)
    x = model.features(clips)
    for block in model.blocks:
        assert float((block.hidden(x) != 0).float().mean()) <= 0.301
        x = block(x)
        if block is not model.blocks[-1]:
            assert float((x != 0).float().mean()) <= 0.251
    assert model.blocks[-1].theta_y == 0
    assert model.blocks[0].theta_h > 0


@pytest.mark.parametrize(("name", "values"), [("density_h", (0, 0.5)), ("density_y", (0.5, 1.5))])
def test_range(make_network, name, values):
    with pytest.raises(ValueError, match=f"{name} must be above 0"):
        set_thresholds(make_network(), torch.randn(2, 1, 16, 7, 3), *values)
