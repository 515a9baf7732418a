"""``hypgcn power`` with the golden model in the place of the simulator."""

import functools
import json

import numpy as np
import pytest
from ensembles import saved, small_ensemble
from sim.power.test_accesses import memory

from hypgcn import cli
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.generate import generate_ensemble
from hypgcn.golden.ensemble import run_ensemble
from hypgcn.vivado import project
from hypgcn_sim.power import report, simulation
from hypgcn_sim.power.saif import Instance

ENSEMBLE, FOLDING = small_ensemble(frames=2, joints=5, persons=1), Folding(blocks=(BlockFolding(),))


class Recorder:
    """Words of results as the core of the ensemble has them: sums, then the scores of each network."""

    flip = None     # number of a word that is wrong

    def __call__(self, program, rtl, clips, scores, mhz, saif):
        words = []
        for clip in clips:
            found = run_ensemble(ENSEMBLE, clip)
            words.append([int(score) for part in (found, *found["streams"]) for score in part["logits"]])
        assert scores == len(words[0]) == 9
        if self.flip is not None:
            words[-1][self.flip] += 1
        saif.write_text("", encoding="utf-8")
        self.top = saif.name.removesuffix("_power.saif")
        return np.array(words, np.int32)


@pytest.fixture(scope="module")
def emit():
    """Emission of the ensemble, once for all tests: none looks at its text."""
    return functools.cache(lambda name, bus_width, part: generate_ensemble(
        ENSEMBLE, (FOLDING, FOLDING), None, name=name, bus_width=bus_width, part=part))


@pytest.fixture
def recorder(monkeypatch, emit):
    made = Recorder()
    monkeypatch.setattr(project, "generate_ensemble",
                        lambda ensemble, foldings, out_dir, *, name, bus_width, part, progress:
                        emit(name, bus_width, part))
    monkeypatch.setattr(simulation, "build_tracer", lambda emission, rtl, bus_width, jobs: "program")
    monkeypatch.setattr(simulation, "record", made)
    monkeypatch.setattr(report, "instances", lambda lines: [
        Instance(("TOP", made.top), {"aclk": (0, 100)}), memory("core/network1/head/rom", 8, en=3)])
    return made


def power(tmp_path, *words):
    return cli.main(["power", saved(ENSEMBLE, tmp_path / "two"), "--clips", "2", "--jobs", "1", "--multipliers", "60",
                     "-o", str(tmp_path / "out"), *words])


def test_an_ensemble(recorder, tmp_path, capsys):
    assert power(tmp_path) == 0
    printed = capsys.readouterr().out
    found = json.loads((tmp_path / "out/power.json").read_text(encoding="utf-8"))
    assert (found["ensemble"], found["hash"], found["clips"]) == ("small", ENSEMBLE.hash, 2)
    assert [row["stream"] for row in found["streams"]] == ["joint", "bone-motion", "shared"]
    assert "foldings: the fastest with at most 60 multipliers together" in printed and "| all of shared |" in printed
    made = json.loads((tmp_path / "out/project.json").read_text(encoding="utf-8"))
    assert made["ensemble"] == "small" and made["name"] == recorder.top != "hypgcn"
    assert f"read_saif -strip_path TOP/{recorder.top} " in (tmp_path / "out/power.tcl").read_text(encoding="utf-8")


@pytest.mark.parametrize("word", [0, 5, 8])
def test_a_wrong_sum_or_score_is_no_report(recorder, tmp_path, capsys, word):
    recorder.flip = word
    assert power(tmp_path) == 1
    assert "scores differ from the golden model" in capsys.readouterr().out
    assert not (tmp_path / "out/power.json").exists()
