import pytest
import torch

from hypgcn_pruning.config import PruneConfig, TrainConfig
from hypgcn_pruning.network.model import ModelConfig, Network
from hypgcn_pruning.recordings.data import calibration_clips
from hypgcn_pruning.sparsity.prune import prune
from hypgcn_pruning.sparsity.thresholds import ThresholdQuantiles, quantile_threshold, set_thresholds


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


@pytest.mark.parametrize(("epochs", "after"), [(1, []), (2, [1]), (3, [1]), (4, [1, 2]), (9, [1, 2, 4]),
                                               (18, [1, 2, 9])])
def test_quantiles_are_taken_again_in_the_first_half(make_network, epochs, after):
    """A resumed run takes them in the epochs that are left."""
    clips, densities = torch.randn(8, 1, 16, 7, 3), (0.3, 0.25, 0.2, 0.5)
    assert ThresholdQuantiles(clips, densities, epochs).settings()["after"] == after
    for resumed in range(epochs):
        model = make_network()
        again = ThresholdQuantiles(clips, densities, epochs)
        again.load_state_dict({"epoch": resumed})
        changed = []
        for epoch in range(resumed + 1, epochs + 1):
            model.blocks[1].gcn1.theta_z.fill_(7)
            again.after_epoch(model)
            if model.blocks[1].gcn1.theta_z != 7:
                changed.append(epoch)
        assert changed == [epoch for epoch in after if epoch > resumed]


def test_densities_after_fine_tuning(skeleton, clips, preparation, tmp_path):
    """Fine-tuning moves activations: with the quantiles of the beginning alone, H and Z end 0.09 off."""
    torch.manual_seed(0)
    model = Network(ModelConfig(skeleton=skeleton, classes=3, frames=16, kernel=5, blocks=((16, 1), (16, 1), (24, 2))))
    model = prune(model, clips, preparation,
                  PruneConfig(channels=0.5, taps=3, weights_epochs=2, threshold_epochs=6, tune_rate=0.1,
                              density_h=0.3, density_y=0.4, density_z=0.3, calibration=48),
                  TrainConfig(batch=16, average=0.8, epoch_steps=8, degrees=20.0), tmp_path, progress=False)
    sample = calibration_clips(clips, preparation, 1, 48)
    x = model.features(torch.from_numpy(sample))
    for index, block in enumerate(model.blocks):
        z = block.gcn1.graph_products(x, block.kept)
        assert float((z != 0).float().mean()) == pytest.approx(0.3 if index else 1, abs=0.05)
        assert float((block.hidden(x) != 0).float().mean()) == pytest.approx(0.3, abs=0.05)
        x = block(x)
