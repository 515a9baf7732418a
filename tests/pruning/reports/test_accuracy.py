"""Rows of the accuracy table: what is in them, that they reproduce, and that both integer models stand behind them."""

import argparse
import json
import shlex
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from hypgcn.cli import main
from hypgcn.design import Design
from hypgcn.design.clip import quantise_clip
from hypgcn_pruning import cli
from hypgcn_pruning.building.compile import compile_design
from hypgcn_pruning.config import STREAMS, CompileConfig, QuantiseConfig
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.checkpoint import load_checkpoint, save_checkpoint
from hypgcn_pruning.network.cost import cost_of
from hypgcn_pruning.network.predict import predict
from hypgcn_pruning.recordings.data import preparation_for, prepared
from hypgcn_pruning.recordings.validation import validation_split
from hypgcn_pruning.reports import accuracy
from hypgcn_pruning.reports.accuracy import accuracy_step
from hypgcn_pruning.reports.measure import measure, summed_scores
from hypgcn_pruning.reports.report_config import ACCURACY, RESULTS, AccuracyConfig
from hypgcn_pruning.sparsity.channels import drop_channels, reorder_channels
from hypgcn_pruning.sparsity.taps import cut_taps
from hypgcn_pruning.sparsity.thresholds import set_thresholds

REQUIRED = ("dataset", "protocol", "stream", "step", "top1", "clips", "graph_skip", "mac_reduction", "param_reduction",
            "density_h", "density_x", "command")
CONFIG = AccuracyConfig(dataset="motion", split="even and odd", jobs=1)


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """The pictures of a test by their names, instead of their files: drawing takes longer than all else."""
    found = {}
    monkeypatch.setattr("hypgcn_pruning.reports.class_files.save_confusion",
                        lambda path, confusion, names, title: found.update({path.name: (confusion, names, title)}))
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory, make_network, clips, skeleton):
    """A folder with recordings and the networks of both streams."""
    folder = tmp_path_factory.mktemp("made")
    np.savez(folder / "clips.npz", data=clips.data, label=clips.label, length=clips.length, split=clips.split)
    blocks = {"blocks": ((18, 1), (20, 2), (20, 1))}
    for stream in ("joint", "bone"):
        preparation = preparation_for(skeleton, 16, stream)
        sample = torch.from_numpy(prepared(clips.part(0), preparation))[:16]
        info = {"preparation": preparation.to_dict()}
        save_checkpoint(folder / f"{stream}_c.safetensors", make_network(dynamic_graph=True, **blocks), info)
        model = make_network(**blocks)
        save_checkpoint(folder / f"{stream}.safetensors", model, info)
        with torch.no_grad():
            drop_channels(model, 0.5)
            reorder_channels(model)
            cut_taps(model, 2)
            set_thresholds(model, sample, 0.4, 0.4)
        save_checkpoint(folder / f"{stream}_pruned.safetensors", model, info)
        design = quantise(model, sample, QuantiseConfig(name=stream), preparation=preparation)
        integers = np.stack([quantise_clip(design, clip) for clip in sample.numpy()])
        compile_design(design, integers[:3], CompileConfig(margin=1.0)).save(folder / f"{stream}_design")
    return folder


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    """A copy of that folder, entered."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def networks(*streams):
    return {stream: {"dense_c": f"{stream}_c.safetensors", "dense": f"{stream}.safetensors",
                     "pruned": f"{stream}_pruned.safetensors", "int8": f"{stream}_design"} for stream in streams}


def hypgcn(*words):
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers(required=True))
    args = parser.parse_args([str(word) for word in words])
    return args.run(args)


def test_rows(place, clips, skeleton, capsys):
    rows = accuracy_step("table.json", data="clips.npz", networks=networks("joint", "bone"), config=CONFIG)
    assert [(row["stream"], row["step"]) for row in rows] == [
        (stream, step) for stream in ("joint", "bone", "joint+bone") for step in ("dense_c", "dense", "pruned", "int8")]
    assert json.loads((place / "table.json").read_text(encoding="utf-8")) == rows
    table = {(row["stream"], row["step"]): row for row in rows}
    for row in rows:
        assert set(REQUIRED) < set(row)
        assert (row["clips"], row["dataset"], row["protocol"]) == (len(clips.part(1)), "motion", "even and odd")
    held = clips.part(1)
    score = {}
    for stream in ("joint", "bone"):
        x = torch.from_numpy(prepared(held, preparation_for(skeleton, 16, stream)))
        score[stream] = predict(measure(f"{stream}.safetensors", "clips.npz").network, x).double().numpy()
        assert table[stream, "dense"]["top1"] == round(float((score[stream].argmax(1) == held.label).mean()), 4)
        dense, pruned, integer = (table[stream, step] for step in ("dense", "pruned", "int8"))
        assert dense["mac_reduction"] == dense["param_reduction"] == dense["bit_reduction"] == 1
        assert dense["graph_skip"] == 0 and dense["density_h"] > pruned["density_h"]
        assert table[stream, "dense_c"]["mac_reduction"] < 1
        assert pruned["graph_skip"] == integer["graph_skip"] > 0.3
        assert integer["mac_reduction"] >= pruned["mac_reduction"] > 2  # constants leave columns without weights
        assert integer["effective_reduction"] > integer["mac_reduction"]
        assert integer["density_h"] == pytest.approx(pruned["density_h"], abs=0.05)
        assert integer["bit_reduction"] > 3 * integer["bit_reduction_int8"] > 3
        assert pruned["bit_reduction_int8"] is None and pruned["bit_reduction"] < pruned["param_reduction"]
        design = Design.load(place / f"{stream}_design")
        work = cost_of(design)
        assert integer["mac_reduction"] == round(work.dense().macs()["all"] / work.macs()["all"], 3)
    summed = (score["joint"] + score["bone"]).argmax(1)
    assert table["joint+bone", "dense"]["top1"] == round(float((summed == held.label).mean()), 4)
    assert any(row["clips_with_overflow"] for row in rows if row["step"] == "int8")
    assert not list((place / "build/accuracy").glob("clips-*"))
    capsys.readouterr()


def test_commands_give_their_rows_again(place, capsys, monkeypatch):
    accuracy_step("table.json", data="clips.npz", networks=networks("joint", "bone"), config=CONFIG)
    rows = json.loads((place / "table.json").read_text(encoding="utf-8"))
    before = (place / "table.json").stat().st_mtime_ns
    monkeypatch.setattr(accuracy, "hypgcn", lambda words: pytest.fail("the golden model ran twice"))
    for row in rows[3::4] + rows[:1]:
        words = shlex.split(row["command"])
        assert words[0] == "hypgcn" and str(place) not in row["command"]
        assert hypgcn(*words[1:]) == 0
    assert (place / "table.json").stat().st_mtime_ns == before  # nothing changed
    (place / "table.json").unlink()
    assert hypgcn(*shlex.split(rows[-1]["command"])[1:]) == 0
    found = json.loads((place / "table.json").read_text(encoding="utf-8"))
    assert [(row["stream"], row["step"]) for row in found] == [
        ("joint", "int8"), ("bone", "int8"), ("joint+bone", "int8")]
    assert found == [rows[3], rows[7], rows[11]]
    words = shlex.split(rows[-1]["command"])[1:]
    capsys.readouterr()
    assert main(words) == 0
    text = capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown) == 3
    for row, line in zip(shown, text.splitlines(), strict=False):
        assert line.split()[:3] == [row["stream"], row["step"], f"{100 * row['top1']:.2f}"]
    assert "joint+bone int8" in text and text.endswith("written: table.json\nnext: hypgcn report joint_design\n")


@pytest.fixture
def every_stream(place, make_network, clips, skeleton):
    """Two seeds of a network of each stream: ``STREAM.safetensors``, ``STREAM_2.safetensors``."""
    for number, stream in enumerate(STREAMS):
        preparation = preparation_for(skeleton, 16, stream)
        held = torch.from_numpy(prepared(clips.part(1), preparation))
        for seed, name in enumerate((stream, f"{stream}_2")):
            model = make_network(blocks=((18, 1), (20, 2)))
            with torch.no_grad():
                model.fc.weight.normal_(generator=torch.Generator().manual_seed(2 * number + seed))
                model.fc.bias.sub_(predict(model, held).mean(0))  # votes of all classes
            save_checkpoint(place / f"{name}.safetensors", model, {"preparation": preparation.to_dict()})


def test_four_streams_and_their_sums(place, every_stream, clips, skeleton, capsys):
    """A row for each stream, for joint and bone, and for all that are given, in this order."""
    words = [word for stream in reversed(STREAMS) for word in (f"--{stream}", f"dense={stream}.safetensors")]
    assert hypgcn("accuracy", "--data", "clips.npz", "-o", "t.json", *words) == 0
    rows = json.loads((place / "t.json").read_text(encoding="utf-8"))
    assert [row["stream"] for row in rows] == [*STREAMS, "joint+bone", "+".join(STREAMS)]
    assert shlex.split(rows[-1]["command"])[-8:] == [word for stream in STREAMS for word in (
        f"--{stream}", f"dense={stream}.safetensors")]
    held = clips.part(1)
    scores = [predict(load_checkpoint(f"{stream}.safetensors")[0],
                      torch.from_numpy(prepared(held, preparation_for(skeleton, 16, stream)))).double()
              for stream in STREAMS]
    for row, chosen in zip(rows, [*([each] for each in scores), scores[:2], scores]):
        votes = sum(chosen).argmax(1).numpy()
        assert row["top1"] == round(float((votes == held.label).mean()), 4) and "seeds" not in row
    assert "joint+bone+joint-motion+bone-motion dense" in capsys.readouterr().out


def test_what_happens_to_each_class(place, clips, drawn):
    """A file and a picture for each row, of a sum as well."""
    np.savez("named.npz", data=clips.data, label=clips.label, length=clips.length, split=clips.split,
             class_names=np.array(["sit", "wave", "point"]))
    rows = accuracy_step("t.json", data="named.npz", config=CONFIG, networks={
        stream: {"pruned": f"{stream}_pruned.safetensors"} for stream in ("joint", "bone")})
    names = [f"motion_even-and-odd_2s-agcn_{stream}_pruned" for stream in ("joint", "bone", "joint+bone")]
    assert sorted(path.name for path in (place / "t_classes").iterdir()) == sorted(f"{name}.json" for name in names)
    for row, name in zip(rows, names):
        found = json.loads((place / f"t_classes/{name}.json").read_text(encoding="utf-8"))
        confusion, shown, title = drawn[f"{name}.png"]
        assert found["confusion"] == confusion.tolist() and list(shown) == ["sit", "wave", "point"]
        assert found["command"] == row["command"] and found["stream"] == row["stream"]
        assert confusion.sum() == row["clips"] == sum(entry["clips"] for entry in found["classes"])
        assert row["top1"] == round(confusion.trace() / row["clips"], 4) and f"top-1 {100 * row['top1']:.2f} %" in title
        assert row["class_accuracy"] == pytest.approx(np.mean([entry["accuracy"] for entry in found["classes"]]),
                                                      abs=1e-4)
        assert row["top5"] is None  # of three classes


def test_top5_of_more_than_five_classes(place, make_network, clips, skeleton):
    labels = np.arange(len(clips)) % 8
    np.savez("eight.npz", data=clips.data, label=labels, length=clips.length, split=np.arange(len(clips)) // 8 % 2)
    preparation = preparation_for(skeleton, 16)
    model = make_network(blocks=((18, 1),), classes=8)
    save_checkpoint("eight.safetensors", model, {"preparation": preparation.to_dict()})
    (row,) = accuracy_step("t.json", data="eight.npz", config=CONFIG,
                           networks={"joint": {"dense": "eight.safetensors"}})
    held = np.flatnonzero(np.arange(len(clips)) // 8 % 2)
    ranked = predict(model, torch.from_numpy(prepared(clips.take(held), preparation))).argsort(dim=1, descending=True)
    assert row["top5"] == round(float((ranked[:, :5].numpy() == labels[held, None]).any(1).mean()), 4) < 1


def test_weights_of_streams(place, every_stream, clips, skeleton):
    """In sums alone; the row without weights stays beside it."""
    words = ("accuracy", "--data", "clips.npz", "-o", "t.json", "--joint", "dense=joint.safetensors", "--bone",
             "dense=bone.safetensors")
    assert hypgcn(*words) == 0 and hypgcn(*words, "--weights", "bone=0.25") == 0
    rows = json.loads((place / "t.json").read_text(encoding="utf-8"))
    assert [(row["stream"], row.get("weights")) for row in rows] == [
        ("joint", None), ("bone", None), ("joint+bone", None), ("joint+bone", "joint=1,bone=0.25")]
    held = clips.part(1)
    joint, bone = (predict(load_checkpoint(f"{stream}.safetensors")[0],
                           torch.from_numpy(prepared(held, preparation_for(skeleton, 16, stream)))).double().numpy()
                   for stream in ("joint", "bone"))
    for row, weight in zip(rows[2:], (1, 0.25)):
        assert row["top1"] == round(float(((joint + weight * bone).argmax(1) == held.label).mean()), 4)
    assert rows[2]["top1"] != rows[3]["top1"]
    before = (place / "t.json").read_bytes()
    assert hypgcn(*shlex.split(rows[3]["command"])[1:]) == 0
    assert (place / "t.json").read_bytes() == before and "--weights bone=0.25" in rows[3]["command"]


@pytest.mark.parametrize("streams", [("joint", "bone-motion"), ("bone", "joint-motion", "bone-motion"), ("joint",)])
def test_any_streams_and_their_sum(place, every_stream, streams):
    rows = accuracy_step("t.json", data="clips.npz", config=CONFIG,
                         networks={stream: {"dense": f"{stream}.safetensors"} for stream in streams})
    assert [row["stream"] for row in rows] == [*streams, *(["+".join(streams)] if len(streams) > 1 else [])]


def test_seeds_have_one_row_with_their_spread(place, every_stream, capsys):
    """Pairs by index in sums; the row is that of the first seed, and its command gives it again."""
    def measured(name):
        rows = accuracy_step(f"{name}.json", data="clips.npz", config=CONFIG, networks={
            stream: {"dense": f"{stream}{name}.safetensors"} for stream in ("joint", "bone")})
        return [row["top1"] for row in rows]

    words = [word for stream in ("joint", "bone") for word in (
        f"--{stream}", f"dense={stream}.safetensors,{stream}_2.safetensors")]
    assert hypgcn("accuracy", "--data", "clips.npz", "-o", "t.json", *words) == 0
    rows = json.loads((place / "t.json").read_text(encoding="utf-8"))
    first, second = measured(""), measured("_2")
    assert first != second
    for row, one, other in zip(rows, first, second, strict=True):
        assert row["top1"] == one and row["seeds"] == 2
        assert (row["top1_low"], row["top1_high"]) == (min(one, other), max(one, other))
        assert row["top1_mean"] == pytest.approx((one + other) / 2, abs=1e-4)
    assert "; of 2 seeds" in capsys.readouterr().out
    (place / "t.json").unlink()
    assert hypgcn(*shlex.split(rows[2]["command"])[1:]) == 0
    assert json.loads((place / "t.json").read_text(encoding="utf-8")) == rows


@pytest.mark.parametrize(("changes", "frames"), [({"blocks": ((18, 1), (24, 2))}, 16), ({}, 20)])
def test_seeds_differ_in_their_weights_alone(place, every_stream, make_network, skeleton, changes, frames):
    info = {"preparation": preparation_for(skeleton, frames).to_dict()}
    save_checkpoint("other.safetensors", make_network(**{"blocks": ((18, 1), (20, 2)), "frames": frames, **changes}),
                    info)
    with pytest.raises(ValueError, match="other.safetensors must be a network of the shape and the preparation of"):
        accuracy_step("t.json", data="clips.npz", config=CONFIG,
                      networks={"joint": {"dense": ["joint.safetensors", "other.safetensors"]}})
    assert not (place / "t.json").exists()


def test_streams_with_their_classes_in_another_order(place):
    """Case 30: scores of two networks are added class by class, by name."""
    networks = {stream: {"dense": f"{stream}.safetensors"} for stream in ("joint", "bone")}
    names, order = ["wave", "sit", "jump"], [2, 0, 1]
    with np.load("clips.npz") as file:
        np.savez("named.npz", **file, class_names=np.array(names))
    found = []
    for turned in (False, True):
        for stream in networks:
            model, info = load_checkpoint(f"{stream}.safetensors")
            if turned and stream == "bone":
                with torch.no_grad():
                    model.fc.weight.copy_(model.fc.weight[order])
                    model.fc.bias.copy_(model.fc.bias[order])
            chosen = [names[k] for k in order] if turned and stream == "bone" else names
            save_checkpoint(f"{stream}.safetensors", model, {**info, "class_names": chosen})
        rows = accuracy_step("table.json", data="named.npz", networks=networks, config=CONFIG)
        found.append([(row["stream"], row["top1"], row["class_accuracy"]) for row in rows])
    assert found[0] == found[1] and len(found[0]) == 3


def test_other_rows_stay(place):
    kept = {"dataset": "another", "protocol": "p", "network": "n", "stream": "joint", "step": "dense", "top1": 0.5}
    (place / "table.json").write_text(json.dumps([kept]), encoding="utf-8")
    accuracy_step("table.json", data="clips.npz", networks={"joint": {"dense": "joint.safetensors"}}, config=CONFIG)
    rows = json.loads((place / "table.json").read_text(encoding="utf-8"))
    assert rows[0] == kept and [row["dataset"] for row in rows] == ["another", "motion"]


@pytest.mark.parametrize("name", ["logits", "overflow"])
def test_golden_and_integer_must_agree(place, monkeypatch, capsys, name):
    """One wrong number in either result is found, and nothing is written."""
    real = accuracy.hypgcn

    def wrong(words):
        status = real(words)
        with np.load(words[4]) as file:
            found = dict(file)
        found[name][5] += 1
        np.savez(words[4], **found)
        return status

    monkeypatch.setattr(accuracy, "hypgcn", wrong)
    assert hypgcn("accuracy", "--data", "clips.npz", "--joint", "int8=joint_design", "--jobs", 1, "-o", "t.json") == 1
    assert "golden model and integer.py differ on 1 of 18 clips, first on clip 5" in capsys.readouterr().err
    assert not (place / "t.json").exists()


def test_many_int8_clips_are_in_a_file(place, skeleton, monkeypatch):
    """Rows and the golden model's file are those of clips in memory."""
    def rows(name):
        return accuracy_step(name, data="clips.npz", networks={"joint": {"int8": "joint_design"}},
                             config=AccuracyConfig(cache="cache", jobs=1))
    expected, kept = rows("a.json"), sorted((place / "cache").iterdir())
    monkeypatch.setattr("hypgcn_pruning.reports.measure.MAPPED", 1000)
    monkeypatch.setattr("hypgcn_pruning.reports.measure._PIECE", 3)
    assert isinstance(measure("joint_design", "clips.npz").clips, np.memmap)
    found = rows("b.json")
    assert [{**row, "command": ""} for row in found] == [{**row, "command": ""} for row in expected]
    assert sorted((place / "cache").iterdir()) == kept


def test_a_failed_golden_run_is_an_error(place, monkeypatch):
    monkeypatch.setattr(accuracy, "hypgcn", lambda words: 2)
    with pytest.raises(ValueError, match="joint_design: the golden model gave no logits"):
        accuracy_step("table.json", data="clips.npz", networks={"joint": {"int8": "joint_design"}}, config=CONFIG)
    assert not list((place / "build/accuracy").iterdir())


def test_sums_of_integers_are_exact():
    """Scales far apart, and a difference that floats of 53 bits would lose."""
    a, b = np.array([[2 ** 46, 2 ** 46 + 1, 0]]), np.array([[1, 0, 0]])
    scale = 0.1, 0.1 * 3
    found = summed_scores([(a, scale[0]), (b, scale[1])])
    exact = [Fraction(scale[0]) * int(x) + Fraction(scale[1]) * int(y) for x, y in zip(a[0], b[0])]
    assert found.argmax(1) == [max(range(3), key=lambda i: exact[i])]
    assert [Fraction(int(x), int(found[0, 0])) for x in found[0]] == [x / exact[0] for x in exact]
    assert summed_scores([(a, 0.3)]).argmax(1) == [1]
    assert summed_scores([(a, Fraction(1, 3)), (a, Fraction(1, 6))]).tolist() == [[3 * int(x) for x in a[0]]]
    tied = summed_scores([(np.array([[5, 5]]), 0.1), (np.array([[0, 0]]), 0.7)])
    assert tied.argmax(1) == [0]


@pytest.mark.parametrize(("words", "match"), [
    (("--joint", "dense"), "--joint must be one of dense_c, dense, pruned, int8, = and a path, not 'dense'"),
    (("--joint", "float=x"), "--joint must be one of dense_c"),
    (("--joint", "dense=a", "--joint", "dense=b"), "--joint must be given once for dense, not for a and b"),
    ((), "networks must hold at least one network"),
    (("--joint", "dense=/x/a.safetensors"), "joint dense must be a path relative to the checkout"),
    (("--joint", "dense=bone.safetensors"), "must be a network of the joint stream, but is one of the bone stream"),
    (("--bone-motion", "dense=bone.safetensors"), "bone-motion stream, but is one of the bone stream"),
    (("--joint", "dense=joint.safetensors,joint.safetensors"), "networks of different seeds, but joint.safetensors"),
    (("--joint", "dense=joint.safetensors,joint_pruned.safetensors", "--bone", "dense=bone.safetensors"),
     "bone dense must have the 2 networks that joint dense has, not 1"),
    (("--bone", "dense=joint.safetensors"), "must be a network of the bone stream"),
    (("--joint", "int8=joint.safetensors"), "joint int8=joint.safetensors must be a design"),
    (("--joint", "pruned=joint_design"), "joint pruned=joint_design must be a checkpoint"),
    (("--joint", "dense=joint_c.safetensors"), "must be a network without the data-dependent graph"),
    (("--joint", "dense_c=joint.safetensors"), "must be a network with the data-dependent graph"),
    (("--joint", "dense=joint.safetensors", "--jobs", "-1"), "jobs must be an integer of at least 0, not -1"),
    (("--joint", "dense=joint.safetensors", "--network", ""), "network must be a name"),
    (("--joint", "dense=joint.safetensors", "--weights", "bone=2"), "weights must be of the streams of the networks"),
    (("--joint", "dense=joint.safetensors", "--validate", "2"), "a share above 0 and below 1, not '2'")])
def test_bad_options(place, words, match):
    with pytest.raises(ValueError, match=match):
        hypgcn("accuracy", "--data", "clips.npz", "-o", "table.json", *words)
    assert not (place / "table.json").exists()


def test_validation_clips(place, clips, capsys):
    """Half of the training clips of every class; never among the results of the test clips."""
    words = ("accuracy", "--data", "clips.npz", "--joint", "dense=joint.safetensors", "--validate", "0.5")
    for path, option in (("build/accuracy.json", ()), *((path, ("-o", path)) for path in RESULTS.values())):
        if "accuracy" in path:
            with pytest.raises(ValueError, match=f"out must be another file than {path} with --validate 0.5"):
                hypgcn(*words, *option)
    assert hypgcn(*words, "-o", "table.json") == 0
    (row,) = json.loads((place / "table.json").read_text(encoding="utf-8"))
    held = validation_split(clips, "0.5").part(1)
    found = measure("joint.safetensors", "clips.npz", validate="0.5")
    assert (found.label == held.label).all() and len(held) not in (len(clips.part(0)), len(clips.part(1)))
    assert row["clips"] == len(held) and row["top1"] == accuracy.top1([found])
    assert row["protocol"] == "as in the file, 0.5 of its training clips" and "--validate 0.5" in row["command"]


def test_nothing_is_written_into_the_results_unless_asked(place, clips):
    """Case 14: the default is a file in ``build``; a row's command says where the row is."""
    (place / "results").mkdir(exist_ok=True)
    words = ("accuracy", "--data", "clips.npz", "--joint", "dense=joint.safetensors")
    assert hypgcn(*words) == 0
    assert not any((place / "results").iterdir())
    (row,) = json.loads((place / "build/accuracy.json").read_text(encoding="utf-8"))
    assert "-o build/accuracy.json" in row["command"]
    assert hypgcn(*words, "-o", "results/accuracy.json") == 0
    (row,) = json.loads((place / "results/accuracy.json").read_text(encoding="utf-8"))
    assert "-o results/accuracy.json" in row["command"]
    shutil.rmtree(place / "results")
    shutil.rmtree(place / "build")


def test_rows_of_the_repository_say_where_they_are():
    rows = json.loads((Path(__file__).parents[3] / RESULTS[ACCURACY]).read_text(encoding="utf-8"))
    assert all(f" -o {RESULTS[ACCURACY]} " in row["command"] for row in rows)


def test_clips_that_are_training_clips_as_well(place, clips, capsys):
    """Two test clips of a network that is right about both are training clips: the others' accuracy is lower."""
    plain = accuracy_step("plain.json", data="clips.npz", networks={"joint": {"dense": "joint.safetensors"}})[0]
    assert (plain["clips_seen"], plain["top1_unseen"]) == (0, None)
    data, test = clips.data.copy(), np.flatnonzero(clips.split == 1)
    found = measure("joint.safetensors", "clips.npz")
    right = test[found.scores.argmax(1) == found.label][:2]
    assert len(right) == 2
    length = clips.length.copy()
    for copy, of in zip(np.flatnonzero(clips.split == 0), right):
        data[copy], length[copy] = data[of], length[of]
    np.savez("twice.npz", data=data, label=clips.label, length=length, split=clips.split)
    assert hypgcn("accuracy", "--data", "twice.npz", "-o", "t.json", "--joint", "dense=joint.safetensors") == 0
    (row,) = json.loads((place / "t.json").read_text(encoding="utf-8"))
    assert (row["clips_seen"], row["top1"]) == (2, plain["top1"])
    assert row["top1_unseen"] == round((round(plain["top1"] * len(test)) - 2) / (len(test) - 2), 4)
    assert "without the 2 clips that are training clips as well" in capsys.readouterr().out


def test_missing_files_are_found_before_any_is_measured(place, monkeypatch):
    monkeypatch.setattr(accuracy, "measure", lambda *args, **options: pytest.fail("measured"))
    with pytest.raises(FileNotFoundError, match="no.safetensors not found"):
        hypgcn("accuracy", "--data", "clips.npz", "--joint", "dense=joint.safetensors", "--bone",
               "dense=bone.safetensors,no.safetensors")


def test_bad_places(place):
    absolute = place / "clips.npz"
    with pytest.raises(ValueError, match="data must be a path relative to the checkout, because it becomes part"):
        hypgcn("accuracy", "--data", absolute, "--joint", "dense=joint.safetensors")
    with pytest.raises(ValueError, match="out must be a path relative"):
        hypgcn("accuracy", "--data", "clips.npz", "-o", place / "t.json", "--joint", "dense=joint.safetensors")
    (place / "table.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="table.json must hold a list of rows"):
        hypgcn("accuracy", "--data", "clips.npz", "-o", "table.json", "--joint", "dense=joint.safetensors")


def test_classes_must_do(place, clips):
    np.savez("more.npz", data=clips.data, label=clips.label + 2, length=clips.length, split=clips.split)
    for path, match in (("joint.safetensors", "at most the network's 3 classes, not 5"),
                        ("joint_design", "at most the design's 3 classes, not 5")):
        with pytest.raises(ValueError, match=match):
            measure(path, "more.npz")
