"""``hypgcn testset`` with the golden model in the place of the simulator: what is counted, compared and written."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from ensembles import saved, small_ensemble
from raw_designs import raw_clip

from hypgcn import cli
from hypgcn.golden.ensemble import run_ensemble
from hypgcn_sim.fullscale import ensemble as ensemble_module
from hypgcn_sim.stimuli import recordings

ENSEMBLE = small_ensemble(frames=2, joints=5, persons=1)
CLIPS = np.stack([raw_clip(ENSEMBLE.designs[0], seed) for seed in range(20)])
FOUND = [run_ensemble(ENSEMBLE, clip) for clip in CLIPS]
SUMS = np.array([found["logits"] for found in FOUND])
STREAMS = np.array([[found["streams"][index]["logits"] for found in FOUND] for index in range(2)])


class Simulation:
    """Golden results of the clips, which a fault may alter."""

    fault = None

    def __init__(self, ensemble, foldings, folder, **options):
        assert ensemble.hash == ENSEMBLE.hash and len(foldings) == 2
        self.content = "content"

    def run(self, clips, *, name, progress):
        places = [next(place for place, other in enumerate(CLIPS) if np.array_equal(clip, other)) for clip in clips]
        scores, streams = SUMS[places].copy(), STREAMS[:, places].copy()
        if self.fault:
            self.fault(scores, streams)
        return SimpleNamespace(scores=scores, streams=streams, overflow=np.zeros(len(clips), bool), cycles=1000)


@pytest.fixture
def words(monkeypatch, tmp_path):
    labels = SUMS.argmax(axis=1)
    labels[:3] = (labels[:3] + 1) % 3
    monkeypatch.setattr(recordings.Recordings, "load", lambda *_, **__: SimpleNamespace(
        clips=CLIPS, labels_of=lambda design: labels))
    monkeypatch.setattr(ensemble_module, "EnsembleSimulation", Simulation)
    (tmp_path / "x.npz").write_bytes(b"")
    return ["testset", saved(ENSEMBLE, tmp_path / "two"), "--recordings", str(tmp_path / "x.npz"), "--jobs", "1",
            "--multipliers", "60", "--out", str(tmp_path / "out")]


def test_an_ensemble(words, tmp_path, capsys):
    """Top-1 of the sum and of each stream, in one report."""
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    report = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    assert (report["ensemble"], report["hash"], report["clips"]) == ("small", ENSEMBLE.hash, 20)
    assert (report["right"], report["top1"], report["cycles"], report["different"]) == (17, 0.85, 2000, 0)
    labels = SUMS.argmax(axis=1)
    labels[:3] = (labels[:3] + 1) % 3
    right = [int((logits.argmax(axis=1) == labels).sum()) for logits in STREAMS]
    assert [(row["stream"], row["right"], row["weight"]) for row in report["streams"]] == [
        ("joint", right[0], "1"), ("bone-motion", right[1], "2")]
    assert len({17, *right}) == 3, "the test must tell the sum from its streams"
    assert "foldings: the fastest with at most 60 multipliers together" in printed
    assert "sums and scores: all equal to golden" in printed
    assert "top-1 of the RTL: 85.0 %, 17 of 20 clips; 0 clips with overflow\n" in printed
    assert f"top-1 of the RTL of joint alone: {5 * right[0]:.1f} %, {right[0]} of 20 clips\n" in printed


def _sum(scores, streams):
    scores[1, 0] += 1


def _stream(scores, streams):
    streams[1, 2, 1] -= 1


@pytest.mark.parametrize("fault", [_sum, _stream])
def test_a_wrong_sum_or_score_gives_status_1(words, capsys, monkeypatch, fault):
    monkeypatch.setattr(Simulation, "fault", staticmethod(fault))
    assert cli.main(words) == 1
    assert "sums and scores: 2 clips DIFFERENT from golden" in capsys.readouterr().out     # one in each part


def test_without_the_golden_model(words, tmp_path, capsys):
    assert cli.main([*words, "--no-golden"]) == 0
    assert "to golden" not in capsys.readouterr().out
    assert "different" not in json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))


def test_streams_in_place_of_a_folder(words, tmp_path, capsys):
    streams = [word for stream in ENSEMBLE.streams for word in ("--stream", f"{stream}={tmp_path / 'two' / stream}")]
    assert cli.main([words[0], *streams, "--weight", "bone-motion=2", *words[2:]]) == 0
    assert ENSEMBLE.hash[:16] in capsys.readouterr().out
