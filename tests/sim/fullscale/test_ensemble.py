# amaranth: UnusedElaboratable=no
"""Whole clips through the networks of an ensemble in Verilator: sums and scores, and what a difference is called."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from ensembles import saved, small_ensemble
from raw_designs import raw_clip

from hypgcn import __version__, cli
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.golden.ensemble import run_ensemble
from hypgcn_sim.fullscale.ensemble import EnsembleSimulation, golden_streams, run_of_stream, units_of
from hypgcn_sim.fullscale.testset import run_parts

FOLDING = Folding(blocks=(BlockFolding(conv_pairs=4),))
ENSEMBLE = small_ensemble(frames=4, joints=5, persons=2)
CLIPS = np.stack([raw_clip(ENSEMBLE.designs[0], seed) for seed in range(4)])


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return golden_streams(ENSEMBLE, CLIPS, tmp_path_factory.mktemp("golden"), jobs=1)


@pytest.fixture(scope="module")
def simulation(tmp_path_factory):
    return EnsembleSimulation(ENSEMBLE, (FOLDING, FOLDING), tmp_path_factory.mktemp("ensemble"), counters=True)


def test_golden_of_clips_is_that_of_each(expected):
    for index, clip in enumerate(CLIPS):
        found = run_ensemble(ENSEMBLE, clip)
        assert found["logits"].tolist() == expected.sums[index].tolist()
        assert [part["logits"].tolist() for part in found["streams"]] == expected.streams[:, index].tolist()
        assert found["overflow"] == expected.overflow[index]
    assert len(expected.lost) == 2


def test_sums_and_scores_are_golden(simulation, expected):
    done = simulation.run(CLIPS, expected)
    assert done.scores.tolist() == expected.sums.tolist()
    assert done.compared == 4 * 3 * 3 and done.cycles_per_clip and done.lost == [0, 0]
    again = simulation.run(CLIPS[::-1].copy(), replace(expected, sums=expected.sums[::-1],
                                                       streams=expected.streams[:, ::-1]), seed=5)
    assert again.scores.tolist() == expected.sums[::-1].tolist()


def test_counters_of_each_network(simulation, expected):
    """Every cycle of the steady state is counted once for every unit, and the lanes of each network do their work."""
    done = simulation.run(CLIPS, expected)
    assert done.units == units_of(ENSEMBLE) and {"joint.blocks[0].lanes", "bone-motion.head"} <= set(done.units)
    lanes = []
    for stream in ENSEMBLE.streams:
        part = run_of_stream(done, stream)
        cycles, clips, counted = part.window()
        assert clips == 2 and sum(counted["input"].values()) == sum(counted["head"].values()) == cycles
        busy = dict(zip(part.units, part.counts[-1, :, 0].tolist()))    # of the whole run, by its last result
        assert busy["input"] > 0 and busy["head"] > 0
        lanes.append(busy["blocks[0].lanes"])
    assert lanes[0] != lanes[1] and min(lanes) > 0


def test_clips_in_parts_without_expectations(simulation, expected, tmp_path):
    """Sums and scores come out as they are; parts that are there are not run again, those of other foldings are."""
    found = run_parts(simulation, CLIPS, tmp_path)
    assert found.scores.tolist() == expected.sums.tolist() and found.cycles > 0
    assert found.streams.tolist() == expected.streams.tolist() and not found.overflow.any()
    kept = SimpleNamespace(content=simulation.content)
    assert run_parts(kept, CLIPS, tmp_path).streams.tolist() == found.streams.tolist()
    with pytest.raises(AttributeError):
        run_parts(SimpleNamespace(content=simulation.content + "x"), CLIPS, tmp_path)
    assert simulation.content == f"{ENSEMBLE.hash}/{FOLDING.to_json()}/{FOLDING.to_json()}"


@pytest.mark.parametrize("field,text", [
    ("sums", r"logits\[.*clip 2.*class 1.*\]\.score: expected -?\d+, got -?\d+"),
    ("streams", r"clip 2.*class 1.*\.stream1: expected"),
    ("overflow", r"clip 2.*class 0.*\.overflow: expected 1, got 0"),
    ("lost", r"overflow_counts: expected \[0, 1\], got \[0, 0\], at the end"),
])
def test_differences_are_named(simulation, expected, field, text):
    wrong = getattr(expected, field).copy()
    place = {"sums": (2, 1), "streams": (1, 2, 1), "overflow": 2, "lost": 1}[field]
    wrong[place] = not wrong[place] if field == "overflow" else wrong[place] + 1
    with pytest.raises(AssertionError, match=text):
        simulation.run(CLIPS, replace(expected, **{field: wrong}))


def test_the_command_takes_streams(tmp_path, capsys, monkeypatch, simulation):
    """Golden, foldings and report; the simulator is the one above."""
    made = simulation.ensemble
    saved(made, tmp_path / "two")
    monkeypatch.setattr("hypgcn_sim.fullscale.ensemble.EnsembleSimulation",
                        lambda ensemble, foldings, folder, cache, progress: simulation)
    out = tmp_path / "out"
    assert cli.main(["fullscale", str(tmp_path / "two"), "--clips", "3", "--jobs", "1", "--multipliers", "60", "--out",
                     str(out)]) == 0
    printed = capsys.readouterr().out
    assert "27 sums and scores equal to golden" in printed and "cycles per clip in the steady state" in printed
    assert printed.startswith(f"hypgcn {__version__}: ensemble {made.name}, hash {made.hash[:16]}; foldings: the "
                              f"fastest with at most 60 multipliers together (--multipliers)\n")
    assert printed.endswith(f"written: {out / 'report.json'}\nnext: hypgcn verilog {tmp_path / 'two'}\n")
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert (report["hash"], report["clips"], report["real_clips"]) == (made.hash, 3, 0)
    assert [row["stream"] for row in report["streams"]] == list(made.streams) and report["dsp"] <= 60
    monkeypatch.setattr(simulation, "run", lambda *_, **__: (_ for _ in ()).throw(AssertionError("clip 1 differs")))
    assert cli.main(["fullscale", str(tmp_path / "two"), "--clips", "3", "--jobs", "1", "--multipliers", "60", "--out",
                     str(out)]) == 1
    assert "clip 1 differs" in capsys.readouterr().out
