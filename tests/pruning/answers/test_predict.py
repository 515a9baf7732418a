"""Class names and probabilities from float and pruned checkpoints and from designs, of whole clips and over time."""

import argparse
import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from hypgcn.cli import main
from hypgcn.design import Design
from hypgcn.design.clip import prepare_clip, quantise_clip
from hypgcn.golden import run as golden
from hypgcn_pruning import cli
from hypgcn_pruning.answers import predict as module
from hypgcn_pruning.answers.picture import shown_classes
from hypgcn_pruning.answers.predict import predict_step
from hypgcn_pruning.answers.predict_config import PredictConfig
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.recordings.data import preparation_for, prepared

NAMES = ("sit", "wave", "point")
ROOT = Path(__file__).parents[3]
RECORDINGS = ROOT.parent / "shared/data/nwucla.npz"


@pytest.fixture(scope="module")
def made(tmp_path_factory, trained, make_network, clips, skeleton):
    """Recordings, a pruned checkpoint and its design of the joint stream, a float one of the bone stream."""
    folder = tmp_path_factory.mktemp("made")
    save(folder / "clips.npz", clips)
    joint = preparation_for(skeleton, 16)
    info = {"preparation": joint.to_dict(), "class_names": list(NAMES)}
    model = trained[0]
    save_checkpoint(folder / "joint.safetensors", model, info)
    sample = torch.from_numpy(prepared(clips.part(0), joint))
    quantise(model, sample, QuantiseConfig(), preparation=joint, class_names=NAMES).save(folder / "design")
    bone = {**info, "preparation": preparation_for(skeleton, 16, "bone").to_dict()}
    save_checkpoint(folder / "bone.safetensors", make_network(blocks=((18, 1), (20, 2))), bone)
    return folder


def save(path, clips, **changes):
    content = {"data": clips.data, "label": clips.label, "length": clips.length, "split": clips.split,
               "class_names": np.array(NAMES), **changes}
    np.savez(path, **{name: value for name, value in content.items() if value is not None})


@pytest.fixture
def place(made, monkeypatch):
    monkeypatch.chdir(made)
    return made


def hypgcn(*words):
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    return args.run(args)


def softmax(logits):
    powers = np.exp(np.asarray(logits, np.float64) - np.max(logits))
    return powers / powers.sum()


def logits(path, clip):
    """Logits of one recorded clip (M, T, V, C), without anything that predict calls but the preparation."""
    if Path(path).is_dir():
        design = Design.load(path)
        preparation = module.open_answering(path).preparation
        return golden(design, quantise_clip(design, prepare_clip(clip, preparation)))["logits"] * design.logit_scale
    model, _ = load_checkpoint(path)
    with torch.inference_mode():
        inputs = prepare_clip(clip, module.open_answering(path).preparation)
        return model(torch.from_numpy(inputs)[None])[0].double().numpy()


@pytest.mark.parametrize("path", ["joint.safetensors", "bone.safetensors", "design", "design/design.json"])
def test_every_kind_of_network(place, clips, path):
    """The golden model's integers of a design."""
    answers, names = predict_step([path], ["clips.npz"])
    assert names == list(NAMES) and len(answers) == len(clips)
    for index in (0, 17, len(clips) - 1):  # more than a batch
        expected = softmax(logits(path.removesuffix("/design.json"), clips.clip(index)))
        np.testing.assert_allclose(answers[index].mean, expected, atol=1e-6)
        assert answers[index].best(3) == np.argsort(-expected).tolist()
        assert answers[index].recorded == NAMES[clips.label[index]]


def figures(capsys, *words) -> dict:
    """What a command prints with ``--json``."""
    capsys.readouterr()
    assert main([*map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_table_and_json(place, clips, capsys):
    words = ("predict", "design", "--data", "clips.npz", "--top", 2, "--test-only")
    assert hypgcn(*words) is None
    text = capsys.readouterr().out
    assert text.endswith("next: hypgcn view clips.npz\n")
    found = figures(capsys, *words)
    held = np.flatnonzero(clips.split == 1)
    assert len(found["clips"]) == len(held) and found["class_names"] == list(NAMES)
    assert found["networks"][0] | {"content": ""} == {"path": "design", "content": "", "kind": "int8",
                                                      "stream": "joint", "weight": 1.0}
    entry = found["clips"][3]
    assert entry["name"] == f"clips.npz[{held[3]}]" and entry["frames"] == clips.length[held[3]]
    assert sum(entry["probabilities"]) == pytest.approx(1, abs=1e-5) and "windows" not in entry
    first, second = entry["best"]
    assert first["probability"] == max(entry["probabilities"]) == entry["probabilities"][first["class"]]
    assert first["name"] == NAMES[first["class"]]
    line = next(line for line in text.splitlines() if line.startswith(f"{entry['name']} "))
    assert line.split(None, 1)[1] == (
        f"{first['name']} {100 * first['probability']:.1f} %, {second['name']} {100 * second['probability']:.1f} %"
        f"  (recorded as {entry['recorded_as']})")


@pytest.mark.parametrize("name", ["bare.npz", "bare.npy", "one.npy"])
def test_recordings_without_labels(place, clips, name):
    clip = clips.clip(0)
    content = clips.data[:1, :, :clips.length[0]]
    np.savez("bare.npz", data=content) if name == "bare.npz" else np.save(name, clip if name == "one.npy" else content)
    (answer,), _ = predict_step(["joint.safetensors"], [name])
    assert answer.recorded is None
    np.testing.assert_allclose(answer.mean, softmax(logits("joint.safetensors", clip)), atol=1e-6)


@pytest.mark.parametrize(("weights", "shares"), [("", (1, 1)), ("joint=3,bone=1", (3, 1)), ("bone=0.5", (1, 0.5))])
def test_sums_of_streams(place, clips, weights, shares):
    answers, _ = predict_step(["joint.safetensors", "bone.safetensors"], ["clips.npz"], PredictConfig(weights=weights))
    for index in (0, 7):
        joint, bone = (logits(f"{stream}.safetensors", clips.clip(index)) for stream in ("joint", "bone"))
        expected = softmax((shares[0] * joint + shares[1] * bone) / sum(shares))
        np.testing.assert_allclose(answers[index].mean, expected, atol=1e-6)


def test_classes_of_another_order(place, clips):
    """The second network has its classes in another order, and counts by their names."""
    model, info = load_checkpoint("bone.safetensors")
    order = [2, 0, 1]
    with torch.no_grad():
        model.fc.weight.copy_(model.fc.weight[order])
        model.fc.bias.copy_(model.fc.bias[order])
    save_checkpoint("turned.safetensors", model, {**info, "class_names": [NAMES[k] for k in order]})
    found, expected = (predict_step(["joint.safetensors", bone], ["clips.npz"])[0]
                       for bone in ("turned.safetensors", "bone.safetensors"))
    for one, other in zip(found, expected):
        np.testing.assert_allclose(one.mean, other.mean, atol=1e-6)


def test_votes_of_integers_are_exact():
    """A difference between sums that float64 loses decides."""
    network = module.Answering(path="", network=None, preparation=None, class_names=(), skeleton=None, order=(0, 1))
    a, b = (replace(network, path=name) for name in "ab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.Answering, "scale", 1.0)
        patch.setattr(module.Answering, "scores", lambda self, _: np.array([[1 << 60, (1 << 60) + 1]])
                      if self.path == "a" else np.array([[1, 1]]))
        order, probabilities = module._summed([a, b], [Fraction(1), Fraction(1, 3)], [[None], [None]])
    assert order.tolist() == [[1, 0]] and probabilities.tolist() == [[0.5, 0.5]]


def test_some_classes(place, clips):
    """They share the probability, in the order in which they are named."""
    chosen = [2, 0]
    answers, names = predict_step(["joint.safetensors", "design"], ["clips.npz"],
                                  PredictConfig(classes="point,0", json="s.json"))
    assert names == ["point", "sit"]
    for index in (0, 7):
        found = (logits("joint.safetensors", clips.clip(index)) + logits("design", clips.clip(index))) / 2
        np.testing.assert_allclose(answers[index].mean, softmax(found[chosen]), atol=1e-6)
    found = json.loads((place / "s.json").read_text(encoding="utf-8"))
    assert found["class_names"] == names and found["classes"] == "point,0"
    with pytest.raises(ValueError, match=r"numbers in 0\.\.2 or names of the 3 classes: sit, wave, point; not 'run'"):
        predict_step(["design"], ["clips.npz"], PredictConfig(classes="run"))


def long_recording(clips, *, absent=()):
    """Clips one after the other as one recording (1, T, V, C), zero in the frames ``absent``."""
    whole = np.concatenate([clips.clip(index) for index in range(6)], axis=1)
    whole[:, list(absent)] = 0
    return whole


def test_scores_over_time(place, clips, capsys):
    """Each window is a clip of its own; nobody is there in three of them, which count nowhere."""
    whole = long_recording(clips, absent=range(30, 66))
    np.save("long.npy", whole)
    words = ("predict", "design", "--data", "long.npy", "--window", 16, "--hop", 10)
    assert hypgcn(*words, "--picture", "l.png") is None
    text = capsys.readouterr().out
    assert "written: l.png\n" in text
    found = figures(capsys, *words)
    assert (found["window"], found["hop"]) == (16, 10)
    entry = found["clips"][0]
    windows = entry["windows"]
    assert [window["first_frame"] for window in windows][:3] == [0, 10, 20]
    assert windows[-1]["first_frame"] + windows[-1]["frames"] == whole.shape[1]
    probabilities = []
    for window in windows:
        first, frames = window["first_frame"], window["frames"]
        if first in (30, 40, 50):
            assert window["class"] is window["probabilities"] is window["name"] is None
            continue
        expected = softmax(logits("design", whole[:, first:first + frames]))
        np.testing.assert_allclose(window["probabilities"], expected, atol=2e-6)
        assert window["name"] == NAMES[window["class"]] == NAMES[expected.argmax()]
        probabilities.append(expected)
    np.testing.assert_allclose(entry["probabilities"], np.mean(probabilities, axis=0), atol=2e-6)
    assert (place / "l.png").read_bytes().startswith(b"\x89PNG")
    assert re.search(r"frames +30 to +65 +nobody is there", text)
    stretch = re.search(r"frames +0 to +(\d+) +([\d.]+) %  (\w+)", text)
    count = next((n for n, window in enumerate(windows) if window["name"] != stretch[3]), len(windows))
    assert int(stretch[1]) == windows[count - 1]["first_frame"] + 15
    shares = [window["probabilities"][NAMES.index(stretch[3])] for window in windows[:count]]
    assert float(stretch[2]) == pytest.approx(100 * np.mean(shares), abs=0.051)


def test_nobody(place, capsys):
    np.save("empty.npy", np.zeros((30, 7, 3), np.float32))
    assert hypgcn("predict", "design", "--data", "empty.npy") is None
    assert capsys.readouterr().out.startswith("empty.npy  nobody is there")
    (entry,) = figures(capsys, "predict", "design", "--data", "empty.npy")["clips"]
    assert entry["anybody"] is False and entry["best"] == [] and entry["probabilities"] is None
    hypgcn("predict", "design", "--data", "empty.npy", "--window", 8, "--picture", "e.svg")
    assert (place / "e.svg").is_file()


def test_more_persons_than_the_network_has(place, clips, capsys):
    data = np.concatenate([np.zeros_like(clips.data), clips.data, clips.data * 2], axis=4)
    save("crowd.npz", clips, data=data)
    expected, _ = predict_step(["joint.safetensors"], ["clips.npz"])
    found, _ = predict_step(["joint.safetensors"], ["crowd.npz"])
    assert f"{len(clips)} of {len(clips)} clips have more than the network's 1 person" in capsys.readouterr().err
    np.testing.assert_array_equal(found[0].mean, expected[0].mean)


def test_networks_without_class_names(place, clips, capsys):
    model, info = load_checkpoint("joint.safetensors")
    save_checkpoint("nameless.safetensors", model, {"preparation": info["preparation"]})
    assert predict_step(["nameless.safetensors"], ["clips.npz"])[1] == ["class 0", "class 1", "class 2"]
    assert "nameless.safetensors has no class names, and its classes are shown by their numbers" in \
        capsys.readouterr().err


def test_the_classes_of_a_picture():
    probabilities = np.zeros((2, 12))
    probabilities[0, 3], probabilities[1, 11], probabilities[:, 5] = 0.9, 0.8, 0.01
    assert {3, 5, 11} < set(shown_classes(probabilities)) and len(shown_classes(probabilities)) == 8


def bad_networks(place, make_network):
    model, info = load_checkpoint("joint.safetensors")
    save_checkpoint("unprepared.safetensors", model, {})
    design = Design.load("design")
    replace(design, meta={"skeleton": design.meta["skeleton"]}).save("unprepared")
    replace(design, meta={"preparation": design.meta["preparation"]}).save("boneless")
    save_checkpoint("four.safetensors", make_network(classes=4), {"preparation": info["preparation"]})
    save_checkpoint("others.safetensors", model, {**info, "class_names": ["sit", "wave", "run"]})


@pytest.mark.parametrize(("words", "match"), [
    (("no.safetensors", "--data", "clips.npz"), "no.safetensors not found: a checkpoint is"),
    (("joint.safetensors", "--data", "no.npz"), "no.npz not found"),
    (("unprepared.safetensors", "--data", "clips.npz"), "unprepared.safetensors does not hold how clips are prepared: "
     "its info must have preparation, which train, prune and quantise write; make it again by them"),
    (("unprepared", "--data", "clips.npz"), "unprepared does not hold how clips are prepared"),
    (("boneless", "--data", "eight.npy"), "eight.npy: clips must have the 7 joints of the network boneless or joints"),
    (("joint.safetensors", "--data", "flat.npy"), "flat.npy: clips must have the 3 channels of joint.safetensors, "
     "not 2"),
    (("joint.safetensors", "--data", "nan.npy"), "nan.npy: joints must be finite, but frame 2 has NaN or infinity"),
    (("joint.safetensors", "four.safetensors", "--data", "clips.npz"), "four.safetensors must have the 3 classes of "
     "joint.safetensors, not 4"),
    (("joint.safetensors", "others.safetensors", "--data", "clips.npz"), "others.safetensors must have the same "
     "classes, but lacks 'point'; it has 'sit', 'wave', 'run'"),
    (("joint.safetensors", "--data", "clips.npz", "--weights", "bone=2"), r"weights must be of the streams of the "
     r"networks \(joint\), not of bone"),
    (("joint.safetensors", "--data", "clips.npz", "--window", "8", "--picture", "p.png"),
     "picture must be of at most 12 clips, not of 72"),
    (("joint.safetensors", "--data", "untested.npz", "--test-only"), "untested.npz must hold at least one test clip")])
def test_errors_come_before_any_work(place, make_network, clips, monkeypatch, words, match):
    bad_networks(place, make_network)
    np.save("eight.npy", np.ones((5, 8, 3)))
    np.save("flat.npy", np.ones((5, 7, 2)))
    broken = np.ones((5, 7, 3))
    broken[2, 1, 0] = np.nan
    np.save("nan.npy", broken)
    monkeypatch.setattr(module.Answering, "scores", lambda *args: pytest.fail("computed"))
    if "untested.npz" in words:
        monkeypatch.setattr(module, "read_clip_file", lambda *args, **options: [])
    with pytest.raises((ValueError, FileNotFoundError), match=match):
        hypgcn("predict", *words)


@pytest.mark.skipif(not RECORDINGS.is_file(), reason=f"needs {RECORDINGS.name} in shared/data beside the checkout")
def test_shipped_networks_on_recordings(capsys):
    """The shipped design names most of the first test clips as they were recorded."""
    answers, names = predict_step([str(ROOT / "checkpoints/nwucla_small/design")], [str(RECORDINGS)],
                                  PredictConfig(test_only=True))
    assert len(answers) == 464
    right = sum(names[answer.best(1)[0]] == answer.recorded for answer in answers)
    assert right == round(0.9073 * 464)  # as checkpoints/nwucla_small/metrics.json has it
