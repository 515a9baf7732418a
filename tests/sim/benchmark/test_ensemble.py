# amaranth: UnusedElaboratable=no
"""Rows of ensembles: every figure from the run, the mapped parts or the estimate, and none of a network left out."""

from fractions import Fraction

import numpy as np
import pytest
from ensembles import small_ensemble
from raw_designs import raw_clip

from hypgcn.design.ensemble import Ensemble
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.planning.allocator.streams import estimate_streams
from hypgcn.planning.budget import Budget
from hypgcn.planning.device import Device
from hypgcn_sim.benchmark import ensemble as ensemble_rows
from hypgcn_sim.benchmark.activities import activities_of
from hypgcn_sim.benchmark.ensemble import StreamsPoint, measure_ensemble, place_of
from hypgcn_sim.benchmark.ensemble_synthesis import SHARED
from hypgcn_sim.benchmark.synthesis import network_parts
from hypgcn_sim.fullscale.ensemble import golden_streams, run_of_stream, units_of
from hypgcn_sim.fullscale.golden import golden_clips
from hypgcn_sim.fullscale.result import Run
from hypgcn_sim.fullscale.utilisation import useful_multiplies

FOLDING = Folding(blocks=(BlockFolding(conv_pairs=4),))
ENSEMBLE = small_ensemble(frames=4, joints=5, persons=2)
CLIPS = np.stack([raw_clip(ENSEMBLE.designs[0], seed) for seed in range(5)])
POINT = StreamsPoint(device=Device.load("xcku115"), budget=Budget(dsp=60, bram36=100, lut=50_000),
                     foldings=(FOLDING, FOLDING))
CYCLES = 2000


class Simulation:
    """In place of the simulator: a clip every ``CYCLES``.

    Units of the first network are busy for 500 of them, those of the others for 250.
    """

    made: list["Simulation"] = []

    def __init__(self, ensemble, foldings, folder, *, counters, cache, progress):
        self.ensemble, self.foldings, self.counters, self.folder, self.cache = (ensemble, foldings, counters, folder,
                                                                                cache)
        self.seconds = {"emission": 1.0, "build": 2.0}
        self.made.append(self)

    def run(self, clips, expected, progress):
        self.expected = expected
        units = units_of(self.ensemble)
        first = f"{self.ensemble.streams[0]}."
        busy = np.array([500 if unit.startswith(first) else 250 for unit in units])
        each = np.stack([busy, CYCLES - busy, np.zeros_like(busy)], axis=1)
        times = CYCLES * np.arange(1, len(clips) + 1) + 5000
        return Run(first_in=times - 4000, last_in=times - 700, first_out=times - 2, last_out=times,
                   scores=expected.sums, overflow=expected.overflow, units=units, cycles=int(times[-1]),
                   counts=(each * np.arange(1, len(clips) + 1)[:, None, None]).astype(np.uint32),
                   lost=list(range(1, len(expected.lost) + 1)), compared=expected.sums.size + expected.streams.size)


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Makes a row of an ensemble with :class:`Simulation` and, if they are given, mapped parts."""
    monkeypatch.setattr(ensemble_rows, "EnsembleSimulation", Simulation)
    monkeypatch.setattr(ensemble_rows, "Progress", type("Quiet", (), {
        name: lambda *_: None for name in ("__init__", "__call__", "finish")}))

    def make(ensemble=ENSEMBLE, parts=None, clips=CLIPS):
        monkeypatch.setattr(ensemble_rows, "synthesise_ensemble", lambda *_, **__: parts)
        return measure_ensemble(ensemble, POINT, clips, 3, tmp_path, synthesis=parts is not None, jobs=1)
    return make


def path(levels):
    return {"levels": levels, "from": "a", "to": "b"}


def mapped_parts(ensemble=ENSEMBLE):
    """Every part with resources of its own: the deepest path is in a block of the second network."""
    names = [(f"{stream}.{name}", times) for stream, design in zip(ensemble.streams, ensemble.designs)
             for name, (_, times) in network_parts(design, FOLDING).items()] + [(name, 1) for name in SHARED]
    return {name: {"times": times, "dsp": number, "bram36": 0.5 * number, "lut": 100 + number, "levels": {
        "deepest": path(9 if name == f"{ensemble.streams[1]}.blocks[0]" else 3), "units": {"lanes": path(4)},
        "into": {}, "out_of": {}, "through": [], "unregistered": []}} for number, (name, times) in enumerate(names)}


def test_cycles_and_latency_are_those_of_the_run(measured, tmp_path):
    row = measured()
    assert row["cycles"] == "simulated" and row["cycles_per_clip"] == CYCLES
    assert row["cycles_of_each"] == [CYCLES] * 3 and len(row["cycles_of_each_estimated"]) == 3
    assert row["fps_at_172mhz"] == pytest.approx(172e6 / CYCLES) and row["latency_last_frame_cycles"] == 700
    assert row["clip"] == "5 clips, 3 of them recorded, of 2 x 4 frames x 5 joints"
    assert (row["device"], row["budget"]) == ("XCKU115", {"dsp": 60, "bram36": 100, "lut": 50_000})
    assert (row["ensemble"], row["hash"]) == (ENSEMBLE.name, ENSEMBLE.hash)
    simulation = Simulation.made[-1]
    assert simulation.counters and simulation.foldings == POINT.foldings
    assert simulation.folder == place_of(ENSEMBLE, POINT.device, tmp_path) and simulation.cache == tmp_path / "cache"


def test_every_sum_and_score_is_compared_with_golden(measured, tmp_path):
    row = measured()
    compared, golden = Simulation.made[-1].expected, golden_streams(ENSEMBLE, CLIPS, tmp_path / "golden", jobs=1)
    for field in ("sums", "streams", "overflow", "lost"):
        assert np.array_equal(getattr(compared, field), getattr(golden, field)), field
    assert row["sums_and_scores_compared"] == 5 * 3 * 3
    assert row["vectors_that_lost_values"] == 1 + 2 and row["clips_that_lost_values"] == golden.overflow.sum()
    assert [part["vectors_that_lost_values"] for part in row["streams"]] == [1, 2]


def test_estimates_are_for_the_same_clips(measured, tmp_path):
    row = measured()
    files = [golden_clips(design, CLIPS, tmp_path / "golden", jobs=1) for design in ENSEMBLE.designs]
    expected = estimate_streams(ENSEMBLE, POINT.foldings, activities=[
        activities_of(design, paths) for design, paths in zip(ENSEMBLE.designs, files)])
    assert [part["cycles_per_clip_estimated"] for part in row["streams"]] == [
        round(part.cycles) for part in expected.estimates]
    assert row["cycles_per_clip_estimated"] >= max(part["cycles_per_clip_estimated"] for part in row["streams"])
    total = expected.resources
    assert row["estimated"] == {"dsp": total.dsp, "bram36": total.bram36, "lut": round(total.lut)}
    assert row["resources"] == "estimated" and row["dsp"] == total.dsp and row["synthesis"] == {}
    assert row["max_logic_levels"] is None and row["max_logic_levels_reason"]
    assert row["dsp"] == sum(part["dsp"] for part in row["streams"]) + row["shared"]["dsp"]


def test_use_of_the_units_of_each_network(measured, tmp_path):
    row = measured()
    first, second = row["streams"]
    for part, busy, design in ((first, 0.25, ENSEMBLE.designs[0]), (second, 0.125, ENSEMBLE.designs[1])):
        units = {unit["unit"]: unit for unit in part["units"]}
        assert {"input", "blocks[0].lanes", "head"} <= set(units) and units["head"]["busy"] == busy
        useful, = useful_multiplies(design, FOLDING, golden_clips(design, CLIPS, tmp_path / "golden", jobs=1))
        lanes = units["blocks[0].lanes"]
        assert lanes["useful"] == round(useful["lanes"])
        assert part["lanes_utilisation"] == pytest.approx(useful["lanes"] / (2 * lanes["dsp"] * CYCLES), abs=1e-4)
    shares = [part["dsp_utilisation"] * part["dsp"] for part in row["streams"]]
    assert row["dsp_utilisation"] == pytest.approx(sum(shares) / row["dsp"], abs=2e-4) and min(shares) > 0
    assert (place_of(ENSEMBLE, POINT.device, tmp_path) / "utilisation_bone-motion.png").is_file()


def test_resources_of_all_networks_and_of_what_they_share(measured):
    parts = mapped_parts()
    row = measured(parts=parts)
    assert row["resources"] == "synthesised"
    for key in ("dsp", "bram36", "lut"):
        total = sum(part[key] * part["times"] for part in parts.values())
        assert row[key] == total == sum(part[key] for part in row["streams"]) + row["shared"][key]
        assert row["shared"][key] == sum(parts[name][key] for name in SHARED)
    assert set(row["synthesis"]) == set(parts)
    assert (row["max_logic_levels"], row["logic_levels"]["deepest"]["of"]) == (9, "bone-motion")
    assert [part["max_logic_levels"] for part in row["streams"]] == [3, 9]
    assert {"joint.blocks[0].lanes", "bone-motion.blocks[0].lanes"} <= set(row["logic_levels"]["units"])
    parts["sum"]["levels"]["deepest"] = path(11)
    deepest = measured(parts=parts)["logic_levels"]["deepest"]
    assert (deepest["of"], deepest["levels"]) == ("sum", 11)


def test_a_design_that_two_streams_have_is_named_and_counted_twice(measured):
    one = ENSEMBLE.designs[0]
    twins = Ensemble(name="a+b", streams=("a", "b"), designs=(one, one), weights=(Fraction(1),) * 2)
    first, second = measured(twins)["streams"]
    assert (first["same_design_as"], second["same_design_as"]) == (None, "a") and first["dsp"] == second["dsp"] > 0


def test_few_clips_are_measured_as_a_whole(measured):
    row = measured(clips=CLIPS[:2])
    assert row["cycles_of_each"] == [] and row["cycles_per_clip"] == 4000 and row["latency_last_frame_cycles"] == 700


def test_a_run_by_network():
    counts = np.arange(18).reshape(2, 3, 3)
    whole = Run(first_in=np.zeros(2), last_in=np.zeros(2), first_out=np.zeros(2), last_out=np.zeros(2),
                scores=np.zeros((2, 3)), overflow=np.zeros(2, bool), counts=counts,
                units=["a.input", "ab.input", "a.head"])
    part = run_of_stream(whole, "a")
    assert part.units == ["input", "head"] and part.counts.tolist() == counts[:, [0, 2]].tolist()
    assert run_of_stream(whole, "ab").units == ["input"]
