"""A layer with one channel 50 times larger is named, and the remedy that is proposed recovers it."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from hypgcn.cli import main
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.check import check_integers, held_out
from hypgcn_pruning.integers.diagnosis import compare, layer_costs, message
from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.integers.mixed import MixedNetwork
from hypgcn_pruning.integers.quantise import calibrate_folded
from hypgcn_pruning.integers.remedies import correct_biases, equalise, equalised_channels
from hypgcn_pruning.network.checkpoint import save_checkpoint
from hypgcn_pruning.network.predict import predict

PLANTED = "blocks.1.h"
PAIR = (PLANTED, "blocks.1.temporal")
"""The large channel takes the range of H, and the weights that read it are small beside their row's others."""


@pytest.fixture(scope="module")
def model(make_network):
    """One channel of H of block 2 is 50 times larger, and its readers 50 times smaller: the same function.

    It costs 50 times what all other tensors do, so that their rounding, which moves with any step, decides nothing.
    """
    network = make_network(blocks=((8, 1), (12, 2), (12, 1)))
    block = network.blocks[1]
    with torch.no_grad():
        for bn in (block.gcn1.bn, block.gcn1.down[1]):
            bn.weight[3] *= 50
            bn.bias[3] *= 50
        block.tcn1.conv.weight[:, 3] /= 50
    return network


@pytest.fixture(scope="module")
def sample():
    return noise(5)


def noise(seed):
    return torch.randn(40, 1, 16, 7, 3, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def folded(model):
    return fold(model)


def test_the_planted_layer_costs_most(model, folded, sample):
    mixed = MixedNetwork(folded, calibrate_folded(folded, sample), model.config)
    costs = layer_costs(mixed, sample, progress=False)
    assert costs[0]["site"] in PAIR
    assert sum(row["share"] for row in costs if row["site"] in PAIR) > 0.5
    assert {row["site"] for row in costs} == set(mixed.sites)
    assert sum(row["share"] for row in costs) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("seed", [5, 6, 7, 8])
def test_equalisation_is_exact_in_float_and_recovers_it(model, folded, seed):
    sample = noise(seed)
    even = equalise(folded, sample)
    wanted, found = (dict(net.tensors(sample)) for net in (folded, even))
    for name in wanted:
        if not name.endswith(".h"):
            torch.testing.assert_close(found[name], wanted[name], rtol=1e-10, atol=1e-10)
    lost, left = (sum(row["divergence"] for row in layer_costs(
        MixedNetwork(net, calibrate_folded(net, sample), model.config), sample, progress=False) if row["site"] in PAIR)
        for net in (folded, even))
    assert left < lost / 10


def test_thresholds_and_identity_shortcuts_forbid_equalisation(folded, sample):
    """A threshold is one number for all channels, and a shortcut brings X as it is: the block stays, bit for bit."""
    with_threshold = dataclasses.replace(folded, blocks=tuple(dataclasses.replace(block, theta_h=0.2)
                                                              for block in folded.blocks))
    for block, same in zip(with_threshold.blocks, equalise(with_threshold, sample).blocks):
        assert not equalised_channels(block)
        assert same is block
    assert not equalised_channels(folded.blocks[2])
    assert equalise(folded, sample).blocks[2] is folded.blocks[2]


def test_biases_take_back_the_mean_error(model, folded, sample):
    scales = calibrate_folded(folded, sample)
    corrected = correct_biases(folded, scales, model.config, sample)
    for index in range(3):
        errors = []
        for net in (folded, corrected):
            mixed = MixedNetwork(net, scales, model.config, torch.float64)
            real, whole = (dict(other.tensors(sample, chosen)) for other, chosen in (
                (MixedNetwork(folded, scales, model.config, torch.float64), ()), (mixed, mixed.sites)))
            name = f"blocks.{index}.y"
            errors.append(float((real[name] - whole[name]).mean((0, 2, 3)).abs().mean()))
        assert errors[1] < errors[0]


def test_the_message_names_layer_and_remedy(model, sample, clips, preparation):
    labels = predict(model, sample).argmax(1)
    scales = calibrate_folded(fold(model), sample)
    held = dataclasses.replace(held_out(clips, preparation, 1, 8, False), clips=sample, labels=labels)
    report, text = check_integers(model, fold(model), scales, sample, held, QuantiseConfig(report="always"),
                                  trained=False, progress=False)
    assert "comes from block 2, " in text
    assert "--equalise gives" in text
    assert report["tried"][0]["option"] == "--equalise"
    assert report["costs"][0]["site"] in PAIR
    quiet, text = check_integers(model, fold(model), scales, sample, held, QuantiseConfig(report="never"),
                                 trained=False, progress=False)
    assert text == ""
    assert quiet.keys() == {"clips", "quality", "layers"}


def test_training_is_proposed_where_nothing_helps(model, folded, sample):
    mixed = MixedNetwork(folded, calibrate_folded(folded, sample), model.config)
    real = torch.eye(3).repeat(4, 1)
    quality = compare(real, real.roll(1, 1), real.argmax(1))
    assert quality.lossy
    layers = {PLANTED: {"saturated": 0.031, "snr": 12.3}}
    text = message(quality, layers, [{"site": PLANTED, "divergence": 1.0, "share": 0.9}],
                   [{"option": "--lowest 1", "divergence": 9.0, "int8": 0.0, "pruned": 1.0, "agreement": 0.0}],
                   "12 clips")
    assert text.startswith("int8 is 100.0 points below the pruned network (0.0 against 100.0 %) on 12 clips")
    assert "90 % of what integers change comes from block 2, H (saturates 3.1 %, 12 dB)" in text
    assert "None of --lowest 1 helped" in text
    assert "--epochs 4" in text
    assert not compare(mixed.predict(sample, ()), mixed.predict(sample, ()), torch.zeros(40).long()).lossy


def test_held_out_clips_are_never_test_clips(clips, preparation):
    training = clips.part(0)
    rest = held_out(clips, preparation, 1, len(training) - 20, False)
    assert len(rest.clips) == 20
    assert "do not calibrate" in rest.text
    assert len(held_out(clips, preparation, 1, len(training), False).clips) == len(training)
    validation = held_out(clips, preparation, 1, 8, True)
    np.testing.assert_array_equal(validation.labels.numpy(), clips.part(1).label)


def test_the_command_says_it(model, clips, preparation, tmp_path, capsys, monkeypatch):
    """Labels are what the float network votes, so that it is right, and the planted layer costs int8 clips."""
    monkeypatch.setattr("hypgcn_pruning.steps.plot_ranges", lambda ranges, path: None)
    noise = np.random.default_rng(3).normal(size=clips.data.shape).astype(np.float32)
    data = dataclasses.replace(clips, data=noise)
    whole = held_out(dataclasses.replace(data, split=np.zeros_like(data.split)), preparation, 1, 1000, False)
    label = predict(model, whole.clips).argmax(1).numpy()
    np.savez(tmp_path / "clips.npz", data=noise, label=label, length=clips.length, split=clips.split)
    save_checkpoint(tmp_path / "pruned.safetensors", model, {"preparation": preparation.to_dict()})
    words = ["quantise", str(tmp_path / "pruned.safetensors"), "--data", str(tmp_path / "clips.npz"), "--threads", "1",
             "--calibration", "20", "--report"]
    main([*words, "always", "-o", str(tmp_path / "q")])
    out, err = capsys.readouterr()
    assert "block 2, H" in out
    assert "comes from block 2, " in err
    assert "--equalise gives" in err
    report = json.loads((tmp_path / "q/layers.json").read_text(encoding="utf-8"))
    assert report["costs"][0]["site"] in PAIR
    main([*words, "never", "--equalise", "-o", str(tmp_path / "even")])
    better = json.loads((tmp_path / "even/layers.json").read_text(encoding="utf-8"))
    assert better["quality"]["divergence"] < 0.8 * report["quality"]["divergence"]
