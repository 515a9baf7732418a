"""A folder holds one run: another one is refused or begun anew, the same one goes on to the same bits. By the steps."""

import json
import re
import shutil

import numpy as np
import pytest
import torch

from hypgcn.design import Design
from hypgcn.design.skeleton import load_skeleton
from hypgcn_pruning.config import CompileConfig, PruneConfig, QuantiseConfig, TrainConfig
from hypgcn_pruning.evaluation import evaluate_step
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.recordings.motion import MotionConfig, generate_motion
from hypgcn_pruning.recordings.readers import Source, read_clips
from hypgcn_pruning.steps import compile_step, prune_step, quantise_step, train_step
from hypgcn_pruning.training.run_state import RunState

FAST = {"batch": 8, "average": 0.8, "warmup": 0, "degrees": 20.0}
NAMES = ("wave", "sit", "throw")


def store(path, **changes):
    """Recordings of three classes as an .npz, with arrays changed."""
    clips = generate_motion(load_skeleton("coco17"), MotionConfig(classes=3, clips=6, frames=(5, 10), test_share=0.34))
    np.savez(path, **{"data": clips.data, "label": clips.label, "length": clips.length, "split": clips.split,
                      "class_names": np.array(NAMES), **changes})
    return str(path)


@pytest.fixture(scope="module", autouse=True)
def no_ranges():
    """A picture takes longer than training one of these networks; test_ranges.py has tests of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hypgcn_pruning.steps.plot_ranges", lambda ranges, path: None)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return store(tmp_path_factory.mktemp("data") / "clips.npz")


def arrays(path):
    with np.load(path) as file:
        return dict(file)


def train(out, data, *, epochs=1, training=None, **changes):
    settings = {"skeleton": None, "frames": 8, "persons": 1, "blocks": "16,16/2", "stream": "joint",
                "dynamic_graph": False, "training": TrainConfig(**{"epochs": epochs, **FAST, **(training or {})}),
                "progress": False, **changes}
    return train_step(out, data=data, **settings)


def prune(checkpoint, out, data, *, training=None, fresh=False, **changes):
    config = PruneConfig(**{"channels": 0.5, "taps": 3, "weights_epochs": 1, "threshold_epochs": 0, "calibration": 8,
                            **changes})
    return prune_step(checkpoint, out, data=data, config=config, training=TrainConfig(**{**FAST, **(training or {})}),
                      fresh=fresh, progress=False)


def quantise(checkpoint, out, data, *, fresh=False, **changes):
    return quantise_step(checkpoint, out, data=data, config=QuantiseConfig(calibration=8, **changes), fresh=fresh,
                         training=TrainConfig(**FAST), progress=False)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    return train(tmp_path_factory.mktemp("trained"), data)


@pytest.fixture(scope="module")
def other(data, tmp_path_factory):
    """A network of another seed."""
    return train(tmp_path_factory.mktemp("other"), data, training={"seed": 2})


@pytest.fixture(scope="module")
def built(trained, data, tmp_path_factory):
    """Pruned network and design."""
    out = tmp_path_factory.mktemp("built")
    pruned = prune(trained, out, data)
    quantised = quantise(pruned, out, data)
    return pruned, compile_step(quantised, out, data=data, config=CompileConfig(calibration=8), progress=False)


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class StoppedError(Exception):
    """As if the machine had failed."""


def stop_after(monkeypatch, epochs):
    """Training fails once it has stored so many epochs, over all fine-tunings."""
    real, left = RunState.store, [epochs]

    def fail(state, path):
        real(state, path)
        left[0] -= 1
        if not left[0]:
            raise StoppedError
    monkeypatch.setattr(RunState, "store", fail)


def with_other_coordinates(found):
    return {"data": found["data"] * np.float32(1.5)}


def with_other_labels(found):
    return {"label": (found["label"] + 1) % 3}


def with_other_names(found):
    return {"class_names": np.array(["wave", "sit", "jump"])}


def with_another_split(found):
    return {"split": 1 - found["split"]}


@pytest.mark.parametrize(("changes", "match"), [
    ({"stream": "bone"}, r"stream: 'joint' there, 'bone' here; preparation: parents: \[\] there, content"),
    ({"frames": 9}, "frames: 8 there, 9 here"),
    ({"blocks": "16,32/2"}, "blocks: '16/1,16/2' there, '16/1,32/2' here"),
    ({"training": {"seed": 3}}, "seed: 1 there, 3 here"), ({"training": {"rate": 0.2}}, "rate: 0.1 there, 0.2 here"),
    ({"epochs": 2}, "epochs: 1 there, 2 here"),
    ({"training": {"precision": "bf16"}}, "precision: '32' there, 'bf16' here"),
    ({"dynamic_graph": True}, "dynamic_graph: False there, True here")])
def test_a_finished_run_is_not_that_of_other_settings(trained, data, changes, match):
    """Case 26: today the old network's bytes came back as the new ones."""
    before = files(trained.parent)
    with pytest.raises(ValueError, match=rf"holds another run of train \(finished\), which differs .*{match}.*--fresh"):
        train(trained.parent, data, **changes)
    assert files(trained.parent) == before


@pytest.mark.parametrize(("edit", "match"), [
    (with_other_coordinates, "recordings: content .* there, content .* here"), (with_other_labels, "labels: content"),
    (with_other_names, r"class names: \['wave', 'sit', 'throw'\] there, \['wave', 'sit', 'jump'\] here"),
    (with_another_split, "split: content")])
def test_a_run_is_not_that_of_other_recordings(trained, data, tmp_path, monkeypatch, edit, match):
    """Cases 26 and 27, of a finished run and of one that was interrupted."""
    changed = store(tmp_path / "changed.npz", **edit(arrays(data)))
    with pytest.raises(ValueError, match=match):
        train(trained.parent, changed)
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(StoppedError):
            train(tmp_path / "o", data, epochs=2)
    with pytest.raises(ValueError, match=rf"\(unfinished\).*{match}"):
        train(tmp_path / "o", changed, epochs=2)


def with_scores(tmp_path, name, score):
    """Recordings with a confidence beside three coordinates; joint 4 of frame 2 has ``score``."""
    clips = generate_motion(load_skeleton("coco17"), MotionConfig(classes=2, clips=4, frames=(5, 5), test_share=0.5))
    lines = ["clip,label,split,frame,joint,x,y,z,score"]
    for index in range(len(clips)):
        for frame, joints in enumerate(clips.clip(index)[0]):
            lines += [",".join(map(str, (index, clips.label[index], clips.split[index], frame, joint, *place.tolist(),
                                         score if (frame, joint) == (2, 4) else 0.9)))
                      for joint, place in enumerate(joints)]
    (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    return Source(path=str(tmp_path / name), first_label=0)


@pytest.mark.parametrize("score", [0.5, 0.0])
def test_a_run_is_not_that_of_other_scores(tmp_path, score):
    """The coordinates are the same in both files; a score of 0 says that one of them is missing."""
    sources = [with_scores(tmp_path, name, value) for name, value in (("a.csv", 0.9), ("b.csv", score))]
    clips = [read_clips(source) for source in sources]
    assert all((a == b).all() for a, b in zip(*([c.clip(i) for i in range(len(c))] for c in clips)))
    trained = train(tmp_path / "o", sources[0])
    assert train(tmp_path / "o", sources[0]) == trained
    with pytest.raises(ValueError, match=r"holds another run of train .*scores: content .* there, content .* here"):
        train(tmp_path / "o", sources[1])


def test_the_same_recordings_in_another_file(trained, data, tmp_path, capsys):
    """Content counts: neither the file's name, nor padding, nor how its lengths are known."""
    found = arrays(data)
    padded = np.concatenate([found["data"], np.zeros_like(found["data"])], axis=2)
    del found["length"]
    before = files(trained.parent)
    assert train(trained.parent, store(tmp_path / "again.npz", data=padded), progress=True) == trained
    said = capsys.readouterr().err
    assert "this run of train is finished, nothing is done again" in said
    assert re.search(r"accuracy \d+\.\d+ %, mean of the classes \d", said)
    assert files(trained.parent) == before


@pytest.mark.parametrize("changes", [{"stream": "bone"}, {"training": {"threads": 2}}])
def test_an_interrupted_run_goes_on_as_it_began(data, tmp_path, monkeypatch, changes):
    """Cases 27 and 42: with another stream, or another number of threads, whose sums have other last bits."""
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(StoppedError):
            train(tmp_path, data, epochs=2)
    before = files(tmp_path)
    with pytest.raises(ValueError, match="stream: 'joint' there, 'bone' here|threads: 1 there, 2 here"):
        train(tmp_path, data, epochs=2, **changes)
    assert files(tmp_path) == before
    torch.set_num_threads(1)


def test_a_run_that_goes_on_elsewhere_is_said(data, tmp_path, monkeypatch, capsys):
    """With another version of torch its bits may not be those of an uninterrupted one."""
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(StoppedError):
            train(tmp_path, data, epochs=2)
    path = tmp_path / "train.run.json"
    entry = json.loads(path.read_text(encoding="utf-8"))
    entry["place"]["torch"] = "1.0"
    path.write_text(json.dumps(entry), encoding="utf-8")
    train(tmp_path, data, epochs=2, progress=True)
    said = capsys.readouterr().err
    assert "the interrupted run of train goes on" in said
    assert "was begun elsewhere (torch: '1.0' there, " in said


@pytest.mark.parametrize("changes", [{"channels": 0.25}, {"taps": 2}, {"density_h": 0.2}, {"schedule": "gradual"},
                                     {"training": {"seed": 5}}])
def test_pruning_with_other_shares_is_another_run(trained, built, data, changes):
    """Case 28: today the old bytes, beside a settings file with the new shares."""
    folder = built[0].parent
    before = files(folder)
    name = "seed" if "training" in changes else next(iter(changes))
    with pytest.raises(ValueError, match=rf"another run of prune \(finished\), which differs .* in {name}: "):
        prune(trained, folder, data, **changes)
    assert files(folder) == before


def test_fresh_pruning_is_that_of_an_empty_folder(trained, data, tmp_path):
    """Case 28."""
    prune(trained, tmp_path / "a", data)
    fresh = prune(trained, tmp_path / "a", data, channels=0.25, fresh=True)
    assert fresh.read_bytes() == prune(trained, tmp_path / "b", data, channels=0.25).read_bytes()


@pytest.mark.parametrize("step", ["prune", "quantise", "compile"])
def test_the_content_of_the_source_decides(trained, other, data, tmp_path, step):
    """Case 29: another network under the same name."""
    path, out = tmp_path / "a.safetensors", tmp_path / "o"

    def run(**changes):
        if step == "prune":
            return prune(path, out, data, **changes)
        if step == "quantise":
            return quantise(path, out, data, epochs=1, **changes)
        quantised = quantise(path, tmp_path / "q", data, fresh=True)
        return compile_step(quantised, out, data=data, config=CompileConfig(calibration=8), progress=False, **changes)

    def result():
        return (out / "pruned.safetensors").read_bytes() if step == "prune" else \
            Design.load(out / ("quantised" if step == "quantise" else "design")).hash

    shutil.copy(trained, path)
    run()
    first = result()
    shutil.copy(other, path)
    name = "quantised" if step == "compile" else "checkpoint"
    with pytest.raises(ValueError, match=rf"another run of {step} .*in {name}: content .* there, content .* here"):
        run()
    assert result() == first
    run(fresh=True)
    assert result() != first


def test_teachers_count_by_content(trained, other, data, tmp_path):
    """Knowledge distillation by another network of the same name is another run."""
    path = tmp_path / "teacher.safetensors"
    shutil.copy(trained, path)
    train(tmp_path / "o", data, training={"teachers": str(path)})
    shutil.copy(other, path)
    with pytest.raises(ValueError, match=r"teachers: \['sha256"):
        train(tmp_path / "o", data, training={"teachers": str(path)})
    train(tmp_path / "i", data, init=str(path))
    shutil.copy(trained, path)
    with pytest.raises(ValueError, match="init: content"):
        train(tmp_path / "i", data, init=str(path))


@pytest.mark.parametrize("settings", [{"weights_epochs": 2, "threshold_epochs": 1, "sparsity": 0.1},
                                      {"schedule": "admm", "admm_epochs": 2, "weights_epochs": 0}])
def test_interrupted_pruning_ends_with_the_same_bits(trained, data, tmp_path, monkeypatch, settings):
    """Wherever it stops, here after each epoch: in a fine-tuning, between two, and after the last one."""
    whole = prune(trained, tmp_path / "whole", data, **settings)
    result = tmp_path / "parts/pruned.safetensors"
    for seed in range(4 if "admm_epochs" in settings else 3):
        assert not result.exists()
        torch.manual_seed(seed)
        with monkeypatch.context() as patch:
            stop_after(patch, 1)
            with pytest.raises(StoppedError):
                prune(trained, tmp_path / "parts", data, **settings)
    assert prune(trained, tmp_path / "parts", data, **settings) == result
    assert result.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("step", ["train", "distil", "quantise"])
def test_interrupted_training_ends_with_the_same_bits(trained, data, tmp_path, monkeypatch, step):
    def run(folder):
        if step == "quantise":
            return quantise(trained, tmp_path / folder, data, epochs=2) / "weights.safetensors"
        return train(tmp_path / folder, data, epochs=2,
                     training={"teachers": str(trained)} if step == "distil" else {})

    whole = run("whole")
    with monkeypatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(StoppedError):
            run("parts")
    torch.manual_seed(99)
    assert run("parts").read_bytes() == whole.read_bytes()


def test_fresh_removes_the_run_and_nothing_else(data, tmp_path):
    path = train(tmp_path, data)
    first = path.read_bytes()
    (tmp_path / "notes.txt").write_text("kept", encoding="utf-8")
    prune(path, tmp_path, data, weights_epochs=0)
    pruned = (tmp_path / "pruned.safetensors").read_bytes()
    train(tmp_path, data, stream="bone", fresh=True)
    assert path.read_bytes() != first and (tmp_path / "notes.txt").is_file()
    assert (tmp_path / "pruned.safetensors").read_bytes() == pruned
    with pytest.raises(ValueError, match="another run of prune"):
        prune(path, tmp_path, data, weights_epochs=0)


@pytest.mark.parametrize("name", ["state.pt", "last.safetensors"])
def test_folders_without_a_record(trained, data, tmp_path, name):
    """Those of version 0.1: nothing says what they were made of."""
    shutil.copy(trained.parent / name, tmp_path / name)
    with pytest.raises(ValueError, match=rf"holds {name} of a run of train that did not record what it depends on"):
        train(tmp_path, data)
    assert train(tmp_path, data, fresh=True).read_bytes() == trained.read_bytes()


def renamed(data, path, order):
    """The recordings of ``data`` with their classes numbered in another order, under their names."""
    label = np.argsort(order)[arrays(data)["label"]]
    return store(path, label=label, class_names=np.array([NAMES[k] for k in order]))


def test_classes_are_compared_by_name(trained, built, data, tmp_path, capsys):
    """Case 30: another order of the classes is mapped by name in every step, and said."""
    turned = renamed(data, tmp_path / "turned.npz", [2, 0, 1])
    pruned, design = built
    found = [evaluate_step(tmp_path / "m.json", data=path, design=str(design), pruned=str(pruned),
                           checkpoint=str(trained)) for path in (data, turned)]
    assert found[0]["accuracy"] == found[1]["accuracy"] and found[0]["class_accuracy"] == found[1]["class_accuracy"]
    said = capsys.readouterr().err
    assert said.count("its classes have other numbers than those of the design, and are mapped by name") == 1
    again = prune(trained, tmp_path / "p", turned)
    assert again.read_bytes() == pruned.read_bytes()
    assert load_checkpoint(again)[1]["class_names"] == list(NAMES)
    assert Design.load(quantise(again, tmp_path / "q", turned)).class_names == NAMES


def test_other_classes_are_refused(trained, built, data, tmp_path):
    """Case 30: one class that the network does not know."""
    wrong = store(tmp_path / "wrong.npz", class_names=np.array(["wave", "sit", "jump"]))
    pruned, design = built
    match = r"must have the same classes, but lacks 'jump'; it has 'wave', 'sit', 'throw'"
    with pytest.raises(ValueError, match=f"the network {match}"):
        prune(trained, tmp_path / "p", wrong)
    with pytest.raises(ValueError, match=f"the network {match}"):
        quantise(pruned, tmp_path / "q", wrong)
    with pytest.raises(ValueError, match=f"the design {match}"):
        evaluate_step(tmp_path / "m.json", data=wrong, design=str(design))
    with pytest.raises(ValueError, match=f"the design {match}"):
        compile_step(design, tmp_path / "c", data=wrong, config=CompileConfig())
    assert not any((tmp_path / name).exists() for name in ("p", "q", "c", "m.json"))


def test_networks_beside_a_design_have_its_classes(trained, built, data, tmp_path):
    """A float network that was trained with another order of the classes is compared class by class all the same."""
    model, info = load_checkpoint(trained)
    order = [1, 2, 0]
    with torch.no_grad():
        model.fc.weight.copy_(model.fc.weight[order])
        model.fc.bias.copy_(model.fc.bias[order])
    save_checkpoint(tmp_path / "turned.pt", model, {**info, "class_names": [NAMES[k] for k in order]})
    found = [evaluate_step(tmp_path / "m.json", data=data, design=str(built[1]), checkpoint=str(path))
             for path in (trained, tmp_path / "turned.pt")]
    assert found[0]["accuracy"] == found[1]["accuracy"]
    save_checkpoint(tmp_path / "else.pt", model, {**info, "class_names": ["a", "b", "c"]})
    with pytest.raises(ValueError, match="else.pt must have the same classes, but lacks 'wave'"):
        evaluate_step(tmp_path / "m.json", data=data, design=str(built[1]), checkpoint=str(tmp_path / "else.pt"))
    with pytest.raises(ValueError, match="teacher .*else.pt must have the same classes"):
        train(tmp_path / "o", data, training={"teachers": str(tmp_path / "else.pt")})
    taught = train(tmp_path / "a", data, training={"teachers": str(tmp_path / "turned.pt")})
    usual = train(tmp_path / "b", data, training={"teachers": str(trained)})
    torch.testing.assert_close(*(load_checkpoint(path)[0].fc.weight for path in (taught, usual)), rtol=1e-4, atol=1e-5)


def test_init_with_other_classes(trained, data, tmp_path, capsys):
    """Rows of the classifier follow their names; other classes begin with a fresh one."""
    turned = renamed(data, tmp_path / "turned.npz", [2, 0, 1])
    slow = {"rate": 1e-9, "decay": 0.0, "average": 0.0}
    model = load_checkpoint(train(tmp_path / "a", turned, init=str(trained), training=slow))[0]
    source = load_checkpoint(trained)[0]
    torch.testing.assert_close(model.fc.weight, source.fc.weight[[2, 0, 1]], atol=1e-6, rtol=1e-5)
    wrong = store(tmp_path / "wrong.npz", class_names=np.array(["wave", "sit", "jump"]))
    model = load_checkpoint(train(tmp_path / "b", wrong, init=str(trained), training=slow))[0]
    assert not torch.allclose(model.fc.weight, source.fc.weight, atol=1e-3)
    assert "has other classes, so that the classifier begins anew" in capsys.readouterr().err


def second_place(found, clips):
    """The bodies of ``clips`` in the second of two places."""
    data = np.concatenate([found["data"], np.zeros_like(found["data"])], axis=4)
    data[clips] = data[clips][..., ::-1]
    return data


@pytest.mark.parametrize("clips", [slice(None), slice(None, None, 2)])
def test_the_body_in_the_second_place(trained, data, tmp_path, capsys, clips):
    """Case 31: the person who is there, so that the network is the same as without the empty place; and it is said."""
    found = arrays(data)
    moved = store(tmp_path / "moved.npz", data=second_place(found, clips))
    path = train(tmp_path / "o", moved)
    count = len(range(*clips.indices(len(found["data"]))))
    assert f"in {count} of 18 clips the first place is empty or nearly so" in capsys.readouterr().err
    assert path.read_bytes() == trained.read_bytes()


def test_two_bodies_for_a_network_of_one_person(trained, data, tmp_path, capsys):
    """Case 32: the second is left out, and that is said."""
    found = arrays(data)
    both = store(tmp_path / "both.npz", data=np.concatenate([found["data"], 2 * found["data"]], axis=4))
    assert train(tmp_path / "o", both).read_bytes() == trained.read_bytes()
    said = capsys.readouterr().err
    assert "18 of 18 clips have more than the network's 1 person, and the others are left out; --persons 2" in said
    with pytest.raises(ValueError, match="persons: 1 there, 2 here"):
        train(tmp_path / "o", both, persons=2)


def test_uneven_classes_are_said(data, tmp_path, capsys):
    """Case 41: how many clips each class has, and warnings.

    Of a class without training clips, a test set of one class, and test clips that are training clips too; the mean
    over the classes stands beside the accuracy.
    """
    found = arrays(data)
    split = found["split"].copy()
    split[found["label"] == 2] = 1
    keep = (split == 0) | (found["label"] == 2)
    alike = {name: found[name][keep] for name in ("data", "label", "length")}
    with pytest.warns(UserWarning) as warned:
        train(tmp_path / "a", store(tmp_path / "a.npz", **alike, split=split[keep]))
    texts = [str(warning.message) for warning in warned]
    assert "a.npz: 8 training + 6 test clips; by class: wave 4 + 0, sit 4 + 0, throw 0 + 6" in capsys.readouterr().err
    assert any("1 of 3 classes have no training clip and cannot be learned: throw" in text for text in texts)
    assert any("the 6 test clips are of 1 of 3 classes" in text and "none of wave, sit" in text for text in texts)
    twice = {name: np.concatenate([found[name], found[name][:3]]) for name in ("data", "label", "length")}
    path = store(tmp_path / "b.npz", **twice, split=np.append(found["split"], [1, 1, 1]))
    with pytest.warns(UserWarning, match="3 of 9 test clips are training clips as well"):
        out = train(tmp_path / "b", path).parent
    row = json.loads((out / "steps.json").read_text(encoding="utf-8"))["train"]
    assert row["classes"]["wave"] == {"training": 4, "test": 5}
    assert 0 <= row["class_accuracy"] <= 1 and row["class_accuracy"] != row["accuracy"]


def test_measurements_name_what_they_measured(built, data, tmp_path):
    found = evaluate_step(tmp_path / "m.json", data=data, design=str(built[1]), pruned=str(built[0]))
    assert found["measured"]["design"] == Design.load(built[1]).hash
    assert found["measured"]["pruned"].startswith("sha256:") and found["measured"]["class names"] == list(NAMES)


def test_some_of_the_test_clips(built, data, tmp_path):
    """At even steps, and the report says of how many."""
    found = evaluate_step(tmp_path / "m.json", data=data, design=str(built[1]), count=4)
    assert found["clips"] == 4 and found["clips_of"] == 6
    assert sum(row["clips"] for row in found["classes"]) == 4
    whole = evaluate_step(tmp_path / "m.json", data=data, design=str(built[1]), count=6)
    assert "clips_of" not in whole and whole["clips"] == 6
    for count, record, match in ((-1, False, "clips must be an integer of at least 0, not -1"),
                                 (4, True, "record must be off with clips 4")):
        with pytest.raises(ValueError, match=match):
            evaluate_step(tmp_path / "m.json", data=data, design=str(built[1]), count=count, record=record)
