import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hypgcn_pruning.config import CompileConfig, PruneConfig, QuantiseConfig, TrainConfig, fine_tuning
from hypgcn_pruning.network.batch_norms import settle_batch_norms
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.network.model import ModelConfig, Network
from hypgcn_pruning.network.predict import accuracy
from hypgcn_pruning.recordings.data import batches, calibration_clips, prepared
from hypgcn_pruning.sparsity.prune import prune
from hypgcn_pruning.training.curves import plot_history
from hypgcn_pruning.training.run_state import RunState
from hypgcn_pruning.training.train import _Session, learning_rate, train

FAST = {"batch": 16, "average": 0.8, "epoch_steps": 1, "degrees": 20.0}


@pytest.fixture
def fresh(skeleton):
    torch.manual_seed(0)
    return Network(ModelConfig(skeleton=skeleton, classes=3, frames=16, kernel=5, blocks=((8, 1), (8, 1))))


def test_learns(trained, clips, preparation):
    model, score = trained
    assert score >= 0.8
    held = torch.from_numpy(prepared(clips.part(1), preparation))
    assert accuracy(model, held, clips.part(1).label) == pytest.approx(score)


@pytest.mark.parametrize("devices", [1, 2])
def test_a_short_run_ends_with_its_own_statistics(fresh, clips, preparation, tmp_path, devices):
    """After nine steps the moving averages are partly still those of the first weights."""
    config = TrainConfig(epochs=3, batch=18, average=0.9, epoch_steps=1, rate=0.2, degrees=20.0, devices=devices)
    history = train(fresh, clips, preparation, config, tmp_path, progress=False)
    held, learned = clips.part(1), clips.part(0)
    assert accuracy(fresh, torch.from_numpy(prepared(held, preparation)), held.label) \
        == pytest.approx(history[-1]["accuracy"]) and history[-1]["accuracy"] > 0.6
    inputs, labels = torch.from_numpy(prepared(learned, preparation)), torch.from_numpy(learned.label)
    assert settle_batch_norms(fresh, inputs, labels, progress=False)[0] is fresh
    model, info = load_checkpoint(tmp_path / "last.safetensors")
    assert torch.equal(model.l2.gcn1.bn.running_var, fresh.l2.gcn1.bn.running_var)


def test_masks_survive_fine_tuning(trained):
    model, _ = trained
    assert sum(int((block.kept == 0).sum()) for block in model.blocks) == 20
    for block in model.blocks:
        mask = block.temporal_mask()
        assert not block.tcn1.conv.weight[mask[..., None].expand_as(block.tcn1.conv.weight) == 0].any()
    assert sum(float(block.theta_h + block.theta_y) > 0 for block in model.blocks) >= 2


def test_an_epoch_may_be_a_part_of_a_pass(fresh, clips, preparation, tmp_path):
    """Of 54 clips in batches of 16 a pass has 4 steps; the rate falls over the steps that there are."""
    config = TrainConfig(epochs=3, **FAST, max_epoch_steps=2, warmup=0)
    steps = []
    real = RunState.update_average

    def counted(state):
        steps.append(state.optimiser.param_groups[0]["lr"])
        real(state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunState, "update_average", counted)
        assert len(train(fresh, clips, preparation, config, tmp_path, progress=False)) == 3
    assert steps == pytest.approx([learning_rate(config, step, 6) for step in range(6)])
    for limit in (-1, 1.5, True):
        with pytest.raises(ValueError, match=f"max_epoch_steps must be an integer of at least 0, not {limit}"):
            TrainConfig(max_epoch_steps=limit)


def test_many_held_out_clips_are_not_kept(fresh, clips, preparation, tmp_path, monkeypatch):
    """With the accuracies of those that are."""
    config = TrainConfig(epochs=2, **FAST)
    state = {name: tensor.clone() for name, tensor in fresh.state_dict().items()}
    expected = train(fresh, clips, preparation, config, tmp_path / "a", progress=False)
    monkeypatch.setattr("hypgcn_pruning.training.train.KEPT", 1)
    fresh.load_state_dict(state)
    assert train(fresh, clips, preparation, config, tmp_path / "b", progress=False) == expected


def test_seeded_and_resumable(fresh, clips, preparation, tmp_path):
    """Two epochs in one go are two epochs with a break."""
    state = {name: tensor.clone() for name, tensor in fresh.state_dict().items()}
    config = TrainConfig(epochs=2, **FAST)
    history = train(fresh, clips, preparation, config, tmp_path / "a", progress=False)
    other = Network(fresh.config)
    other.load_state_dict(state)

    class Stop(Exception):
        pass

    stored = RunState.store

    def store_and_stop(run, path):
        stored(run, path)
        raise Stop
    RunState.store = store_and_stop
    try:
        with pytest.raises(Stop):
            train(other, clips, preparation, config, tmp_path / "b", progress=False)
    finally:
        RunState.store = stored
    torch.manual_seed(99)
    resumed = Network(fresh.config)
    resumed.load_state_dict(state)
    assert train(resumed, clips, preparation, config, tmp_path / "b", progress=False) == history
    for name, tensor in fresh.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name
    last, info = load_checkpoint(tmp_path / "b" / "last.safetensors")
    assert torch.equal(last.fc.weight, fresh.fc.weight)
    assert len(info["history"]) == 2


def test_schedule_counts_steps(fresh, clips, preparation, tmp_path, monkeypatch):
    """54 clips are 4 steps; an epoch of at least 10 takes them three times, and the rate runs over 2 x 12 steps."""
    rates = []

    def seen(config, step, steps):
        rates.append((step, steps))
        return learning_rate(config, step, steps)
    monkeypatch.setattr("hypgcn_pruning.training.train.learning_rate", seen)
    train(fresh, clips, preparation, TrainConfig(epochs=2, **{**FAST, "epoch_steps": 10}), tmp_path, progress=False)
    assert rates == [(step, 24) for step in range(24)]


def test_learning_rate_rises_and_falls_to_zero():
    config = TrainConfig(rate=0.1, warmup=0.1)
    rates = [learning_rate(config, step, 3200) for step in range(3201)]
    np.testing.assert_allclose(rates[:320], 0.1 * np.arange(1, 321) / 320)
    np.testing.assert_allclose(rates[320:], 0.05 * (1 + np.cos(np.pi * np.linspace(0, 1, 2881))), atol=1e-12)
    assert rates[1760] == pytest.approx(0.05)
    assert rates[-1] == pytest.approx(0)
    assert all(0 < learning_rate(replace(config, warmup=warmup), step, steps) <= 0.1
               for warmup in (0.0, 0.1, 0.9) for steps in (1, 2, 7) for step in range(steps))


def test_shows_progress_and_curves(fresh, clips, preparation, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hypgcn_pruning.training.train.plot_history", plot_history)
    history = train(fresh, clips, preparation, TrainConfig(epochs=1, **FAST), tmp_path)
    assert "train" in capsys.readouterr().err
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert 0 < history[0]["rate"] <= TrainConfig().rate
    assert (tmp_path / "best.safetensors").is_file()


def test_finished_run_is_only_read(fresh, clips, preparation, tmp_path):
    config = TrainConfig(epochs=1, **FAST)
    again = copy.deepcopy(fresh)
    history = train(fresh, clips, preparation, config, tmp_path, progress=False)
    stamp = (tmp_path / "state.pt").stat().st_mtime_ns
    assert train(again, clips, preparation, config, tmp_path, progress=False) == history
    assert torch.equal(fresh.fc.weight, again.fc.weight)
    assert (tmp_path / "state.pt").stat().st_mtime_ns == stamp


def test_mixed_precision_learns_the_same(fresh, clips, preparation, tmp_path):
    other = copy.deepcopy(fresh)
    history = train(fresh, clips, preparation, TrainConfig(epochs=1, **FAST), tmp_path / "a", progress=False)
    mixed = train(other, clips, preparation, TrainConfig(epochs=1, precision="bf16", **FAST), tmp_path / "b",
                  progress=False)
    assert mixed[0]["loss"] != history[0]["loss"]
    assert mixed[0]["loss"] == pytest.approx(history[0]["loss"], rel=0.05)
    state = torch.load(tmp_path / "b" / "state.pt", weights_only=False)
    for tensors in (state["model"], state["average"], other.state_dict()):  # products alone are of 16 bits
        assert {tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()} == {torch.float32}
    for name in ("l1.gcn1.bn.running_var", "l2.tcn1.bn.running_mean"):
        torch.testing.assert_close(other.state_dict()[name], fresh.state_dict()[name], rtol=0.02, atol=0.01)


def test_mixed_precision_says_where_it_gains_nothing(fresh, clips, preparation, tmp_path, monkeypatch, capsys):
    """Once a run, when it computes."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    config = TrainConfig(epochs=1, precision="bf16", **FAST)
    for expected in (1, 0):
        train(fresh, clips, preparation, config, tmp_path, progress=True)
        assert capsys.readouterr().err.count("no instructions for bfloat16") == expected
        torch.manual_seed(0)
        fresh = Network(fresh.config)


def as_two(model, clips, preparation, config):
    """One epoch on both processes' shares in one process; returns the mean loss."""
    run = RunState(model.train(), config)
    learn = clips.part(0)
    losses = []
    shares = [batches(learn, preparation, config.batch, np.random.default_rng((config.seed, 0)), augmentation=config,
                      share=(rank, 2)) for rank in range(2)]
    for number, parts in enumerate(zip(*shares)):
        for group in run.optimiser.param_groups:
            group["lr"] = learning_rate(config, number, -(-len(learn) // config.batch))
        whole = sum(len(x) for x, _ in parts)
        loss = sum(torch.nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y), reduction="sum",
                                                     label_smoothing=config.smoothing) for x, y in parts) / whole
        run.optimiser.zero_grad()
        loss.backward()
        run.optimiser.step()
        losses.append(loss.item())
    return np.mean(losses)


@pytest.mark.slow
def test_two_processes(fresh, clips, preparation, tmp_path):
    """They learn what one process learns of both shares of every batch, the last one uneven; all clips count for the
    accuracy; a finished run is only read; a divergence comes back as the usual error."""
    config = TrainConfig(epochs=1, devices=2, **{**FAST, "batch": 15})
    assert (clips.split == 0).sum() % 15 % 2 == 1
    other, again = copy.deepcopy(fresh), copy.deepcopy(fresh)
    history = train(fresh, clips, preparation, config, tmp_path / "two", progress=False)
    assert history[0]["loss"] == pytest.approx(as_two(other, clips, preparation, config), rel=1e-4)
    state = torch.load(tmp_path / "two" / "state.pt", weights_only=True)
    for name, parameter in other.named_parameters():
        torch.testing.assert_close(state["model"][name], parameter.detach(), rtol=1e-3, atol=1e-5, msg=name)
    held = torch.from_numpy(prepared(clips.part(1), preparation))
    assert accuracy(fresh, held, clips.part(1).label) == pytest.approx(history[-1]["accuracy"])
    assert train(again, clips, preparation, config, tmp_path / "two", progress=False) == history
    assert torch.equal(again.fc.weight, fresh.fc.weight)
    with pytest.raises(ValueError, match="diverged in epoch 1"):
        train(again, clips, preparation, replace(config, rate=1e30), tmp_path / "three", progress=False)


@pytest.fixture
def uneven(clips):
    """Two training clips of the last class, sixteen of the others."""
    rare = np.flatnonzero((clips.label == 2) & (clips.split == 0))
    return clips.take(np.setdiff1d(np.arange(len(clips)), rare[2:]))


def losses_of(fresh, clips, preparation, folder, monkeypatch, **changes):
    """Labels of the batches of an epoch, and the mean loss."""
    seen = []
    real = _Session.loss

    def loss(self, inputs, labels, *rest):
        seen.append(labels)
        return real(self, inputs, labels, *rest)

    monkeypatch.setattr(_Session, "loss", loss)
    config = TrainConfig(epochs=1, rate=1e-9, smoothing=0.0, **{**FAST, **changes})
    history = train(copy.deepcopy(fresh), clips, preparation, config, folder, progress=False)
    return np.concatenate(seen), history[0]["loss"]


def test_balanced_drawing(fresh, uneven, preparation, tmp_path, monkeypatch):
    plain, _ = losses_of(fresh, uneven, preparation, tmp_path / "a", monkeypatch)
    drawn, _ = losses_of(fresh, uneven, preparation, tmp_path / "b", monkeypatch, balance="draw")
    assert np.bincount(plain)[2] == 2 and len(plain) == len(drawn)
    assert np.ptp(np.bincount(drawn)) <= 1


def test_weights_of_the_loss(fresh, uneven, preparation, tmp_path, monkeypatch):
    """A classifier that always has the same logits shows the weights alone."""
    with torch.no_grad():
        fresh.fc.weight.zero_()
        fresh.fc.bias.copy_(torch.tensor([0.0, 0.0, -3.0]))
    labels, plain = losses_of(fresh, uneven, preparation, tmp_path / "a", monkeypatch, batch=64)
    same, weighted = losses_of(fresh, uneven, preparation, tmp_path / "b", monkeypatch, batch=64,
                               balance="weights")
    assert (labels == same).all()
    of_class = -np.log(np.exp([0.0, 0.0, -3.0]) / np.exp([0.0, 0.0, -3.0]).sum())
    assert plain == pytest.approx(of_class[labels].mean(), abs=1e-4)
    assert weighted == pytest.approx(of_class.mean(), abs=1e-4)


def test_balance_belongs_to_the_run(fresh, uneven, preparation, tmp_path):
    config = TrainConfig(epochs=1, **FAST)
    train(copy.deepcopy(fresh), uneven, preparation, config, tmp_path, progress=False)
    with pytest.raises(ValueError, match="differs from this one in balance: 'none' there, 'draw' here"):
        train(copy.deepcopy(fresh), uneven, preparation, replace(config, balance="draw"), tmp_path, progress=False)


def test_divergence_is_an_error(fresh, clips, preparation, tmp_path):
    with pytest.raises(ValueError, match="diverged in epoch 1"):
        train(fresh, clips, preparation, TrainConfig(epochs=1, rate=1e30, **FAST), tmp_path, progress=False)
    assert not (tmp_path / "last.safetensors").exists()


@pytest.mark.parametrize("dynamic", [False, True])
def test_prune_step(skeleton, clips, preparation, tmp_path, dynamic):
    torch.manual_seed(0)
    model = Network(ModelConfig(skeleton=skeleton, classes=3, frames=16, kernel=5, blocks=((20, 1), (20, 1)),
                                dynamic_graph=dynamic))
    config = PruneConfig(channels=0.5, taps=2, weights_epochs=1, threshold_epochs=1)
    found = prune(model, clips, preparation, config, TrainConfig(**FAST), tmp_path, progress=False)
    assert not found.config.dynamic_graph
    assert int(found.blocks[1].kept.sum()) == 10
    assert found.blocks[0].taps.sum(1).tolist() == [2, 2]
    assert found.blocks[1].theta_h > 0
    loaded, info = load_checkpoint(tmp_path / "thresholds" / "last.safetensors")
    assert torch.equal(loaded.fc.weight, found.fc.weight)
    assert json.dumps(info)


def test_calibration_clips_are_spread(clips, preparation):
    assert calibration_clips(clips, preparation, 1, 10).shape == (10, 1, 16, 7, 3)
    assert len(calibration_clips(clips, preparation, 2, 1000)) == (clips.split == 0).sum()


def test_fine_tuning_config():
    config = fine_tuning(TrainConfig(batch=7, seed=2), 1, 0.01)
    assert (config.epochs, config.rate, config.warmup, config.batch, config.seed) == (1, 0.01, 0.1, 7, 1002)


@pytest.mark.parametrize(("config", "changes", "match"), [
    (TrainConfig, {"epochs": 0}, "epochs must be"), (TrainConfig, {"rate": 0}, "rate must be positive"),
    (TrainConfig, {"precision": "8"}, "precision must be one of 32, 16, bf16, not '8'"),
    (TrainConfig, {"accelerator": "tpu"}, "accelerator must be one of cpu, cuda, auto, not 'tpu'"),
    (TrainConfig, {"balance": "even"}, "balance must be one of none, draw, weights, not 'even'"),
    (TrainConfig, {"devices": 0}, "devices must be an integer of at least 1, not 0"),
    # case 38
    (TrainConfig, {"batch": 1}, "batch must be at least 2, because batch normalisation needs two clips, not 1"),
    (TrainConfig, {"devices": 3, "batch": 5}, "batch must be at least 6, two clips for each of 3 devices, not 5"),
    (TrainConfig, {"smoothing": 1.0}, "smoothing must"), (TrainConfig, {"batch": 1.5}, "batch must be"),
    (PruneConfig, {"channels": 0.0}, "channels must be above 0 and at most 1, not 0.0"),
    (PruneConfig, {"channels": 1.2}, "channels must be above 0"), (PruneConfig, {"density_h": -1}, "density_h must"),
    (PruneConfig, {"taps": 0}, "taps must be"), (PruneConfig, {"tune_rate": -1}, "tune_rate must be"),
    (QuantiseConfig, {"epochs": -1}, "epochs must be an integer of at least 0, not -1"),
    (QuantiseConfig, {"epochs": 1.5}, "epochs must be"), (QuantiseConfig, {"rate": 0}, "rate must be positive"),
    (QuantiseConfig, {"lowest": 0}, "lowest must be"), (QuantiseConfig, {"calibration": 0}, "calibration must"),
    (CompileConfig, {"margin": 0.9}, "margin must be at least 1"),
    (CompileConfig, {"calibration": True}, "calibration must")])
def test_configs_reject(config, changes, match):
    with pytest.raises(ValueError, match=match):
        config(**changes)


def test_training_needs_training_clips(fresh, clips, preparation, tmp_path):
    with pytest.raises(ValueError, match="split 0"):
        train(fresh, clips.take(np.flatnonzero(clips.split == 1)), preparation, TrainConfig(epochs=1), tmp_path,
              progress=False)
