"""Some classes of recordings: numbers, names, what runs depend on, and networks that know more or fewer."""

import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hypgcn_pruning import cli
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.network.predict import predict
from hypgcn_pruning.recordings.class_counts import check_test_clips
from hypgcn_pruning.recordings.class_names import match_classes
from hypgcn_pruning.recordings.class_subset import class_numbers, class_subset
from hypgcn_pruning.recordings.data import Clips, prepared
from hypgcn_pruning.recordings.readers import Source, read_clips
from hypgcn_pruning.reports.measure import measure

NAMES = ("sit", "wave", "put on, jacket", "point")
TEXTS = {"where": "film", "what": "network"}


def recorded(names=NAMES):
    """Two clips of each of four classes, which their coordinates name."""
    label = np.arange(8) % 4
    data = np.ones((8, 3, 4, 5, 1), np.float32) * label[:, None, None, None, None]
    return Clips(data=data + 1, length=np.full(8, 4), label=label, classes=4, class_names=names,
                 split=np.repeat([0, 1], 4).astype(np.uint8), numbers={"view": np.arange(8)})


@pytest.mark.parametrize(("text", "expected"), [
    ("wave,point", [1, 3]), ("point, wave", [3, 1]), ("2", [2]), ('"put on, jacket",0', [2, 0]), ("sit,3", [0, 3])])
def test_names_and_numbers(text, expected):
    assert class_numbers(text, NAMES, 4) == expected


def test_a_number_is_a_name_first():
    assert class_numbers("3", ("3", "a", "b", "c"), 4) == [0]


@pytest.mark.parametrize(("text", "names", "match"), [
    ("wave,run", NAMES, r"classes must be numbers in 0\.\.3 or names of the 4 classes: sit, wave, put on, jacket, "
                        r"point; not 'run'"),
    ("4", (), r"classes must be numbers in 0\.\.3 of the 4 classes, which have no names; not '4'"),
    ("-1", (), "not '-1'"), ("wave,", NAMES, "not ''"), ("", NAMES, "classes must be names or numbers between commas"),
    ("wave,1", NAMES, "classes must be named once each, but '1' is there twice"),
    ("a", ("a", "a", "b", "c"), "classes: 'a' must be the name of one class, not of 2; choose by number")])
def test_bad_classes(text, names, match):
    with pytest.raises(ValueError, match=match):
        class_numbers(text, names, 4)


def test_labels_are_renumbered_and_names_travel():
    found = class_subset(recorded(), "point,wave", "film")
    assert found.label.tolist() == [1, 0, 1, 0] and found.class_names == ("point", "wave") and found.classes == 2
    assert (found.data[:, 0, 0, 0, 0] == np.array([4, 2])[found.label]).all()
    assert found.split.tolist() == [0, 0, 1, 1] and found.numbers["view"].tolist() == [1, 3, 5, 7]
    assert class_subset(recorded(()), "3,1", "film").class_names == ("class 3", "class 1")


def test_bad_subsets():
    with pytest.raises(ValueError, match=r"film: classes must be numbers in 0\.\.3 or names"):
        class_subset(recorded(), "run", "film")
    with pytest.raises(ValueError, match="film: classes must be some that have clips; wave have none"):
        class_subset(recorded().take(np.array([0, 2])), "wave", "film")


@pytest.mark.parametrize(("data_names", "text", "names", "expected"), [
    (NAMES, "point,wave", NAMES, [1, 3]),                      # a network of all classes, by name
    (NAMES, "point,wave", ("wave", "point"), [0, 1]),          # one of these classes, in another order
    (NAMES, "point,wave", (), [1, 3]),                         # one without names, by number
    ((), "3,1", (), [1, 3]), ((), "3,1", NAMES, [1, 3]),       # recordings without names
    ((), "3,1", ("class 3", "class 1"), [1, 0])])              # and a network of some of their classes
def test_networks_get_their_own_numbers(data_names, text, names, expected):
    """Never the new numbers of the subset for the old ones of a network."""
    found = match_classes(class_subset(recorded(data_names), text, "film"), names, len(names) or 4, **TEXTS)
    assert found.label.tolist() == expected * 2 and found.classes == (len(names) or 4)
    assert sorted(found.chosen) == sorted(set(expected))


def test_classes_that_the_network_lacks():
    with pytest.raises(ValueError, match="film: chosen classes must be below the network's 3 classes, not 3"):
        match_classes(class_subset(recorded(()), "3,1", "film"), (), 3, **TEXTS)
    with pytest.raises(ValueError, match="lacks 'sit', 'put on, jacket'; it has 'wave', 'point'; --classes reads the "
                                         "clips of these alone"):
        match_classes(recorded(), ("wave", "point"), 2, **TEXTS)


def test_classes_that_were_left_out_are_not_missed():
    found = match_classes(class_subset(recorded(), "point,wave", "film"), NAMES, 4, **TEXTS)
    check_test_clips(found, "film")
    without = replace(found, split=np.where(found.label == 3, 0, found.split).astype(np.uint8))
    with pytest.warns(UserWarning, match="the 1 test clips are of 1 of 2 classes, .* none of point"):
        check_test_clips(without, "film")


def hypgcn(*words):
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    return args.run(args)


@pytest.fixture
def place(tmp_path, clips, skeleton, monkeypatch):
    """Recordings of three classes and their skeleton, entered."""
    monkeypatch.chdir(tmp_path)
    np.savez("clips.npz", data=clips.data, label=clips.label, length=clips.length, split=clips.split,
             class_names=np.array(["sit", "wave", "point"]))
    (tmp_path / "seven.json").write_text(json.dumps(skeleton.to_dict()), encoding="utf-8")
    return tmp_path


TRAIN = ("train", "--data", "clips.npz", "--skeleton", "seven.json", "--frames", 8, "--blocks", "16", "--epochs", 1,
         "--epoch-steps", 1, "-o", "float")


def test_training_on_some_classes(place, clips):
    """The network has these alone, and the run is another one than that of other classes."""
    hypgcn(*TRAIN, "--classes", "point,wave")
    model, info = load_checkpoint("float/last.safetensors")
    assert model.config.classes == 2 and info["class_names"] == ["point", "wave"]
    rows = json.loads((place / "float/steps.json").read_text(encoding="utf-8"))["train"]["classes"]
    learned = clips.label[clips.split == 0]
    assert {name: row["training"] for name, row in rows.items()} == {
        "point": (learned == 2).sum(), "wave": (learned == 1).sum()}
    for classes, match in (("wave,point", "labels: content"), ("sit,wave", "class names"), ("", "classes: 2 there, 3")):
        with pytest.raises(ValueError, match=f"holds another run of train .*{match}"):
            hypgcn(*TRAIN, "--classes", classes)
    with pytest.raises(ValueError, match="clips.npz must have at least 2 classes to train a network on, not 1"):
        hypgcn(*TRAIN, "--classes", "sit")


def test_measuring_some_classes(place, clips, make_network, preparation):
    """The network may still answer with any of its classes."""
    model = make_network()
    save_checkpoint("n.safetensors", model, {"preparation": preparation.to_dict(),
                                             "class_names": ["sit", "wave", "point"]})
    hypgcn("accuracy", "--data", "clips.npz", "--classes", "wave,point", "--joint", "dense=n.safetensors", "-o",
           "t.json")
    (row,) = json.loads((place / "t.json").read_text(encoding="utf-8"))
    held = clips.part(1).take(np.flatnonzero(clips.part(1).label > 0))
    votes = predict(model, torch.from_numpy(prepared(held, preparation))).argmax(1).numpy()
    assert row["clips"] == len(held) and row["top1"] == round(float((votes == held.label).mean()), 4)
    assert "--classes wave,point" in row["command"]
    found = measure("n.safetensors", Source(path="clips.npz", classes="wave,point"))
    assert found.scores.shape == (len(held), 3) and (found.label == held.label).all()


def test_a_source_of_some_classes(place):
    found = read_clips(Source(path="clips.npz", classes="point", every=2))
    assert found.class_names == ("point",) and not found.label.any()
    with pytest.raises(ValueError, match=r"clips.npz: classes must be numbers in 0\.\.2 or names of the 3 classes: "
                                         "sit, wave, point; not 'run'"):
        read_clips(Source(path="clips.npz", classes="run"))
