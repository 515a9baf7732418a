"""The pruning step as a whole: schedules, ratios, and what is in the folder afterwards."""

import json

import numpy as np
import pytest
import torch

from hypgcn.design.clip import quantise_clip
from hypgcn_pruning.building.compile import compile_design
from hypgcn_pruning.config import PruneConfig, QuantiseConfig, TrainConfig
from hypgcn_pruning.integers.fold_bn import fold
from hypgcn_pruning.integers.integer import run_integer
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.network.cost import cost_of
from hypgcn_pruning.network.model import ModelConfig, Network
from hypgcn_pruning.reports.evaluate import layer_noise
from hypgcn_pruning.sparsity.prune import calibration_count, prune

FAST = TrainConfig(batch=36, average=0.5, epoch_steps=1, degrees=20.0)


@pytest.fixture
def fresh(skeleton):
    torch.manual_seed(0)
    return Network(ModelConfig(skeleton=skeleton, classes=3, frames=16, kernel=5,
                               blocks=((16, 1), (16, 1), (32, 2), (32, 1))))


def settings(**changes):
    return PruneConfig(**{"channels": 0.5, "taps": 2, "weights_epochs": 0, "threshold_epochs": 0, "density_h": 0.5,
                          # A network that is not trained has many values of Z near a small dead zone's end, where int8
                          # and float fall on different sides.
                          "density_z": 0.5, "calibration": 12, **changes})


def run(fresh, clips, preparation, tmp_path, **changes):
    return prune(fresh, clips, preparation, settings(**changes), FAST, tmp_path, progress=False)


@pytest.mark.parametrize(("changes", "folders", "stages"), [
    ({"weights_epochs": 1, "threshold_epochs": 1}, ["thresholds", "weights"], ["weights"]),
    ({"schedule": "gradual", "stages": 2, "weights_epochs": 4}, ["channels1", "channels2", "taps1", "taps2"],
     ["channels1", "channels2", "taps1", "taps2"]),
    ({"schedule": "admm", "admm_epochs": 1, "weights_epochs": 1}, ["admm_channels", "admm_taps", "weights"],
     ["admm_channels", "admm_taps", "weights"]),
    ({"sparsity": 0.1, "weights_epochs": 1, "threshold_epochs": 2}, ["thresholds", "weights"], ["weights"]),
    ({"sparsity": 0.1, "schedule": "admm", "admm_epochs": 1}, ["admm_channels", "admm_taps"],
     ["admm_channels", "admm_taps"]),
])
def test_schedules_end_at_the_same_structure(fresh, clips, preparation, tmp_path, changes, folders, stages):
    """Every stage of a schedule prunes something, and all schedules end at the same masks."""
    model = run(fresh, clips, preparation, tmp_path, **changes)
    assert sorted(path.name for path in tmp_path.iterdir()) == folders
    assert [int(block.kept.sum()) for block in model.blocks] == [3, 8, 8, 16]
    assert [int(block.filters.sum()) for block in model.blocks] == [8, 8, 16, 32]
    assert all((block.taps.sum(1) == 2).all() for block in model.blocks)
    for block in model.blocks:
        mask = block.temporal_mask()
        assert not block.tcn1.conv.weight[mask[..., None].expand_as(block.tcn1.conv.weight) == 0].any()
        assert torch.equal(block.kept, block.kept.sort(descending=True).values)
        assert block.observer is None
    macs = [cost_of(load_checkpoint(tmp_path / name / "last.safetensors")[0]).macs()["all"] for name in stages]
    assert macs == sorted(macs, reverse=True) and len(set(macs)) == len(macs)


@pytest.mark.parametrize("changes", [
    {"ratios": "global", "criterion": "multi"}, {"ratios": "0.5,0.25"}, {"tied": False}, {"patterns": "filter"},
    {"residual": False, "last_filters": 0.5, "edges": 0.4}, {"coupled": False},
    {"hidden": 0.5, "even_taps": True, "residual": False}])
def test_the_design_is_what_was_pruned(fresh, clips, preparation, held, tmp_path, changes):
    """Whatever is chosen: folded network and float network agree on what dropped channels carry, and the int8 design
    has the same zeros."""
    model = run(fresh, clips, preparation, tmp_path, **changes)
    sample = torch.from_numpy(held)
    with torch.no_grad():
        logits = model(sample)
    *_, (name, folded) = fold(model).tensors(sample)
    assert name == "logits"
    torch.testing.assert_close(folded.float(), logits, rtol=1e-3, atol=1e-3)
    design = quantise(model, sample, QuantiseConfig(calibration=12), preparation=preparation)
    for block, made in zip(model.blocks, design.blocks):
        assert (made.kept == block.kept.numpy()).all()
        assert (made.filters == block.filters.numpy()).all()
        assert not made.graph[block.gcn1.edges.numpy() == 0].any()
        if made.res is not None:
            assert not made.res[block.carried.numpy() == 0].any()
        mask = block.temporal_mask().permute(0, 2, 1).numpy()
        assert not made.temporal.reshape(mask.shape)[mask == 0].any()
    found = run_integer(design, np.stack([quantise_clip(design, clip) for clip in held]))
    real = found["logits"].double() * design.logit_scale
    assert float((real - logits).abs().max()) < 0.2 * float(logits.abs().max())


@pytest.mark.parametrize("changes", [
    {}, {"schedule": "gradual", "stages": 2, "weights_epochs": 4}, {"schedule": "admm", "admm_epochs": 1}])
def test_half_of_the_banks_and_even_taps(fresh, clips, preparation, held, tmp_path, changes):
    """All schedules leave the same banks of H; the compiled design has these alone and half the frames in front of the
    stride, and says what it was made from."""
    model = run(fresh, clips, preparation, tmp_path, hidden=0.5, even_taps=True, residual=False, **changes)
    for block in model.blocks:
        banks = max(1, len(block.taps) // 2)
        assert block.taps.sum(1).tolist() == [2] * banks + [0] * (len(block.taps) - banks)
        assert block.stride == 1 or not (block.taps.nonzero()[:, 1] - model.config.kernel // 2).remainder(2).any()
        assert int(block.read.sum()) == 16
    sample = torch.from_numpy(held)
    design = quantise(model, sample, QuantiseConfig(calibration=12), preparation=preparation)
    integers = np.stack([quantise_clip(design, clip) for clip in held])
    compiled = compile_design(design, integers)
    assert [block.h_channels for block in compiled.blocks] == [16, 16, 16, 16]
    assert [block.dense_channels for block in compiled.blocks] == [16, 16, 32, 32]
    assert [(block.stride, block.dense_stride) for block in compiled.blocks][1:3] == [(2, 1), (1, 2)]
    assert torch.equal(run_integer(design, integers)["logits"], run_integer(compiled, integers)["logits"])
    assert cost_of(compiled).dense().macs() == cost_of(design).dense().macs() == cost_of(model).dense().macs()
    assert cost_of(compiled).macs()["all"] < cost_of(model).macs()["all"]
    assert set(layer_noise(model, compiled, held[:2])) >= {"blocks.1.h", "blocks.1.y", "blocks.3.y"}


def test_search_is_written_down(fresh, clips, preparation, tmp_path):
    model = run(fresh, clips, preparation, tmp_path, ratios="sensitivity", macs=3.0)
    found = json.loads((tmp_path / "ratios.json").read_text(encoding="utf-8"))
    assert found["reduction"] >= 3
    assert [int(block.taps.sum(1)[0]) for block in model.blocks] == found["taps"]
    assert len(found["trials"]) == 2 * 6 + 4 * 4


@pytest.mark.parametrize(("changes", "match"), [
    ({"channels": 0.0}, "channels must be above 0 and at most 1"), ({"last_filters": 2}, "last_filters must be above"),
    ({"edges": -0.5}, "edges must be above 0"), ({"ratios": "some"}, "ratios must be uniform, global, sensitivity"),
    ({"ratios": "0.5,1.5"}, "ratios must be above 0 and at most 1"),
    ({"macs": 4.0}, "macs must be above 1 with ratios"),
    ({"ratios": "sensitivity"}, "macs must be above 1 with ratios"),
    ({"criterion": "size"}, "criterion must be one of"),
    ({"schedule": "slow"}, "schedule must be one of one-shot, gradual, admm"), ({"rho": 0}, "rho must be positive"),
    ({"patterns": "row"}, "patterns must be one of bank, filter"), ({"sparsity": -1.0}, "sparsity must be at least 0"),
    ({"schedule": "admm", "patterns": "filter"}, "patterns must be 'bank' with schedule 'admm'"),
    ({"residual": False, "coupled": False}, "residual must be on where coupled is off"),
    ({"hidden": 0.0}, "hidden must be above 0"),
    ({"even_taps": True, "patterns": "filter"}, "patterns must be 'bank' with even_taps"),
    ({"hidden": 0.5, "patterns": "filter"}, "patterns must be 'bank' with even_taps and with hidden below 1"),
    ({"stages": 0}, "stages must be an integer of at least 1")])
def test_settings_that_make_no_sense(changes, match):
    with pytest.raises(ValueError, match=match):
        settings(**changes)


def test_number_of_shares(fresh, clips, preparation, tmp_path):
    with pytest.raises(ValueError, match="share must be one number or 2"):
        run(fresh, clips, preparation, tmp_path, ratios="0.5,0.5,0.5")


def test_long_clips_calibrate_in_smaller_numbers(skeleton, capsys):
    """Activations of all calibration clips are in memory: as many frames as 256 clips of 64 frames and two persons."""
    for frames, persons, wanted, count in ((52, 1, 256, 256), (64, 2, 256, 256), (300, 2, 256, 54), (300, 2, 20, 20),
                                           (4096, 2, 256, 16)):
        shape = ModelConfig(skeleton=skeleton, classes=3, frames=frames, persons=persons, blocks=((8, 1),))
        assert calibration_count(wanted, shape) == count
        assert (f"calibration: {count} of the 256 clips" in capsys.readouterr().err) is (count < wanted)
