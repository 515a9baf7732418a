"""Cases 18, 19, 20, 31 and 34 as users meet them: the accuracy of a trained network on damaged recordings."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from contracts.tree import ROOT
from hypgcn.design.missing import body_reach
from hypgcn_pruning import inputs
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.inputs import design_clips, network_clips, open_clips, preparation_in
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.network.predict import accuracy
from hypgcn_pruning.recordings.clip_arrays import load_npz
from hypgcn_pruning.recordings.data import prepared

RECORDED = Path(os.environ.get("HYPGCN_DATA", ROOT.parent / "shared/data")) / "nwucla.npz"


def one_joint(data, length, rng):
    """Case 18: one joint in one frame of each clip."""
    for index, frames in enumerate(length):
        data[index, :, rng.integers(frames), rng.integers(data.shape[3])] = 0


def empty_start(data, length, rng):
    """Case 19: five empty frames in front."""
    data[:, :, 5:] = data[:, :, :-5].copy()
    data[:, :, :5] = 0
    length += 5


def no_centre(data, length, rng):
    """Case 20: the centre, joint 0 or 1, in the first frame."""
    data[:, :, 0, :2] = 0


def far_joint(data, length, rng):
    """Case 34: one joint of one frame 5 m off, of a body of human size; in clips of three frames or more."""
    for index, frames in enumerate(length):
        body = data[index, :, :frames, :, 0].transpose(1, 2, 0)
        if frames > 2:
            far = 15 * body_reach(body, np.zeros(body.shape[:2], bool))
            data[index, 0, rng.integers(frames), rng.integers(data.shape[3])] += far


def second_place(data, length, rng):
    """Case 31, with a joint missing: the body in the second place, the first is empty."""
    data[..., 1], data[..., 0] = data[..., 0], 0
    one_joint(data, length, rng)


DAMAGE = (one_joint, empty_start, no_centre, far_joint, second_place)


def write(path, clips, damage=None):
    """Test clips alone count, and training clips suffer the same."""
    data, length = clips.data, clips.length.copy()
    data = np.concatenate([data, np.zeros_like(data[:, :, :5])], axis=2)
    if damage is second_place:
        data = np.concatenate([data, np.zeros_like(data)], axis=4)
    if damage:
        damage(data, length, np.random.default_rng(0))
    np.savez(path, data=data, length=length, label=clips.label, split=clips.split)
    return str(path)


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("centring", ["first", "every"])
def test_clips_are_prepared_as_if_nothing_was_missing(trained, clips, preparation, tmp_path, damage,
                                                              centring):
    """All three ways in, of training, of networks and of designs; bones have the length 1, joints are 3 from zero."""
    model, _ = trained
    preparation = replace(preparation, scale="none", centring=centring)
    path = write(tmp_path / "damaged.npz", clips, damage)
    whole = prepared(clips, preparation)
    design = quantise(model, torch.from_numpy(whole[:8]), QuantiseConfig(report="never"), preparation=preparation)
    found = {"network": prepared(network_clips(model, {}, path), preparation),
             "design": prepared(design_clips(design, path)[0], preparation),
             "training": prepared(open_clips(path, _skeleton_file(tmp_path, model.config.skeleton))[0], preparation)}
    for name, ready in found.items():
        error = np.abs(ready - whole).max(axis=(1, 2, 3, 4))
        assert error.max() < 1.2 and np.median(error) < 0.25, name


def _skeleton_file(folder, skeleton):
    path = folder / "seven.json"
    path.write_text(json.dumps(skeleton.to_dict()), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_accuracy_stays(trained, clips, preparation, tmp_path, monkeypatch, damage):
    model, _ = trained
    path = write(tmp_path / "damaged.npz", clips, damage)

    def measured(name):
        held = network_clips(model, {}, name).part(1)
        return accuracy(model, torch.from_numpy(prepared(held, preparation)), held.label)

    whole = measured(write(tmp_path / "whole.npz", clips))
    assert whole > 0.9
    assert measured(path) >= whole - 0.06
    monkeypatch.setattr(inputs, "complete_clips", lambda clips, skeleton, where: clips)
    assert measured(path) < whole - 0.1, "this damage does nothing, so that the test shows nothing"


@pytest.mark.skipif(not RECORDED.is_file(), reason=f"there are no recordings in {RECORDED}")
@pytest.mark.parametrize("damage", [one_joint, empty_start, no_centre, far_joint])
def test_recorded_clips(tmp_path, damage):
    """A fifth of NW-UCLA's test clips, and the quarter-width network that is shipped."""
    path = ROOT / "checkpoints/nwucla_small/pruned.safetensors"
    model, info = load_checkpoint(path)
    whole = load_npz(RECORDED).part(1).evenly(96)

    def measured(name):
        held = network_clips(model, {}, name)
        return accuracy(model, torch.from_numpy(prepared(held, preparation_in(info, path))), held.label)

    before = measured(write(tmp_path / "whole.npz", whole))
    assert before > 0.85
    assert abs(measured(write(tmp_path / "damaged.npz", whole, damage)) - before) <= 0.0105
