"""A network of COCO's 17 joints as a pose estimator finds them in pictures, through all steps and in RTL."""

import json
from pathlib import Path

import numpy as np
import pytest

from hypgcn.cli import main as hypgcn
from hypgcn.design import Design
from hypgcn.design.clip import Preparation, quantise_clip
from hypgcn.golden.network import run as golden
from hypgcn_pruning.inputs import design_clips
from hypgcn_pruning.integers.integer import predict_integer
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.recordings.data import prepared


def run(*words):
    assert hypgcn([str(word) for word in words]) == 0


def every_step(motion=(), train=(), prune=()):
    """The commands of docs/accuracy.md in this folder, with further options."""
    run("motion", "--skeleton", "coco17", "--picture", *motion, "-o", "clips.npz")
    data = ("--data", "clips.npz")
    run("train", *data, "--threads", 1, *train, "-o", "float")
    run("prune", "float/last.safetensors", *data, "--threads", 1, *prune, "-o", "pruned")
    run("quantise", "pruned/pruned.safetensors", *data, "--threads", 1, "-o", ".")
    run("compile", "quantised", *data, "-o", ".")
    run("evaluate", "design", *data, "--pruned", "pruned/pruned.safetensors", "--float", "float/last.safetensors",
        "-o", "metrics.json")
    return json.loads(Path("metrics.json").read_text(encoding="utf-8"))


def check_integers(count):
    """Golden and the independent integers on test clips as they are recorded."""
    design = Design.load("design")
    clips, preparation = design_clips(design, "clips.npz")
    integers = np.stack([quantise_clip(design, clip)
                         for clip in prepared(clips.part(1).evenly(count), preparation, design.persons)])
    for clip, logits in zip(integers, predict_integer(design, integers)[0].numpy()):
        np.testing.assert_array_equal(golden(design, clip)["logits"], logits)
    return design, clips


@pytest.fixture
def no_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hypgcn_pruning.steps.plot_ranges", lambda ranges, path: None)
    monkeypatch.setattr("hypgcn_pruning.evaluation.save_confusion", lambda *args: None)


def test_scores_are_no_depth_on_the_whole_way(no_pictures, capsys):
    """Four classes: coordinates are scaled, scores are never turned, joints without a score are filled."""
    short = ("--batch", 8, "--epoch-steps", 1, "--average", 0.5)
    metrics = every_step(("--classes", 4, "--subjects", 4, "--views", 2, "--shortest", 6, "--longest", 10),
                         ("--frames", 8, "--blocks", "16,16/2", "--epochs", 2, *short),
                         (*short, "--weights-epochs", 1, "--threshold-epochs", 1))
    said = capsys.readouterr().err
    assert "the third channel is taken as a score" in said and "missing joints of single frames filled" in said
    assert metrics["clips"] == 16 and set(metrics["accuracy"]) == {"float", "pruned", "int8"}
    preparation = Preparation.from_dict(load_checkpoint("float/last.safetensors")[1]["preparation"])
    assert (preparation.scale, preparation.centring) == ("axis", "first")
    design, clips = check_integers(3)
    assert clips.scored and design.joints == 17 and design.meta["skeleton"]["name"] == "coco17"


@pytest.mark.slow  # ten CPU minutes of training, then a simulator is built
def test_the_network_of_the_results(no_pictures):
    """The commands of docs/accuracy.md: twenty classes, trained, pruned, quantised, compiled, and simulated."""
    metrics = every_step(("--classes", 20, "--subjects", 12, "--views", 3, "--clips", 1),
                         ("--frames", 48, "--blocks", "32,32,64/2,64", "--epochs", 30),
                         ("--weights-epochs", 8, "--threshold-epochs", 8))
    top1 = metrics["accuracy"]
    assert metrics["clips"] == 240 and top1["float"] > 0.7
    assert min(top1["pruned"], top1["int8"]) > top1["float"] - 0.03
    check_integers(8)
    run("fullscale", "design", "--recordings", "clips.npz", "--clips", 2, "--multipliers", 256, "--jobs", 1, "--out",
        "fullscale")
    found = json.loads(Path("fullscale/report.json").read_text(encoding="utf-8"))
    assert found["real_clips"] == 2 and found["compared"] > 0 and not any(found["lost"])
