"""What users get wrong with data and ratios, one test a kind, from the commands' side: a clear error, or a result that
the pages describe."""

import argparse
import warnings

import numpy as np
import pytest
import torch

from hypgcn.design import Design
from hypgcn.design.clip import quantise_clip
from hypgcn.design.skeleton import load_skeleton
from hypgcn.golden.network import run as golden
from hypgcn_pruning import cli
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.inputs import preparation_in
from hypgcn_pruning.integers.integer import predict_integer
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.batch_norms import settle_batch_norms
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.network.predict import predict
from hypgcn_pruning.recordings.clip_arrays import load_npz
from hypgcn_pruning.recordings.data import prepared
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion


def hypgcn(*words):
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    return args.run(args)


def recordings(**changes):
    clips = generate_motion(load_skeleton("coco17"), MotionConfig(classes=3, clips=8, frames=(5, 12)))
    return {"data": clips.data, "label": clips.label, "length": clips.length, "split": clips.split, **changes}


def train(folder, *words, **changes):
    np.savez(folder / "clips.npz", **recordings(**changes))
    hypgcn("train", "--data", folder / "clips.npz", "--frames", 8, "--blocks", "16,16/2", "--epochs", 1, "--batch", 8,
           "-o", folder / "float", *words)
    return folder / "float/last.safetensors"


def with_nan():
    data = recordings()["data"].copy()
    data[5, 1, 2, 3, 0] = np.nan
    return data


@pytest.mark.parametrize(("changes", "match"), [
    ({"data": np.zeros((0, 3, 9, 17, 1), np.float32), "label": np.zeros(0, int), "length": np.zeros(0, int),
      "split": np.zeros(0, int)}, "data must hold at least one clip"),
    ({"split": np.ones(24, int)}, "data must hold at least one clip of split 0"),
    ({"label": np.full(24, -1)}, r"label must be in 0\.\.0, not -1\.\.-1"),
    ({"class_names": np.array(["c", "a\nb", "d"])}, r"class_names\[1\] must be printable, on one line, not 'a\\nb'"),
    ({"label": np.full(24, 3), "class_names": np.array(["a", "b", "c"])}, r"label must be in 0\.\.2, not 3\.\.3"),
    ({"data": with_nan()}, "finite numbers only, but clip 5 has NaN"),
    ({"data": np.zeros((24, 3, 0, 17, 1), np.float32)}, "data must hold at least one clip, but has shape"),
])
def test_bad_recordings(tmp_path, changes, match):
    with pytest.raises(ValueError, match=match):
        train(tmp_path, **changes)
    assert not (tmp_path / "float/last.safetensors").exists()


def test_clips_of_one_frame(tmp_path):
    """Kept: resampling repeats the frame, in training and in the design."""
    data = recordings()["data"][:, :, :1]
    path = train(tmp_path, data=data, length=np.ones(24, int))
    model, info = load_checkpoint(path)
    x = prepared(load_npz(tmp_path / "clips.npz"), preparation_in(info, path))
    assert (x == x[:, :, :1]).all() and x.any()
    assert torch.isfinite(predict(model, torch.from_numpy(x))).all()
    hypgcn("quantise", path, "--data", tmp_path / "clips.npz", "-o", tmp_path)
    assert Design.load(tmp_path / "quantised").frames == 8


def test_clips_of_three_frames(tmp_path):
    """Case 24: a network of three frames, whose taps reach beyond the clip on both sides, through all steps."""
    data = recordings()["data"][:, :, :3]
    path = train(tmp_path, "--frames", 3, data=data, length=np.full(24, 3))
    read = ("--data", tmp_path / "clips.npz", "-o", tmp_path)
    hypgcn("prune", path, *read, "--weights-epochs", 1, "--threshold-epochs", 1, "--batch", 8)
    hypgcn("quantise", tmp_path / "pruned.safetensors", *read)
    hypgcn("compile", tmp_path / "quantised", *read)
    design = Design.load(tmp_path / "design")
    clips = np.random.default_rng(1).integers(-128, 128, (3, 1, 3, 17, 3)).astype(np.int8)
    assert design.frames == 3
    for clip, logits in zip(clips, predict_integer(design, clips)[0].numpy()):
        np.testing.assert_array_equal(golden(design, clip)["logits"], logits)


def test_all_zero_second_person(tmp_path):
    """Absent for the network, which learns no wonders from it: int8 follows the float network all the same, with the
    batch norms that quantisation measures after so short a training."""
    data = recordings()["data"]
    data = np.concatenate([data, np.zeros_like(data)], axis=4)
    path = train(tmp_path, "--persons", 2, data=data)
    model, info = load_checkpoint(path)
    x = prepared(load_npz(tmp_path / "clips.npz"), preparation_in(info, path), 2)
    assert x[:, 0].any() and not x[:, 1].any()
    assert torch.isfinite(predict(model, torch.from_numpy(x))).all()
    training = load_npz(tmp_path / "clips.npz").part(0)
    sample = torch.from_numpy(prepared(training, preparation_in(info, path), 2))
    model, _ = settle_batch_norms(model, sample, torch.from_numpy(training.label), progress=False)
    real = predict(model, torch.from_numpy(x))
    hypgcn("quantise", path, "--data", tmp_path / "clips.npz", "-o", tmp_path)
    design = Design.load(tmp_path / "quantised")
    found, _ = predict_integer(design, np.stack([quantise_clip(design, clip) for clip in x]))
    found = found.double() * design.logit_scale
    assert (found - real).abs().max() < 0.2 * real.std()


def test_class_count_mismatch(tmp_path):
    """More classes than the network has are an error in every step; fewer are a data set that lacks some."""
    path = train(tmp_path)
    np.savez(tmp_path / "more.npz", **recordings(label=recordings()["label"] + 2))
    for words in (("prune", path), ("quantise", path)):
        with pytest.raises(ValueError, match="at most the network's 3 classes, not 5"):
            hypgcn(*words, "--data", tmp_path / "more.npz", "-o", tmp_path / "out")
    np.savez(tmp_path / "fewer.npz", **recordings(label=recordings()["label"] // 2))
    hypgcn("quantise", path, "--data", tmp_path / "fewer.npz", "-o", tmp_path / "out")
    assert Design.load(tmp_path / "out/quantised").classes == 3


@pytest.mark.parametrize("option", ["channels", "density-h", "density-y"])
@pytest.mark.parametrize("value", ["0", "-0.5", "1.0001", "nan", "inf"])
def test_ratios(tmp_path, option, value):
    with pytest.raises(ValueError, match=rf"{option.replace('-', '_')} must be above 0 and at most 1, not {value[:1]}"):
        hypgcn("prune", tmp_path / "nowhere.pt", f"--{option}", value, "-o", tmp_path / "out")


def test_a_mask_that_empties_a_layer(tmp_path, make_network, held):
    """No channel for the graph product: an error. No temporal filter at all: the block is its shortcut."""
    model = make_network()
    model.l2.kept.zero_()
    model.l2.apply_masks()
    save_checkpoint(tmp_path / "a.pt", model)
    with pytest.raises(ValueError, match="l2.kept must keep at least one channel"):
        load_checkpoint(tmp_path / "a.pt")
    model = make_network()
    model.l2.filters.zero_()
    model.l2.apply_masks()
    save_checkpoint(tmp_path / "b.pt", model)
    model, _ = load_checkpoint(tmp_path / "b.pt")
    with torch.no_grad():
        x = model.l1(model.features(torch.from_numpy(held)))
        gone = model.l2.tcn1.bn(model.l2.tcn1.conv.bias[None, :, None, None])
        torch.testing.assert_close(model.l2(x), torch.relu(x + gone))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        design = quantise(model, torch.from_numpy(held), QuantiseConfig())
    assert not design.blocks[1].filters.any() and not design.blocks[1].temporal.any()
