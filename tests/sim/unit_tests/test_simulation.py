"""Real runs in Verilator: the bench passes what is right and names what is wrong."""

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
from hypgcn_sim.unit_tests.case import Case, Feed, Output
from hypgcn_sim.unit_tests.context import Context
from hypgcn_sim.unit_tests.faults import FAULTS
from hypgcn_sim.unit_tests.runner import prepare, run_benches, simulate

CACHE = ROOT / "build/sim/cache"  # that of `make sim`: what it has built, the tests need not build
COUNT = 40


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
    ("drops valid", "^o: valid dropped before the transfer"),
    ("drifts", "^o: payload changed before the transfer"),
    ("loses", r"^numbers\[number 20\]: expected 120, got 121"),
    ("repeats", "^o: 139 follows the 40 expected beats of numbers"),
    ("hangs", "^nothing has moved for 500 cycles; transfers: i 20 of 40, o 20 of 40$"),
])
def test_bench_names_what_is_wrong(fault, text, tmp_path):
    numbers = [100 + n for n in range(COUNT)]
    case = Case(name="pipe", component=Pipe, feeds={"i": Feed(beats=numbers)}, timeout=500, idle=0.2, stall=0.6,
                signals={"fault": Pipe.FAULTS.index(fault)}, levels={"taken": COUNT},
                outputs={"o": Output(beats=numbers, tensor="numbers", axes=[("number", COUNT)])})
    prepare(case, tmp_path)
    found = simulate(tmp_path, CACHE)
    assert found["passed"] is (fault == "none"), found
    if fault == "none":
        assert found["error"] == ""
        assert found["cycles"] > 2 * COUNT
    assert re.search(text, found["error"]), found["error"]


def test_level_at_the_end(tmp_path):
    case = Case(name="pipe", component=Pipe, feeds={"i": Feed(beats=[1, 2])}, signals={"fault": 0}, levels={"taken": 3},
                outputs={"o": Output(beats=[1, 2], tensor="numbers")})
    prepare(case, tmp_path)
    assert simulate(tmp_path, CACHE)["error"] == "taken: expected 3, got 2, at the end"


def test_text_that_does_not_build(tmp_path):
    case = Case(name="pipe", component=Pipe, feeds={"i": Feed(beats=[1])},
                outputs={"o": Output(beats=[1], tensor="numbers")})
    prepare(case, tmp_path)
    (tmp_path / "top.sv").write_text("module top(input clk); nonsense endmodule\n")
    found = simulate(tmp_path, tmp_path / "cache")
    assert not found["passed"]
    assert "build.log" in found["error"]


@pytest.fixture(scope="module")
def small():
    """A design with every kind of shortcut."""
    design = random_design(1, name="small", frames=6, joints=5, classes=3, widths=(16, 16, 20), strides=(1, 1, 2),
                           keep=0.5)
    clips, real = make_clips(design, 1)
    return Context(design, within(design, 80), clips, real)


def check(small, fault, benches, folder):
    results = run_benches(small, dict.fromkeys(benches, 1.0), folder, workers=1, fault=fault, cache=CACHE)
    for result in results:
        assert not result.passed, f"{result.bench} does not see that {FAULTS[fault].text}"
        assert "expected" in result.error or "nothing has moved" in result.error, result.error
    return results


def test_unit_passes_and_shows_progress(small, tmp_path):
    seen = []
    (result,) = run_benches(small, {"rfc_encoder": 1.0}, tmp_path, cache=CACHE,
                            progress=lambda *args: seen.append(args))
    assert result.passed, result.error
    assert result.cycles > 200
    assert seen[-1][:2] == (1.0, 1.0)
    assert json.loads((tmp_path / "rfc_encoder/result.json").read_text())["passed"]


@pytest.mark.parametrize(("fault", "bench", "place"), [
    ("requant_truncates", "requant", "blocks.1.h[row 0"),   # wrong rounding
    ("decoder_drops", "rfc_decoder", "tokens[token 6]."),                                 # a dropped token
    ("encoder_swaps", "rfc_encoder", "vectors[vector 0].channel[0]: expected"),           # swapped channels
])
def test_planted_fault_is_found_and_its_place_named(fault, bench, place, small, tmp_path):
    (result,) = check(small, fault, [bench], tmp_path)
    assert result.error.startswith(place)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_every_planted_fault_is_found_by_its_benches(fault, small, tmp_path):
    check(small, fault, FAULTS[fault].benches, tmp_path)
