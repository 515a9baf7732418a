import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, prepare_clip
from hypgcn_pruning.config import PruneConfig, QuantiseConfig, TrainConfig
from hypgcn_pruning.inputs import design_clips
from hypgcn_pruning.network.branches import MULTI_SCALE
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.recordings.clip_arrays import load_npz
from hypgcn_pruning.recordings.data import preparation_for, prepared
from hypgcn_pruning.steps import prune_step, quantise_step, train_step

SHORT = TrainConfig(epochs=1, epoch_steps=1)


@pytest.fixture
def recorded(clips, skeleton, tmp_path):
    """Train on the recordings with the given settings, and give the checkpoint's path."""
    (tmp_path / "seven.json").write_text(json.dumps(skeleton.to_dict()), encoding="utf-8")

    def run(name, training=SHORT, *, data=clips.data, stream="joint", blocks="4", **options):
        path = tmp_path / f"{name}.npz"
        np.savez(path, data=data, label=clips.label, length=clips.length, split=clips.split,
                 view=np.arange(len(clips)) % 2 + 1)
        return train_step(tmp_path / name, data=str(path), skeleton=str(tmp_path / "seven.json"), frames=16, persons=1,
                          blocks=blocks, stream=stream, dynamic_graph=False, training=training, progress=False,
                          **options)
    return run


def test_designs_get_the_preparation_of_training(recorded, clips, skeleton, tmp_path):
    """Metres, centred in every frame, from the options over the checkpoint to the clips of the design."""
    path = recorded("motion", stream="bone-motion")
    expected = preparation_for(skeleton, 16, "bone-motion", scale="none", centring="every")
    assert Preparation.from_dict(load_checkpoint(path)[1]["preparation"]) == expected
    design = quantise_step(path, tmp_path / "int8", data=str(tmp_path / "motion.npz"), config=QuantiseConfig())
    found, preparation = design_clips(Design.load(design), str(tmp_path / "motion.npz"))
    assert preparation == expected
    np.testing.assert_array_equal(prepare_clip(found.clip(3), preparation), prepared(clips, expected)[3])


def test_training_accuracy_never_passes_for_test_accuracy(clips, skeleton, tmp_path, capsys):
    """Case 13: no test split."""
    (tmp_path / "seven.json").write_text(json.dumps(skeleton.to_dict()), encoding="utf-8")
    np.savez(tmp_path / "a.npz", data=clips.data, label=clips.label, length=clips.length)
    train_step(tmp_path / "a", data=str(tmp_path / "a.npz"), skeleton=str(tmp_path / "seven.json"), frames=16,
               persons=1, blocks="4", stream="joint", dynamic_graph=False, training=SHORT)
    rows = json.loads((tmp_path / "a/steps.json").read_text(encoding="utf-8"))["train"]
    assert "training_accuracy" in rows and not {"accuracy", "class_accuracy"} & rows.keys()
    assert load_checkpoint(tmp_path / "a/last.safetensors")[1]["history"][0]["measured"] == "training clips"
    err = capsys.readouterr().err
    assert "there is no test clip" in err and "accuracy on the training clips, for want of test clips," in err


def test_validation_sees_no_test_clip(recorded, clips, tmp_path):
    """Other test clips give the same network, and the same accuracy on the held-out training clips."""
    training = replace(SHORT, validate="view=2")
    other = clips.data.copy()
    other[clips.split == 1] = np.random.default_rng(0).normal(size=other[clips.split == 1].shape)
    a, b = (load_checkpoint(recorded(name, training, data=data)) for name, data in (("a", clips.data), ("b", other)))
    assert a[1]["history"] == b[1]["history"]
    assert all(torch.equal(x, y) for x, y in zip(a[0].state_dict().values(), b[0].state_dict().values()))
    held = load_npz(tmp_path / "a.npz").part(0)
    count = (held.numbers["view"] == 2).sum()
    assert a[1]["history"][0]["accuracy"] * count == pytest.approx(round(a[1]["history"][0]["accuracy"] * count))


def test_multi_scale_networks(recorded, tmp_path):
    """Trained, and taken up again by --init; one kind of temporal convolution never becomes the other."""
    path = recorded("scales", blocks="12", temporal="multi-scale")
    config = load_checkpoint(path)[0].config
    assert config.branches == MULTI_SCALE and config.kernel == 9
    assert load_checkpoint(recorded("again", blocks="12", init=str(path)))[0].config == config
    plain = recorded("plain", blocks="8")
    assert not load_checkpoint(plain)[0].config.branches
    with pytest.raises(ValueError, match="temporal must be left out, or that of .*last.safetensors, not 'multi-scale'"):
        recorded("other", blocks="8", temporal="multi-scale", init=str(plain))
    design = Design.load(quantise_step(path, tmp_path / "int8", data=str(tmp_path / "scales.npz"),
                                       config=QuantiseConfig()))
    assert design.multi_scale and design.version == 4
    pruned = prune_step(path, tmp_path / "pruned", data=str(tmp_path / "scales.npz"), training=SHORT, progress=False,
                        config=PruneConfig(branches=0.5, weights_epochs=1, threshold_epochs=1, calibration=8))
    scales = load_checkpoint(pruned)[0].l1.scales
    assert scales.width == 12 and int(scales.q_kept.sum()) == int(scales.p_kept.sum()) == 6
