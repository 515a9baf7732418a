# amaranth: UnusedElaboratable=no
import re
from dataclasses import replace

import pytest
from amaranth.hdl import Fragment
from hdl.arith.requant_vectors import CONFIGS, check, corners

from hypgcn.arith import Requant, RequantArray, RequantConfig, RequantSerial, RequantShared, requant_unit
from hypgcn.design.limits import REQUANTISERS
from hypgcn.emission.emit import emit
from hypgcn_sim.synthesis.lint import yosys
from testbench import STREAM_PATTERNS

SHARED = ("dsp_shared", "logic_shared", "serial")
SEVERAL = [name for name, cfg in CONFIGS.items() if cfg.lanes > 1]


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("form", SHARED)
def test_matches_numbers(form, name, idle, stall):
    check(requant_unit(replace(CONFIGS[name], form=form)), 60, idle=idle, stall=stall)


@pytest.mark.parametrize("shift", [1, 31])
@pytest.mark.parametrize("form", SHARED)
def test_corners(form, shift):
    cfg, items = corners(form, shift)
    check(requant_unit(cfg), len(items), items=items)


@pytest.mark.parametrize("form,several,one", [
    ("dsp", Requant, Requant), ("dsp_shared", RequantShared, Requant), ("logic", RequantArray, RequantArray),
    ("logic_shared", RequantShared, RequantArray), ("serial", RequantShared, RequantSerial)])
def test_unit_of_each_form(form, several, one):
    cfg = replace(CONFIGS["relu, groups"], form=form)
    units = requant_unit(cfg), requant_unit(cfg.one)
    assert [type(unit) for unit in units] == [several, one] and units[0].i.payload.shape() == cfg.i_layout
    for unit in units:
        Fragment.get(unit, None)


def test_rejects_lanes_that_are_no_power_of_2():
    cfg = RequantConfig(lanes=3, acc_width=9, mult=(1, 2, 3), bias=(0,) * 3, shift=1, form="dsp_shared")
    with pytest.raises(ValueError, match="lanes must be a power of 2, not 3, where they share a multiplier"):
        RequantShared(cfg)


def multipliers(cfg, folder, target):
    """Multipliers of the unit of ``cfg`` that Yosys' ``target`` maps."""
    emit(requant_unit(cfg), "top", folder)
    sources = " ".join(sorted(path.name for path in folder.glob("*.sv")))
    yosys(folder, f"read_verilog -sv {sources}; {target} -top top; tee -q -o stat.txt stat", log="synth.log")
    stat = (folder / "stat.txt").read_text(encoding="utf-8")
    found = re.findall(r"^ *(\d+) +(?:DSP48E[12]|MULT18X18D|ALU54B)$", stat, re.M)
    return sum(map(int, found))


@pytest.mark.synth
@pytest.mark.parametrize("target", ["synth_xilinx -family xcu -noiopad -flatten",
                                    "synth_xilinx -family xc7 -noiopad -flatten", "synth_ecp5 -noabc9"])
@pytest.mark.parametrize("form", REQUANTISERS)
def test_multipliers_of_each_form(form, target, tmp_path):
    """None in logic, one that is shared, and one for each value: 18 bits fit all of these multipliers."""
    cfg = RequantConfig(lanes=2, acc_width=18, mult=(40000, 3, 7, 65535), bias=(1, 2, 3, 4), shift=20, low=0,
                        res_mult=3968, res_shift=2, form=form)
    assert multipliers(cfg, tmp_path, target) == {"dsp": 2, "dsp_shared": 1}.get(form, 0)
