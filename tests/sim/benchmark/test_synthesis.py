"""A network mapped in parts takes the multipliers and block RAMs that the estimates count."""

import pytest

from hypgcn.block import BLOCK_UNITS
from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.estimate import estimate
from hypgcn_sim.benchmark import synthesis as bench_synthesis
from hypgcn_sim.benchmark.synthesis import synthesise_network
from hypgcn_sim.synthesis.levels.parts import by_unit, network_levels


@pytest.mark.synth
def test_a_network_in_parts(tmp_path, monkeypatch):
    design = preset("tiny")
    folding = within(design, 40)
    found = synthesise_network(design, folding, tmp_path)
    blocks = {f"blocks[{index}]" for index in range(len(design.blocks))}
    assert set(found) == {"absent", "input", "head", "skid", "half_skid", *blocks}
    estimated = estimate(design, folding).resources
    assert sum(part["dsp"] * part["times"] for part in found.values()) == estimated.dsp
    assert sum(part["bram36"] * part["times"] for part in found.values()) == estimated.bram36
    assert sum(part["lut"] * part["times"] for part in found.values()) == pytest.approx(estimated.lut, rel=0.3)
    lanes = found["blocks[0]"]["modules"]["top_temporal_lane"]
    assert lanes["instances"] == folding.blocks[0].lanes and lanes["lut"] > 0
    assert (found["skid"]["times"], found["half_skid"]["times"]) == (1, len(design.blocks))
    levels = network_levels({name: part["levels"] for name, part in found.items()})
    deepest = by_unit({name: part["levels"] for name, part in found.items()})
    assert 0 < max(path["levels"] for path in deepest.values()) <= levels["max_logic_levels"]
    assert {f"blocks[0].{name}" for name in BLOCK_UNITS} <= set(deepest) and {"input", "head"} <= set(deepest)
    # The skids between the parts cut the ready chain: nothing runs through one.
    assert found["half_skid"]["levels"]["levels_between_ports"] == 0
    # What is mapped already is not mapped again.
    monkeypatch.setattr(bench_synthesis, "map_folder", None)
    assert synthesise_network(design, folding, tmp_path) == found
