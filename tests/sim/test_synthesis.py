"""Counting of cells, and every unit through Yosys."""

import pytest
from random_clips import random_clip

from hypgcn.allocate import reaching
from hypgcn.emit import emit
from hypgcn.presets import preset
from hypgcn_sim.context import Context
from hypgcn_sim.synthesis import count_cells, resources, synthesise
from hypgcn_sim.units import BENCHES


def test_cells_are_classed():
    cells = {"LUT6": 3, "LUT2": 1, "INV": 1, "RAM32M16": 2, "SRL16E": 1, "FDRE": 9, "CARRY4": 4, "DSP48E2": 2,
             "RAMB36E2": 1, "RAMB18E2": 3, "MUXF7": 5, "BUFG": 1, "strange": 1}
    assert resources(cells) == {"lut": 5 + 16 + 1, "ff": 9, "carry4": 4, "dsp": 2, "bram36": 2.5, "other": ["strange"]}


def test_cells_come_from_the_whole_design():
    assert count_cells({"modules": {"a": {}}, "design": {"num_cells_by_type": {"LUT1": 2}}}) == {"LUT1": 2}


@pytest.mark.synth
@pytest.mark.parametrize("name", [name for name in BENCHES if name not in ("network",)])
def test_unit_maps(name, tmp_path):
    design = preset("tiny")
    clip = random_clip(design, 1)[None]
    context = Context(design, reaching(design, 2000), clip)
    emit(BENCHES[name](context).component(), "top", tmp_path)
    found = synthesise(tmp_path, "top")
    assert found["other"] == [] and found["ff"] > 0
    assert found["max_logic_levels"] >= 0 and (found["deepest"] is None) == (found["max_logic_levels"] == 0)
    if name.startswith("packed_mac"):
        assert found["dsp"] == {"dsp48e2": 1, "inferred": 1, "single": 2}[name.removeprefix("packed_mac_")]
