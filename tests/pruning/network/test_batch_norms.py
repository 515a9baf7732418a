import copy

import numpy as np
import pytest
import torch

from hypgcn.design import Design
from hypgcn_pruning.config import PruneConfig, QuantiseConfig, TrainConfig
from hypgcn_pruning.network.batch_norms import MARGIN, measured_anew, settle_batch_norms
from hypgcn_pruning.network.checkpoint import save_checkpoint
from hypgcn_pruning.network.predict import accuracy
from hypgcn_pruning.recordings.data import prepared
from hypgcn_pruning.sparsity.prune import prune
from hypgcn_pruning.steps import quantise_step


@pytest.fixture(scope="module")
def learned(clips, preparation):
    part = clips.part(0)
    return torch.from_numpy(prepared(part, preparation)), torch.from_numpy(part.label)


@pytest.fixture(scope="module")
def unsettled(trained):
    """The trained network with the statistics of a run of very few steps."""
    model = copy.deepcopy(trained[0])
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            module.running_mean.mul_(0.4)
            module.running_var.lerp_(torch.ones_like(module.running_var), 0.6)
    return model


def test_statistics_are_those_of_the_clips(unsettled, learned):
    clips = learned[0][:48]
    state = copy.deepcopy(unsettled.state_dict())
    anew = measured_anew(unsettled, clips)
    values = clips.permute(0, 1, 3, 4, 2).reshape(len(clips), -1, clips.shape[2])
    torch.testing.assert_close(anew.data_bn.running_mean, values.mean((0, 2)), atol=1e-5, rtol=1e-4)
    batches = torch.stack([part.transpose(0, 1).flatten(1).var(1) for part in values.split(16)])
    torch.testing.assert_close(anew.data_bn.running_var, batches.mean(0), atol=1e-5, rtol=1e-4)
    assert anew.data_bn.momentum == unsettled.data_bn.momentum
    assert not anew.training
    for name, tensor in unsettled.state_dict().items():
        torch.testing.assert_close(tensor, state[name], rtol=0, atol=0)
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked")):
            torch.testing.assert_close(anew.state_dict()[name], tensor, rtol=0, atol=0)


def test_settled_networks_keep_their_bits(unsettled, learned, capsys):
    model, found = settle_batch_norms(unsettled, *learned)
    assert found.loss < found.loss_before - MARGIN
    assert found.accuracy >= found.accuracy_before
    assert "batch norms" in capsys.readouterr().err
    again, found = settle_batch_norms(model, *learned)
    assert again is model
    assert not found.better
    assert "batch norms" not in capsys.readouterr().err


def test_pruning_starts_from_measured_statistics(unsettled, learned, clips, preparation, tmp_path):
    """A short training left 69 % of 100 %; pruned with its statistics, and quantised, the network fell to 31 %."""
    nothing = PruneConfig(channels=1.0, taps=5, reconstruct=False, density_h=1.0, density_y=1.0, density_z=1.0,
                          weights_epochs=0, threshold_epochs=0)
    whole = copy.deepcopy(unsettled)
    for block in whole.blocks:
        block.taps.fill_(1)
    pruned = prune(whole, clips, preparation, nothing, TrainConfig(), tmp_path, progress=False)
    model, _ = settle_batch_norms(whole, *learned)
    labels = learned[1].numpy()
    assert accuracy(pruned, learned[0], labels) == accuracy(model, learned[0], labels)
    assert accuracy(pruned, learned[0], labels) > accuracy(unsettled, learned[0], labels)


def test_quantisation_starts_from_measured_statistics(unsettled, learned, clips, preparation, tmp_path, monkeypatch):
    monkeypatch.setattr("hypgcn_pruning.steps.plot_ranges", lambda ranges, path: None)
    np.savez(tmp_path / "clips.npz", data=clips.data, label=clips.label, length=clips.length, split=clips.split)
    hashes = []
    for name, model in (("before", unsettled), ("after", settle_batch_norms(unsettled, *learned)[0])):
        save_checkpoint(tmp_path / f"{name}.safetensors", model, {"preparation": preparation.to_dict()})
        path = quantise_step(tmp_path / f"{name}.safetensors", tmp_path / name, data=str(tmp_path / "clips.npz"),
                             config=QuantiseConfig(), progress=False)
        hashes.append(Design.load(path).hash)
    assert hashes[0] == hashes[1]
