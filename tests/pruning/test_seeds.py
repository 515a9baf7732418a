"""Several seeds: a run each, and what is said of their accuracies."""

import argparse
import json

import numpy as np
import pytest

from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.cli import register
from hypgcn_pruning.config import TrainConfig
from hypgcn_pruning.network.checkpoint import load_checkpoint
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion
from hypgcn_pruning.seeds import accuracy_spread, parse_seeds


def hypgcn(*words):
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    return args.run(args)


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    clips = generate_motion(load_skeleton("coco17"), MotionConfig(classes=3, clips=8, frames=(6, 12)))
    path = tmp_path_factory.mktemp("data") / "coco.npz"
    np.savez(path, data=clips.data, label=clips.label, split=clips.split)
    return ("--data", path, "--batch", 8, "--average", 0.5, "--epoch-steps", 1)


@pytest.fixture(scope="module")
def train(words):
    def run(out, seed, *more):
        hypgcn("train", *words, "--frames", 8, "--blocks", "16,16/2", "--epochs", 2, "--seed", seed, "-o", out, *more)
    return run


@pytest.fixture(scope="module")
def trained(train, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    train(out, "0,2")
    return out


def last(path):
    return load_checkpoint(path)[1]["history"][-1]["accuracy"]


def spread(out, step):
    return json.loads((out / "seeds.json").read_text(encoding="utf-8"))[step]


def test_each_seed_is_a_run_of_its_own(trained, train, tmp_path):
    assert sorted(path.name for path in trained.iterdir()) == ["seed0", "seed2", "seeds.json"]
    train(tmp_path / "alone", 2)
    alone = (tmp_path / "alone/last.safetensors").read_bytes()
    assert alone == (trained / "seed2/last.safetensors").read_bytes()
    assert alone != (trained / "seed0/last.safetensors").read_bytes()
    assert not (tmp_path / "alone/seeds.json").exists()


def test_the_spread_is_that_of_the_last_epochs(trained):
    found = spread(trained, "train")
    values = [last(trained / name / "last.safetensors") for name in ("seed0", "seed2")]
    assert found["seeds"] == [0, 2] and found["accuracy"] == accuracy_spread(values)
    assert set(found["class_accuracy"]) == {"values", "mean", "low", "high", "deviation"}


def test_spread_of_known_numbers():
    found = accuracy_spread([0.9, 0.92, 0.97])
    assert found == {"values": [0.9, 0.92, 0.97], "mean": 0.93, "low": 0.9, "high": 0.97, "deviation": 0.036056}


def test_finished_seeds_are_only_read(trained, train, capsys):
    before = (trained / "seed2/state.pt").stat().st_mtime_ns
    train(trained, "2,0")
    assert (trained / "seed2/state.pt").stat().st_mtime_ns == before
    out = capsys.readouterr().out
    assert "train, 2 seeds: last epoch's top-1 is " in out and "sample standard deviation" in out
    assert f"written: {trained / 'seeds.json'}" in out and spread(trained, "train")["seeds"] == [2, 0]
    with pytest.raises(ValueError, match="seed0 holds another run of train .* in rate: 0.1 there, 0.05 here"):
        train(trained, "0,2", "--rate", 0.05)


def test_pruning_goes_on_from_each_seed(trained, words, tmp_path):
    source = trained / "seed{seed}/last.safetensors"
    more = (*words, "--weights-epochs", 1, "--threshold-epochs", 1, "--channels", 0.5)
    hypgcn("prune", source, *more, "--seed", "2,0", "-o", tmp_path)
    found = spread(tmp_path, "prune")
    values = [last(tmp_path / name / "thresholds/last.safetensors") for name in ("seed2", "seed0")]
    assert found["seeds"] == [2, 0] and found["accuracy"]["values"] == values
    hypgcn("prune", trained / "seed2/last.safetensors", *more, "--seed", 2, "-o", tmp_path / "alone")
    assert (tmp_path / "alone/pruned.safetensors").read_bytes() == (tmp_path / "seed2/pruned.safetensors").read_bytes()


@pytest.mark.parametrize(("step", "option"), [("train", ("--init",)), ("train", ("--teachers",)), ("prune", ())])
def test_missing_files_are_found_before_any_run(trained, words, tmp_path, step, option):
    with pytest.raises(FileNotFoundError, match="of seed 1: .*seed1/last.safetensors not found"):
        hypgcn(step, *option, trained / "seed{seed}/last.safetensors", *words, "--seed", "0,1", "-o", tmp_path / "o")
    assert not (tmp_path / "o").exists()


def test_the_last_epoch_must_be_that_of_the_result(trained, words, tmp_path):
    with pytest.raises(ValueError, match="threshold_epochs must be at least 1 with several seeds"):
        hypgcn("prune", trained / "seed{seed}/last.safetensors", *words, "--seed", "0,2", "--threshold-epochs", 0,
               "-o", tmp_path / "o")


@pytest.mark.parametrize("text", ["", "x", "1,", "-1", "1,1", "0,00", "1.5"])
def test_bad_seeds(text, capsys):
    with pytest.raises(argparse.ArgumentTypeError, match="must be a number of at least 0, or several between commas"):
        parse_seeds(text)


def test_seeds_of_a_call_are_checked_too():
    for seed in (-1, "1", True):
        with pytest.raises(ValueError, match="seed must be an integer of at least 0"):
            TrainConfig(seed=seed)
