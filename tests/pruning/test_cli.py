"""The five commands one after the other on generated motion, and what they say to bad input."""

import argparse
import json

import numpy as np
import pytest

from hypgcn.cli import main
from hypgcn.design import Design
from hypgcn.design.clip import quantise_clip
from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.cli import register
from hypgcn_pruning.inputs import open_clips
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.recordings.data import prepared
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion
from hypgcn_pruning.steps import parse_blocks


def hypgcn(*words):
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    return args.run(args)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    clips = generate_motion(load_skeleton("coco17"), MotionConfig(classes=3, clips=10, frames=(6, 20)))
    path = tmp_path_factory.mktemp("data") / "coco.npz"
    np.savez(path, data=clips.data, label=clips.label, split=clips.split, class_names=np.array(clips.class_names))
    return path


@pytest.fixture(scope="module")
def flow(tmp_path_factory, recordings):
    """Folder with the artefacts of all five steps."""
    out = tmp_path_factory.mktemp("flow")
    data = ("--data", recordings)
    fast = ("--batch", 16, "--average", 0.8)
    hypgcn("train", *data, "-o", out / "float", "--frames", 12, "--blocks", "20,20,24/2", "--epochs", 2, *fast)
    hypgcn("prune", out / "float/last.safetensors", *data, "-o", out / "pruned", "--weights-epochs", 1,
           "--threshold-epochs", 1,
           "--channels", 0.5, *fast)
    hypgcn("quantise", out / "pruned/pruned.safetensors", *data, "-o", out, "--name", "coco")
    hypgcn("compile", out / "quantised", *data, "-o", out, "--margin", 1.1, "--note", "trained on=motion")
    hypgcn("evaluate", out / "design", *data, "-o", out / "metrics.json", "--pruned", out / "pruned/pruned.safetensors",
           "--float", out / "float/last.safetensors", "--record")
    return out


def test_the_design_is_complete(flow, recordings):
    design = Design.load(flow / "design")
    assert (design.name, design.joints, design.frames, design.classes) == ("coco", 17, 12, 3)
    assert design.meta["trained on"] == "motion"
    assert design.class_names == ("motion 0", "motion 1", "motion 2")
    assert [int(block.kept.sum()) for block in design.blocks] == [3, 10, 10]
    assert design.blocks[0].h_depths != (34,) * 4
    clips, skeleton = open_clips(str(recordings), None)
    assert skeleton.name == "coco17"
    from hypgcn.design.clip import Preparation
    real = prepared(clips.take(np.arange(2)), Preparation.from_dict(design.meta["preparation"]))
    assert quantise_clip(design, real[0]).shape == (1, 12, 17, 3)


def test_metrics(flow):
    found = json.loads((flow / "metrics.json").read_text(encoding="utf-8"))
    assert found["clips"] == 6
    assert set(found["accuracy"]) == {"float", "pruned", "int8"}
    assert set(found["confusion"]) == set(found["class_accuracy"]) == set(found["top5"]) == set(found["accuracy"])
    assert [row["name"] for row in found["classes"]] == ["motion 0", "motion 1", "motion 2"]
    assert (flow / "metrics.png").read_bytes().startswith(b"\x89PNG")
    design = Design.load(flow / "design")
    assert found["design"]["hash"] == design.hash
    assert design.meta["test"] == {"clips": 6, "accuracy": found["accuracy"]}


def test_evaluate_shows_the_weakest_classes(flow, recordings, tmp_path, capsys):
    """And not the matrix, which the files have."""
    with np.load(recordings) as file:
        np.savez(tmp_path / "wrong.npz", **{**file, "label": (file["label"] + 1) % 3})
    hypgcn("evaluate", flow / "design", "--data", tmp_path / "wrong.npz", "-o", tmp_path / "m.json")
    text = capsys.readouterr().out
    found = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    wrong = [row for row in found["classes"] if row["accuracy"]["int8"] < 1]
    assert text.count("most often taken for") == len(wrong) > 0 and "confusion" not in text
    assert f"int8: {min(wrong, key=lambda row: row['accuracy']['int8'])['name']} " in text
    assert text.endswith(f"written: {tmp_path / 'm.json'} and {tmp_path / 'm.png'}\nnext: hypgcn verilog "
                         f"{flow / 'design'}\n")
    shown = next(line for line in text.splitlines() if line.startswith("int8 ")).split()
    assert shown[1:3] == [f"{100 * found['accuracy']['int8']:.2f}", "%"]
    assert main(["evaluate", str(flow / "design"), "--data", str(tmp_path / "wrong.npz"), "--json", "-o",
                 str(tmp_path / "m.json")]) == 0
    assert json.loads(capsys.readouterr().out) | {"seconds": 0} == found | {"seconds": 0}
    with pytest.raises(ValueError, match="out must be a file for JSON, such as metrics.json, beside which .* not"):
        hypgcn("evaluate", flow / "design", "--data", recordings, "-o", tmp_path / "m.png")


def test_every_step_notes_its_seconds(flow):
    for folder, names in (("float", {"train"}), ("pruned", {"prune"}), (".", {"quantise", "compile"})):
        rows = json.loads((flow / folder / "steps.json").read_text(encoding="utf-8"))
        assert set(rows) == names
        assert all(row["seconds"] >= 0 for row in rows.values())


def test_finished_training_is_not_repeated(flow, recordings):
    before = (flow / "float/state.pt").stat().st_mtime_ns
    words = ("train", "--data", recordings, "-o", flow / "float", "--frames", 12, "--blocks", "20,20,24/2", "--batch",
             16, "--average", 0.8, "--epochs")
    hypgcn(*words, 2)
    assert (flow / "float/state.pt").stat().st_mtime_ns == before
    with pytest.raises(ValueError, match=r"another run of train \(finished\), which differs .* in epochs: 2 there, 3 "
                                         r"here\. .* a longer run is another one .* give it by --init") as error:
        hypgcn(*words, 3)
    assert str(error.value).endswith("another folder")
    with pytest.raises(ValueError, match=r"in epochs: 2 there, 3 here; .*begin anew$"):
        hypgcn(*words, 3, "--rate", 0.2)


def test_fresh(flow, recordings, tmp_path):
    words = ("compile", flow / "quantised", "--data", recordings, "-o", tmp_path, "--margin")
    hypgcn(*words, 1.1)
    with pytest.raises(ValueError, match="which differs from this one in margin: 1.1 there, 1.5 here"):
        hypgcn(*words, 1.5)
    hypgcn(*words, 1.5, "--fresh")
    assert Design.load(tmp_path / "design").hash != Design.load(flow / "design").hash
    for command, source in (("train", ()), ("prune", ("x",)), ("quantise", ("x",))):
        parser = argparse.ArgumentParser()
        register(parser.add_subparsers(required=True))
        assert parser.parse_args([command, *source, "--fresh"]).fresh
        assert not parser.parse_args([command, *source]).fresh


def test_quantisation_aware_training(flow, recordings, tmp_path):
    """Its checkpoint gives the same design when it is quantised by itself, with its own scales."""
    data = ("--data", recordings)
    hypgcn("quantise", flow / "pruned/pruned.safetensors", *data, "-o", tmp_path, "--epochs", 1, "--rate", 0.01,
           "--batch", 16, "--average", 0.8)
    design = Design.load(tmp_path / "quantised")
    assert design.hash != Design.load(flow / "quantised").hash
    assert design.input_scale == Design.load(flow / "quantised").input_scale
    assert json.loads((tmp_path / "steps.json").read_text(encoding="utf-8"))["quantise"]["accuracy"] >= 0
    hypgcn("quantise", tmp_path / "aware/last.safetensors", *data, "-o", tmp_path / "again", "--calibration", 5)
    assert Design.load(tmp_path / "again/quantised").hash == design.hash


def test_pruning_forgets_the_scales(flow, recordings, tmp_path):
    """They would be those of another network."""
    model, info = load_checkpoint(flow / "float/last.safetensors")
    save_checkpoint(tmp_path / "a.safetensors", model, {**info, "scales": {"clips": 1.0}})
    hypgcn("prune", tmp_path / "a.safetensors", "--data", recordings, "-o", tmp_path, "--weights-epochs", 0,
           "--threshold-epochs", 0)
    assert "scales" not in load_checkpoint(tmp_path / "pruned.safetensors")[1]


def test_ranges_lie_beside_the_design(flow):
    found = json.loads((flow / "ranges.json").read_text(encoding="utf-8"))
    assert found["activations"]["blocks.2.h"]["saturated_high"] < 0.1
    assert (flow / "ranges.png").read_bytes().startswith(b"\x89PNG")


def test_generated_motion_is_the_default():
    clips, skeleton = open_clips("motion", None, MotionConfig(classes=2, clips=1))
    assert (clips.joints, skeleton.name) == (25, "ntu25")


@pytest.mark.parametrize(("words", "match"), [
    (("train", "--skeleton", "hand21"), "must have the 21 joints of hand21, not 17: coco17 must be mapped to one of"),
    (("train", "--blocks", "8,x"), "blocks must be small, paper"),
    (("train", "--stream", "bone", "--frames", "0"), "frames must"),
    (("prune", "FLOAT", "--channels", "1.5"), "channels must be above 0 and at most 1"),
    (("prune", "FLOAT", "--taps", "10"), r"keep must be in 1..9, not 10"),
    (("compile", "QUANTISED", "--margin", "0.5"), "margin must be at least 1"),
    (("quantise", "FLOAT", "--epochs", "-1"), "epochs must be an integer of at least 0, not -1"),
    (("quantise", "FLOAT", "--epochs", "1", "--precision", "bf16"), "precision must be 32 where"),
    (("train", "--devices", "2", "--batch", "3"), "batch must be at least 4, two clips for each of 2 devices"),
    (("quantise", "FLOAT", "--lowest", "0"), "lowest must be above 0")])
def test_bad_input(flow, recordings, tmp_path, words, match):
    places = {"FLOAT": flow / "float/last.safetensors", "QUANTISED": flow / "quantised"}
    with pytest.raises(ValueError, match=match):
        hypgcn(*(places.get(word, word) for word in words), "--data", recordings, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_every_step_names_the_next_one(flow, recordings, capsys):
    hypgcn("train", "--data", recordings, "-o", flow / "float", "--frames", 12, "--blocks", "20,20,24/2", "--epochs", 2,
           "--batch", 16, "--average", 0.8)
    assert capsys.readouterr().out.endswith(f"written: {flow / 'float/last.safetensors'}\nnext: hypgcn prune "
                                            f"{flow / 'float/last.safetensors'} --data {recordings}\n")
    hypgcn("quantise", flow / "pruned/pruned.safetensors", "--data", recordings, "-o", flow, "--name", "coco")
    assert capsys.readouterr().out.endswith(f"next: hypgcn compile {flow / 'quantised'} --data {recordings}\n")
    hypgcn("compile", flow / "quantised", "--data", recordings, "-o", flow, "--margin", 1.1, "--note",
           "trained on=motion")
    assert capsys.readouterr().out.endswith(f"next: hypgcn evaluate {flow / 'design'} --data {recordings}\n")


def test_quantising_what_is_not_pruned_is_said(flow, recordings, tmp_path, capsys):
    hypgcn("quantise", flow / "float/last.safetensors", "--data", recordings, "-o", tmp_path)
    assert "last.safetensors: nothing in it is pruned, so the design will be as large" in capsys.readouterr().err
    hypgcn("quantise", flow / "pruned/pruned.safetensors", "--data", recordings, "-o", flow, "--name", "coco")
    assert "nothing in it is pruned" not in capsys.readouterr().err


@pytest.mark.parametrize(("words", "out", "match"), [
    (("train",), "file", "--out must be a folder, or a place for a new one"),
    (("evaluate", "DESIGN"), "folder", "--out must be a file, not "),
    (("evaluate", "DESIGN"), "file/x.json", "--out must be a folder, or a place for a new one"),
    (("missing", "FLOAT"), "folder", "--out must be a file, not ")])
def test_places_of_results_are_checked_first(recordings, tmp_path, words, out, match):
    """Before anything is read: the network and the design do not exist."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match=match):
        hypgcn(*words, "--data", recordings, "-o", tmp_path / out)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x" and not list((tmp_path / "folder").iterdir())


def test_recordings_of_another_skeleton(flow, tmp_path):
    clips = generate_motion(load_skeleton("kinect20"), MotionConfig(classes=3, clips=2))
    np.savez(tmp_path / "k.npz", data=clips.data, label=clips.label)
    with pytest.raises(ValueError, match="must have the 17 joints of coco17, not 20"):
        hypgcn("quantise", flow / "float/last.safetensors", "--data", tmp_path / "k.npz", "-o", tmp_path)
    with pytest.raises(ValueError, match="must have the 17 joints of coco17, not 20"):
        hypgcn("evaluate", flow / "design", "--data", tmp_path / "k.npz", "-o", tmp_path / "m.json")


def test_blocks():
    assert parse_blocks("8,16/2") == ((8, 1), (16, 2))
    assert len(parse_blocks("paper")) == 10
