"""Accuracies of an ensemble: its integers are golden's, and the report is of the sum and of each stream."""

import json

import numpy as np
import pytest
import torch
from ensembles import small_ensemble

from hypgcn import cli
from hypgcn.design import Design
from hypgcn.design.clip import quantise_clip
from hypgcn.design.ensemble import Ensemble
from hypgcn.golden.ensemble import run_ensemble
from hypgcn_pruning.config import QuantiseConfig
from hypgcn_pruning.evaluation import evaluate_ensemble_step
from hypgcn_pruning.integers.quantise import quantise
from hypgcn_pruning.recordings.data import preparation_for, prepared
from hypgcn_pruning.reports.ensemble import ensemble_logits, evaluate_ensemble

ENSEMBLE = small_ensemble(frames=4, joints=5, persons=2)


def random_clips(count, seed=1):
    """Float clips up to a metre, some joints missing in int16."""
    return np.random.default_rng(seed).normal(0, 0.3, (count, *ENSEMBLE.designs[0].clip_shape)).astype(np.float32)


def test_scores_are_golden_in_batches(monkeypatch):
    clips = random_clips(5)
    monkeypatch.setattr("hypgcn_pruning.reports.ensemble.BATCH", 2)
    scores, lost = ensemble_logits(ENSEMBLE, clips)
    for index, clip in enumerate(clips):
        found = run_ensemble(ENSEMBLE, quantise_clip(ENSEMBLE.designs[0], clip))
        assert scores["sum"][index].tolist() == found["logits"].tolist()
        for stream, part in zip(ENSEMBLE.streams, found["streams"]):
            assert scores[stream][index].tolist() == part["logits"].tolist()
        assert bool(lost[index]) == found["overflow"]


def test_report_is_of_the_sum_and_of_each_stream():
    clips = random_clips(9)
    scores, _ = ensemble_logits(ENSEMBLE, clips)
    labels = scores["sum"].argmax(1)
    report = evaluate_ensemble(clips, labels, ENSEMBLE, ("a", "b", "c"))
    assert list(report["accuracy"]) == ["sum", *ENSEMBLE.streams] and report["accuracy"]["sum"] == 1
    for name, found in scores.items():
        assert report["accuracy"][name] == round(float((found.argmax(1) == labels).mean()), 4)
        assert np.array(report["confusion"][name]).sum() == 9
    assert [row["name"] for row in report["classes"]] == ["a", "b", "c"]
    assert [row["mult"] for row in report["ensemble"]["streams"]] == list(ENSEMBLE.mults)
    with pytest.raises(ValueError, match="clips must hold at least one clip"):
        evaluate_ensemble(clips[:0], labels[:0], ENSEMBLE)


@pytest.fixture
def folder(tmp_path, make_network, clips, skeleton):
    """Designs of joint and bone for int8 clips, their ensemble for raw joints, and the recordings."""
    np.savez(tmp_path / "clips.npz", data=clips.data, label=clips.label, length=clips.length, split=clips.split)
    words = []
    for stream in ("joint", "bone"):
        preparation = preparation_for(skeleton, 16, stream, scale="none", centring="every")
        sample = torch.from_numpy(prepared(clips.part(0), preparation))
        quantise(make_network(blocks=((18, 1), (20, 2))), sample, QuantiseConfig(), preparation=preparation).save(
            tmp_path / stream)
        words += ["--stream", f"{stream}={tmp_path / stream}"]
    assert cli.main(["ensemble", *words, "--input", "raw", "-o", str(tmp_path / "two")]) == 0
    return tmp_path


def test_evaluate_takes_the_folder(folder, capsys, clips):
    out = folder / "out/metrics.json"
    options = ["--data", str(folder / "clips.npz"), "-o", str(out)]
    assert cli.main(["evaluate", str(folder / "two"), *options]) == 0
    printed = capsys.readouterr().out
    report = json.loads(out.read_text(encoding="utf-8"))
    ensemble = Ensemble.load(folder / "two")
    assert report["clips"] == len(clips.part(1)) and report["measured"]["ensemble"] == ensemble.hash
    assert set(report["accuracy"]) == {"sum", "joint", "bone"} and out.with_suffix(".png").is_file()
    assert "sum: " in printed and printed.endswith(f"next: hypgcn verilog {folder / 'two'}\n")
    for name, share in report["accuracy"].items():
        assert next(line for line in printed.splitlines() if line.startswith(f"{name} ")).split()[1] \
            == f"{100 * share:.2f}"
    assert cli.main(["evaluate", str(folder / "two"), *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) | {"seconds": 0} == report | {"seconds": 0}
    assert all(Design.load(folder / "two" / stream).raw is not None for stream in ("joint", "bone"))
    assert cli.main(["evaluate", str(folder / "two"), *options, "--clips", "3"]) == 0
    few = json.loads(out.read_text(encoding="utf-8"))
    assert (few["clips"], few["clips_of"]) == (3, report["clips"])
    capsys.readouterr()
    for option in (["--pruned", "p"], ["--float", "f"], ["--record"]):
        assert cli.main(["evaluate", str(folder / "two"), *options, *option]) == 2
        assert f"{option[0]} must be left out for {folder / 'two'}, an ensemble" in capsys.readouterr().err


def test_evaluation_refuses_before_it_reads(tmp_path):
    with pytest.raises(ValueError, match="clips must be an integer of at least 0, not -1"):
        evaluate_ensemble_step(tmp_path / "m.json", data="none", ensemble="none", count=-1)
    with pytest.raises(ValueError, match="out must be a file for JSON"):
        evaluate_ensemble_step(tmp_path / "m.png", data="none", ensemble="none")
