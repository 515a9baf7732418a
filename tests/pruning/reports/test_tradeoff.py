"""Points of the trade-off and their picture."""

import json
import shlex
import shutil

import numpy as np
import pytest
import torch
from legible import drawn, problems
from legible import words as words_of

from hypgcn.cli import main
from hypgcn_pruning.config import PruneConfig, QuantiseConfig
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.network.checkpoint import save_checkpoint
from hypgcn_pruning.recordings.data import prepared
from hypgcn_pruning.recordings.validation import validation_split
from hypgcn_pruning.reports.measure import measure
from hypgcn_pruning.reports.tradeoff import picture, tradeoff_step
from hypgcn_pruning.sparsity.channels import drop_channels, reorder_channels


@pytest.fixture
def place(tmp_path, monkeypatch, make_network, clips, preparation):
    monkeypatch.chdir(tmp_path)
    np.savez("clips.npz", data=clips.data, label=clips.label, length=clips.length, split=clips.split)
    info = {"preparation": preparation.to_dict()}
    model = make_network(blocks=((18, 1), (18, 1)))
    save_checkpoint(tmp_path / "dense.safetensors", model, info)
    with torch.no_grad():
        drop_channels(model, 0.5)
        reorder_channels(model)
    save_checkpoint(tmp_path / "half/pruned.safetensors", model, info)
    settings = {**vars(PruneConfig()), "channels": 0.5, "taps": 3, "tied": False, "training": {}}
    (tmp_path / "half/steps.json").write_text(json.dumps({"prune": {"seconds": 1.0, "settings": settings}}),
                                              encoding="utf-8")
    sample = torch.from_numpy(prepared(clips.part(0), preparation))
    quantise(model, sample[:16], QuantiseConfig(), preparation=preparation).save(tmp_path / "half/design")
    return tmp_path


def test_points(place, capsys):
    assert main(["tradeoff", "--data", "clips.npz", "--point", "half=half", "--point", "dense=dense.safetensors",
                 "-o", "t.json"]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith("written: t.json and t.png\n")
    assert main(["tradeoff", "--data", "clips.npz", "--point", "half=half", "--point", "dense=dense.safetensors",
                 "-o", "t.json", "--json"]) == 0
    for line, row in zip(printed.splitlines(), json.loads(capsys.readouterr().out), strict=False):
        assert line.split()[:5] == [row["name"], f"{row['mac_reduction']:.2f}", "x", "float",
                                    f"{100 * row['top1_float']:.2f}"]
    dense, half = json.loads((place / "t.json").read_text(encoding="utf-8"))
    assert (dense["name"], dense["mac_reduction"], dense["top1_int8"], dense["pruning"]) == ("dense", 1, None, "")
    assert half["mac_reduction"] > 1.3 and half["params"] < dense["params"] and half["top1_int8"] is not None
    assert half["pruning"] == "--channels 0.5 --taps 3 --no-tied"
    design = measure("half/design", "clips.npz")
    assert half["top1_int8"] == round(float((design.scores.argmax(1) == design.label).mean()), 4)
    assert [half[f"density_{name}"] for name in "xzh"] == [round(share, 4) for share in design.tally.density()]
    image, times = (place / "t.png").read_bytes(), [(place / f"t.{s}").stat().st_mtime_ns for s in ("json", "png")]
    assert main(shlex.split(half["command"])[1:]) == 0
    assert [(place / f"t.{s}").stat().st_mtime_ns for s in ("json", "png")] == times
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    shutil.rmtree(place / "half/design")
    tradeoff_step("t.json", data="clips.npz", points={"half": "half"})
    assert json.loads((place / "t.json").read_text(encoding="utf-8"))[1]["top1_int8"] is None
    assert (place / "t.png").read_bytes() != image


def test_validation_clips(place, clips, capsys):
    words = ["tradeoff", "--data", "clips.npz", "--point", "half=half", "--validate", "0.34"]
    for path, option in (("build/tradeoff.json", ()), ("results/tradeoff.json", ("-o", "results/tradeoff.json"))):
        assert main([*words, *option]) == 2
        assert f"out must be another file than {path} with" in capsys.readouterr().err
    assert main([*words, "-o", "v.json"]) == 0
    (point,) = json.loads((place / "v.json").read_text(encoding="utf-8"))
    assert point["clips"] == len(validation_split(clips, "0.34").part(1)) and "--validate 0.34" in point["command"]
    design = measure("half/design", "clips.npz", validate="0.34")
    assert point["top1_int8"] == round(float((design.scores.argmax(1) == design.label).mean()), 4)


def test_nothing_is_written_into_the_results_unless_asked(place):
    """Case 14: the default is a file in ``build``; a row's command says where the row is."""
    (place / "results").mkdir()
    words = ["tradeoff", "--data", "clips.npz", "--point", "dense=dense.safetensors"]
    assert main(words) == 0
    assert not any((place / "results").iterdir()) and (place / "build/tradeoff.png").is_file()
    (point,) = json.loads((place / "build/tradeoff.json").read_text(encoding="utf-8"))
    assert "-o build/tradeoff.json" in point["command"]
    assert main([*words, "-o", "results/tradeoff.json"]) == 0
    (point,) = json.loads((place / "results/tradeoff.json").read_text(encoding="utf-8"))
    assert "-o results/tradeoff.json" in point["command"]


def test_picture_has_no_date_and_shows_every_point():
    points = [{"name": str(n), "mac_reduction": n, "effective_reduction": 2 * n, "top1_float": 1 - n / 50,
               "top1_int8": 0.9 - n / 50 if n > 1 else None} for n in (1, 2, 6)]
    image = picture(points)
    assert image == picture(points[::-1]) and b"tIME" not in image and b"matplotlib" not in image.lower()
    assert image != picture(points[:2])


def test_the_picture_can_be_read(monkeypatch):
    """Twenty networks, most of them close together, every name beside its point."""
    figures = drawn(monkeypatch)
    points = [{"name": f"c{25 * (k % 4 + 1)}_t{k % 5 + 1}_thin", "mac_reduction": 1 + 0.3 * k + 3 * (k > 15),
               "effective_reduction": 2 + 0.7 * k, "top1_float": 0.92 - 0.002 * (k % 7) - 0.002 * k,
               "top1_int8": None if k == 0 else 0.91 - 0.002 * (k % 6) - 0.002 * k, "clips": 464} for k in range(20)]
    picture(points)
    figure, = figures
    assert problems(figure) == []
    said = words_of(figure)
    assert all(said.count(point["name"]) == 2 for point in points)
    assert said.count("top-1 (%), 464 clips") == 2 and {"float", "int8"} <= set(said)


def test_names_without_a_place_are_said(monkeypatch):
    figures = drawn(monkeypatch)
    points = [{"name": f"network_{k}", "mac_reduction": 2 + k / 1e3, "effective_reduction": 5 + k / 1e3,
               "top1_float": 0.9, "top1_int8": 0.89} for k in range(90)]
    picture(points)
    note, = (word for word in words_of(figures[0]) if word.startswith("without a place for their names: "))
    assert problems(figures[0]) == []
    assert all(point["name"] in note or point["name"] in words_of(figures[0]) for point in points[:3])


@pytest.mark.parametrize(("words", "match"), [
    (("--point", "half"), "--point must be a name, = and a path, not 'half'"),
    (("--point", "a=dense.safetensors", "--point", "a=half"), "--point must be given once for a"),
    (("--point", "a=/x"), "point must be a path relative to the checkout"),
    (("--point", "a=nowhere"), "not found"), (("--point", "a=half", "--validate", "2"), "a share above 0 and below 1")])
def test_bad_input(place, capsys, words, match):
    assert main(["tradeoff", "--data", "clips.npz", *words, "-o", "t.json"]) == 2
    assert match in capsys.readouterr().err and not (place / "t.json").exists()
