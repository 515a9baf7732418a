# amaranth: UnusedElaboratable=no
"""Every part of every network of an ensemble is mapped and counted, and what they share once."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
from ensembles import small_network

from hypgcn.design.ensemble import Ensemble
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.emission.emit import emit
from hypgcn.planning.allocator.streams import estimate_streams
from hypgcn_sim.benchmark import ensemble_synthesis
from hypgcn_sim.benchmark import synthesis as bench_synthesis
from hypgcn_sim.benchmark.ensemble_synthesis import (
    SHARED,
    of_shared,
    of_stream,
    resources_of,
    synthesise_ensemble,
)
from hypgcn_sim.benchmark.synthesis import KEYS, map_parts, network_parts, synthesise_network

FOLDING = Folding(blocks=(BlockFolding(conv_pairs=4),))
FOLDINGS = (replace(FOLDING, blocks=FOLDING.blocks * 2), FOLDING)
SHAPE = dict(frames=4, joints=5, persons=2)
ENSEMBLE = Ensemble(name="uneven", streams=("joint", "bone-motion"), weights=(Fraction(1),) * 2, designs=(
    small_network("joint", 1, 0.01, widths=(4, 4), strides=(1, 1), **SHAPE), small_network("bone-motion", 2, **SHAPE)))


@pytest.fixture
def mapped(monkeypatch):
    """Texts that were mapped: a component and what it is made of; each takes a DSP and as many LUTs as characters."""
    texts = []

    def emit(component, name, folder):
        component._MustUse__used = True
        text = f"{type(component).__name__} {getattr(component, 'cfg', '')}"
        return SimpleNamespace(files={"top.sv": text}, sidecar=text)

    def map_folder(folder, text):
        texts.append(text)
        return {"modules": {"top": {**dict.fromkeys(KEYS, 0), "dsp": 1, "lut": len(text), "instances": 1}},
                "levels": {}}
    monkeypatch.setattr(bench_synthesis, "emit", emit)
    monkeypatch.setattr(bench_synthesis, "map_folder", map_folder)
    return texts


def test_every_part_of_every_network(mapped, tmp_path):
    found = synthesise_ensemble(ENSEMBLE, FOLDINGS, tmp_path)
    parts = {f"{stream}.{name}" for stream, design, folding in zip(ENSEMBLE.streams, ENSEMBLE.designs, FOLDINGS)
             for name in network_parts(design, folding)}
    assert {"joint.raw_input", "joint.absent", "joint.input", "joint.blocks[0]", "joint.head", "joint.half_skid",
            "bone-motion.blocks[0]"} <= parts
    assert set(found) == {*parts, *SHARED}
    assert resources_of(found)["dsp"] == sum(part["times"] for part in found.values()) - 1
    for stream, design, folding in zip(ENSEMBLE.streams, ENSEMBLE.designs, FOLDINGS):
        own = of_stream(found, stream)
        assert {name: part["times"] for name, part in own.items()} == {
            name: count for name, (_, count) in network_parts(design, folding).items()}
        assert resources_of(own) == resources_of(synthesise_network(design, folding, tmp_path / stream))
    assert found["joint.half_skid"]["times"] == 2
    whole = Counter(resources_of(of_shared(found)))
    for stream in ENSEMBLE.streams:
        whole.update(resources_of(of_stream(found, stream)))
    assert whole == Counter(resources_of(found))


def test_what_keeps_the_scores_is_the_difference_of_two_result_outputs(mapped, tmp_path, monkeypatch):
    """All that is shared is emitted as it is."""
    monkeypatch.setattr(bench_synthesis, "emit", emit)
    monkeypatch.setattr(bench_synthesis, "map_folder", lambda folder, sidecar: {"modules": {"top": {
        **dict.fromkeys(KEYS, 0), "instances": 1,
        "bram36": sum(ram["instances"] for ram in sidecar["memories"])}}, "levels": {}})
    monkeypatch.setattr(ensemble_synthesis, "network_parts", lambda *_: {})
    found = synthesise_ensemble(ENSEMBLE, FOLDINGS, tmp_path)
    assert {name: part["bram36"] for name, part in found.items()} == {"fork": 0, "sum": 0, "scores": 2}


def test_equal_networks_are_mapped_once_and_counted_twice(mapped, tmp_path, monkeypatch):
    one = ENSEMBLE.designs[1]
    twins = Ensemble(name="twins", streams=("a", "b"), designs=(one, one), weights=(Fraction(1),) * 2)
    found = synthesise_ensemble(twins, (FOLDING, FOLDING), tmp_path, jobs=2)
    assert max(Counter(mapped).values()) == 1
    alone = resources_of(synthesise_network(one, FOLDING, tmp_path / "one"))
    assert of_stream(found, "a") == of_stream(found, "b")
    shared = resources_of(of_shared(found))
    assert resources_of(found) == {key: 2 * alone[key] + shared[key] for key in alone}
    mapped.clear()
    other, kept = replace(FOLDING, blocks=(BlockFolding(conv_pairs=2),)), tmp_path / "kept"
    first = synthesise_ensemble(twins, (FOLDING, other), tmp_path / "x", mapped=kept)
    assert sum(text.startswith("Block ") for text in mapped) == 2 and first["a.head"] == first["b.head"]
    monkeypatch.setattr(bench_synthesis, "map_folder", None)
    assert synthesise_ensemble(twins, (FOLDING, other), tmp_path / "y", mapped=kept) == first, "nothing is mapped again"


def test_progress_counts_what_is_mapped(mapped, tmp_path):
    seen = []
    head = network_parts(ENSEMBLE.designs[1], FOLDING)["head"]
    map_parts({"head": head, "again": head}, tmp_path, progress=lambda done, total, text: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.synth
def test_mapped_resources_are_the_estimated_ones(tmp_path):
    found = synthesise_ensemble(ENSEMBLE, FOLDINGS, tmp_path)
    estimated = estimate_streams(ENSEMBLE, FOLDINGS)
    total = resources_of(found)
    # In networks of four channels a multiplier may have a constant operand, and none is left.
    assert total["dsp"] == pytest.approx(estimated.resources.dsp, abs=1)
    assert total["bram36"] == estimated.resources.bram36
    assert total["lut"] == pytest.approx(estimated.resources.lut, rel=0.3)
    for name in SHARED:
        assert found[name]["dsp"] == estimated.shared[name].resources.dsp
        assert found[name]["lut"] == pytest.approx(estimated.shared[name].resources.lut, abs=25)
