"""Counting of cells, and every unit through Yosys."""

import json
from dataclasses import replace

import pytest
from amaranth import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from random_clips import random_clip

from hypgcn.arith import PackedDot, PackedMacConfig
from hypgcn.arith.cost import mac_luts
from hypgcn.design.presets import preset
from hypgcn.emission.emit import emit
from hypgcn.mem import Rom
from hypgcn.planning.allocator.allocate import reaching
from hypgcn.rfc import RowStore, RowStoreConfig
from hypgcn.rfc.cost import row_store
from hypgcn_sim.synthesis.lint import yosys
from hypgcn_sim.synthesis.units import count_cells, resources, synthesise
from hypgcn_sim.unit_tests.cases import TEST_CASES
from hypgcn_sim.unit_tests.context import Context


def test_cells_are_classed():
    cells = {"LUT6": 3, "LUT2": 1, "INV": 1, "RAM32M16": 2, "SRL16E": 1, "FDRE": 9, "CARRY4": 4, "DSP48E2": 2,
             "RAMB36E2": 1, "RAMB18E2": 3, "URAM288": 4, "MUXF7": 5, "BUFG": 1, "strange": 1}
    assert resources(cells) == {"lut": 5 + 16 + 1, "ff": 9, "carry4": 4, "dsp": 2, "bram36": 2.5, "uram": 4,
                                "other": ["strange"]}


def test_cells_come_from_the_whole_design():
    assert count_cells({"modules": {"a": {}}, "design": {"num_cells_by_type": {"LUT1": 2}}}) == {"LUT1": 2}


@pytest.mark.synth
@pytest.mark.parametrize("name", [name for name in TEST_CASES if name not in ("network",)])
def test_unit_maps(name, tmp_path):
    design = preset("tiny")
    clip = random_clip(design, 1)[None]
    context = Context(design, reaching(design, 2000), clip)
    emit(TEST_CASES[name](context).component(), "top", tmp_path)
    found = synthesise(tmp_path, "top")
    assert found["other"] == [] and found["ff"] > 0
    assert found["max_logic_levels"] >= 0 and (found["deepest"] is None) == (found["max_logic_levels"] == 0)
    if name.startswith("packed_mac"):
        assert found["dsp"] == (2 if name == "packed_mac_single" else 1)


@pytest.mark.synth
def test_a_store_in_ultra_ram_maps(tmp_path):
    """As many UltraRAMs and block RAMs as its cost says; without UltraRAM there are none."""
    cfg = RowStoreConfig(frames=40, rows=12, joints=25, banks=12, depths=(2000, 900, 300, 20), window=9, tags=(0,),
                         ultra=True)
    for one in (cfg, replace(cfg, ultra=False)):
        place = tmp_path / str(one.ultra)
        emit(RowStore(one), "top", place)
        found, cost = synthesise(place, "top"), row_store(one).resources
        assert (found["uram"], found["bram36"], found["other"]) == (cost.uram, cost.bram36, [])
        assert (found["uram"] > 0) is one.ultra


@pytest.mark.synth
@pytest.mark.parametrize(("depth", "acc_width"), [(1, 17), (1, 21), (2, 21), (4, 21)])
def test_packed_mac_of_seven_series(depth, acc_width, tmp_path):
    """A DSP48E1 for each pair of products; of logic the wrap counter, or what adds up the sums of a chain."""
    cfg = PackedMacConfig(acc_width=acc_width, form="dsp48e1", depth=depth)
    emit(PackedDot(cfg), "top", tmp_path)
    sources = " ".join(path.name for path in tmp_path.glob("*.sv"))
    yosys(tmp_path, f"read_verilog -sv {sources}; synth_xilinx -family xc7 -top top -noiopad -noclkbuf -flatten; "
                    f"tee -q -o stat.json stat -json", log="synth.log")
    cells = count_cells(json.loads((tmp_path / "stat.json").read_text(encoding="utf-8")))
    found = resources(cells)
    assert cells["DSP48E1"] == found["dsp"] == depth == cfg.dsps and found["other"] == []
    assert abs(found["lut"] - mac_luts(acc_width, "dsp48e1", depth)) <= 4


class TwoRoms(wiring.Component):
    """Two block RAMs of different contents at one address, and something that reads both."""

    addr: In(10)
    both: Out(37)

    def elaborate(self, platform):
        m = Module()
        m.submodules.one = one = Rom(36, [n * 0x9E3779B97 % (1 << 36) for n in range(1024)], style="block")
        m.submodules.other = other = Rom(36, [n * 0xC2B2AE3D7 % (1 << 36) for n in range(1024)], style="block")
        m.d.comb += [one.addr.eq(self.addr), other.addr.eq(self.addr)]
        m.d.sync += self.both.eq(one.data + other.data)
        return m


@pytest.mark.synth
def test_mapping_counts_what_synth_xilinx_counts(tmp_path):
    """Also of block RAMs, whose contents the mapping discards."""
    emit(TwoRoms(), "top", tmp_path)
    found = synthesise(tmp_path, "top")
    sources = " ".join(path.name for path in tmp_path.glob("*.sv"))
    yosys(tmp_path, f"read_verilog -sv {sources}; synth_xilinx -family xcu -top top -noiopad -noclkbuf -flatten; "
                    f"tee -q -o plain.json stat -json", log="plain.log")
    plain = resources(count_cells(json.loads((tmp_path / "plain.json").read_text(encoding="utf-8"))))
    assert found["bram36"] == 2 and {name: found[name] for name in plain} == plain
