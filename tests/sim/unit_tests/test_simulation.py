"""Real runs in Verilator: the testbench passes sound units and names the fault of others."""

import json
import re

import pytest
from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from contracts.tree import ROOT
from hypgcn.design.presets import random_design
from hypgcn.planning.allocator.allocate import within
from hypgcn_sim.stimuli.clips import make_clips
from hypgcn_sim.unit_tests.case import Case, Sink, Source
from hypgcn_sim.unit_tests.context import Context
from hypgcn_sim.unit_tests.faults import FAULTS
from hypgcn_sim.unit_tests.runner import prepare, run_cases, simulate

CACHE = ROOT / "build/sim/cache"  # that of `make sim`: simulators that it built are not built again
COUNT = 40
SLOW = pytest.mark.slow  # a simulator run of about 2.4 s of CPU whose mechanism another row covers


class Pipe(wiring.Component):
    """A stream through one register, with a fault that ``fault`` chooses."""

    FAULTS = ("none", "payload", "drops valid", "drifts", "loses", "repeats", "hangs")

    i: In(stream.Signature(8))
    o: Out(stream.Signature(8))
    fault: In(3)
    taken: Out(8)

    def elaborate(self, platform):
        m = Module()
        held = Signal(8)
        valid, again = Signal(), Signal()
        number = Signal(8)

        def chosen(name):
            return (self.fault == self.FAULTS.index(name)) & (number == 20)
        m.d.comb += [
            self.o.payload.eq(held), self.o.valid.eq(valid), self.taken.eq(number),
            self.i.ready.eq((~valid | self.o.ready & ~again) & ~chosen("hangs")),
        ]
        with m.If(self.o.ready):
            m.d.sync += valid.eq(again)
            m.d.sync += again.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [held.eq(self.i.payload ^ chosen("payload")), valid.eq(~chosen("loses")), number.eq(number + 1),
                         again.eq((self.fault == self.FAULTS.index("repeats")) & (number == COUNT - 1))]
        with m.If(valid & ~self.o.ready & (number > 9)):
            with m.If(self.fault == self.FAULTS.index("drops valid")):
                m.d.sync += valid.eq(0)
            with m.If(self.fault == self.FAULTS.index("drifts")):
                m.d.sync += held.eq(held + 1)
        return m


@pytest.mark.parametrize(("fault", "text"), [
    ("none", ""),
    ("payload", r"^numbers\[number 20\]: expected 120, got 121 \(stream o, beat 20, cycle \d+\)$"),
    pytest.param("drops valid", "^o: valid dropped before the transfer", marks=SLOW),   # as "drifts", by HoldRule
    ("drifts", "^o: payload changed before the transfer"),
    pytest.param("loses", r"^numbers\[number 20\]: expected 120, got 121", marks=SLOW),   # as "payload", by Scoreboard
    ("repeats", "^o: 139 follows the 40 expected beats of numbers"),
    ("hangs", "^no transfer for 500 cycles; transfers: i 20 of 40, o 20 of 40$"),
])
def test_testbench_names_what_is_wrong(fault, text, tmp_path):
    numbers = [100 + n for n in range(COUNT)]
    case = Case(name="pipe", component=Pipe, sources={"i": Source(beats=numbers)}, timeout=500, idle=0.2, stall=0.6,
                signals={"fault": Pipe.FAULTS.index(fault)}, levels={"taken": COUNT},
                sinks={"o": Sink(beats=numbers, tensor="numbers", axes=[("number", COUNT)])})
    prepare(case, tmp_path)
    result = simulate(tmp_path, CACHE)
    assert result["passed"] is (fault == "none"), result
    if fault == "none":
        assert result["error"] == ""
        assert result["cycles"] > 2 * COUNT
    assert re.search(text, result["error"]), result["error"]


def test_level_at_the_end(tmp_path):
    case = Case(name="pipe", component=Pipe, sources={"i": Source(beats=[1, 2])}, signals={"fault": 0},
                levels={"taken": 3}, sinks={"o": Sink(beats=[1, 2], tensor="numbers")})
    prepare(case, tmp_path)
    assert simulate(tmp_path, CACHE)["error"] == "taken: expected 3, got 2, at the end"


def test_text_that_does_not_build(tmp_path):
    case = Case(name="pipe", component=Pipe, sources={"i": Source(beats=[1])},
                sinks={"o": Sink(beats=[1], tensor="numbers")})
    prepare(case, tmp_path)
    (tmp_path / "top.sv").write_text("module top(input clk); nonsense endmodule\n", encoding="utf-8")
    result = simulate(tmp_path, tmp_path / "cache")
    assert not result["passed"]
    assert "build.log" in result["error"]


@pytest.fixture(scope="module")
def small():
    """A design with every kind of shortcut."""
    design = random_design(1, name="small", frames=6, joints=5, classes=3, widths=(16, 16, 20), strides=(1, 1, 2),
                           keep=0.5)
    clips, real = make_clips(design, 1)
    return Context(design, within(design, 80), clips, real)


def check(small, fault, units, folder):
    results = run_cases(small, dict.fromkeys(units, 1.0), folder, workers=1, fault=fault, cache=CACHE)
    for result in results:
        assert not result.passed, f"{result.unit} does not see that {FAULTS[fault].text}"
        assert "expected" in result.error or "no transfer" in result.error, result.error
    return results


def test_unit_passes_and_shows_progress(small, tmp_path):
    seen = []
    (result,) = run_cases(small, {"rfc_encoder": 1.0}, tmp_path, cache=CACHE,
                            progress=lambda *args: seen.append(args))
    assert result.passed, result.error
    assert result.cycles > 200
    assert seen[-1][:2] == (1.0, 1.0)
    assert json.loads((tmp_path / "rfc_encoder/result.json").read_text(encoding="utf-8"))["passed"]


@pytest.mark.parametrize(("fault", "unit", "place"), [
    ("requant_truncates", "requant", "blocks.1.h[row 0"),                         # wrong rounding: an attribute
    ("requant_rows_add_one", "requant_logic", "blocks.1.h[row "),                 # a sum that is too large
    ("requant_shared_swaps", "requant_serial", "blocks.1.h[row 0"),               # the values of a slice
    # swapped channels: a connection; the other place where faults are planted
    pytest.param("encoder_swaps", "rfc_encoder", "vectors[vector 0].channel[0]: expected", marks=SLOW),
    pytest.param("dead_zone_off_by_one", "graph_unit", "blocks.2.z[row ", marks=SLOW),   # also in hdl/spatial/
    pytest.param("decoder_drops", "rfc_decoder", "tokens[token 6].", marks=SLOW),  # a dropped token: as the swapped one
])
def test_planted_fault_is_found_and_its_place_named(fault, unit, place, small, tmp_path):
    (result,) = check(small, fault, [unit], tmp_path)
    assert result.error.startswith(place)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_every_planted_fault_is_found_by_its_test_cases(fault, small, tmp_path):
    check(small, fault, FAULTS[fault].units, tmp_path)
