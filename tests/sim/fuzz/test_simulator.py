"""Runs in Verilator: the testbench passes a sound unit and names what is wrong with others."""

import re
from dataclasses import replace

import numpy as np
import pytest
from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from contracts.tree import ROOT
from hypgcn_sim.fuzz.chunk import Chunk, Expected, Feed, Variant
from hypgcn_sim.fuzz.simulator import Simulator
from hypgcn_sim.stimuli.payload import describe

CACHE = ROOT / "build/fuzz/cache"   # that of `make fuzz`: simulators that it built are not built again
COUNT, BAD = 40, 20
FAULTS = ("none", "payload", "withdraws", "drifts", "repeats", "hangs", "address")


class Pipe(wiring.Component):
    """Looks up each word in a memory and sends what it finds, with a fault that ``fault`` chooses."""

    i: In(stream.Signature(8))
    fault: In(3)
    req: Out(stream.Signature(8))
    rsp: In(stream.Signature(40))
    o: Out(stream.Signature(data.StructLayout({"found": signed(40)})))
    taken: Out(8)
    release: In(1)
    released: Out(8)
    done: Out(1)
    number: Out(8)

    def elaborate(self, platform):
        m = Module()
        fault = Signal(3)
        asked, count = Signal(8), Signal(8)
        withdrawn = Signal()

        def planted(name, at=count):
            return (fault == FAULTS.index(name)) & (at == BAD)
        m.d.comb += [
            self.req.payload.eq(self.i.payload ^ (planted("address", asked) << 7)), self.req.valid.eq(self.i.valid),
            self.i.ready.eq(self.req.ready & ~planted("hangs", asked)),
            self.o.payload.found.eq(self.rsp.payload.as_signed()),
            self.o.valid.eq(self.rsp.valid & ~withdrawn), self.rsp.ready.eq(self.o.ready & ~withdrawn),
            self.taken.eq(count),
            self.done.eq(self.o.valid & self.o.ready), self.number.eq(count),
        ]
        with m.If(planted("hangs", asked)):
            m.d.comb += self.req.valid.eq(0)
        with m.If(self.req.valid & self.req.ready):
            m.d.sync += asked.eq(asked + 1)
        with m.If(planted("payload")):
            m.d.comb += self.o.payload.found.eq(self.rsp.payload.as_signed() ^ 1)
        with m.If(planted("drifts") & withdrawn):
            m.d.comb += [self.o.payload.found.eq(0), self.o.valid.eq(self.rsp.valid)]
        with m.If((fault == FAULTS.index("repeats")) & (count == COUNT)):
            m.d.comb += self.o.valid.eq(1)
        m.d.sync += [withdrawn.eq(self.o.valid & ~self.o.ready & (planted("withdraws") | planted("drifts"))),
                     self.released.eq(self.released + self.release)]
        with m.If(self.i.valid):
            m.d.sync += fault.eq(self.fault)
        with m.If(self.done):
            m.d.sync += count.eq(count + 1)
        return m


def chunk(fault, rng, vectors):
    """As a unit's chunk: addresses with their words, every third one twice."""
    words = rng.integers(-1 << 39, 1 << 39, 64)
    at = rng.integers(0, 64, COUNT)
    return Chunk(
        vectors=COUNT,
        sources={"i": Feed(columns=at, inputs={"fault": np.full(COUNT, FAULTS.index(fault))}),
                 "release": Feed(needs={"o": np.arange(1, 11), "done": np.arange(1, 11)})},
        memories={"req": (np.arange(64), words & (1 << 40) - 1)},
        sinks={"o": Expected(columns={"found": words[at]}), "done": Expected(columns=np.arange(COUNT))},
        levels={"taken": COUNT, "released": 10})


VARIANT = Variant(name="pipe", component=Pipe, chunk=lambda rng, vectors: chunk("none", rng, vectors),
                  sources={"i": ("fault",)}, pulses=("release",), sinks=("o",), monitors={"done": "number"},
                  memories={"req": "rsp"}, levels=("taken", "released"))


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    return Simulator(VARIANT, tmp_path_factory.mktemp("pipe"), CACHE)


@pytest.mark.parametrize(("fault", "text"), [
    ("payload", rf"^vector {BAD} of o: found: expected -?\d+, got -?\d+ \(beat {BAD}, cycle \d+\)$"),
    ("withdraws", rf"^o: beat {BAD} changed or was withdrawn"),
    ("drifts", rf"^o: beat {BAD} changed or was withdrawn"),
    ("repeats", rf"^o: [0-9a-f]{{16}} follows the {COUNT} expected beats"),
    ("hangs", rf"^no transfer for 20000 cycles at cycle \d+; transfers: i {BAD} of {COUNT}, release 10 of 10, "
              rf"o {BAD} of {COUNT}, done {BAD} of {COUNT}$"),
    ("address", r"^req: no vector at the address 1[2-9]\d "),
])
def test_failures_are_named(fault, text, simulator, tmp_path, monkeypatch):
    monkeypatch.setattr(simulator, "variant",
                        replace(VARIANT, chunk=lambda rng, vectors: chunk(fault, rng, vectors)))
    for seed in range(9):       # a fault that needs a stall is not in every chunk
        _, cycles, error = simulator.run(np.random.default_rng(seed), COUNT, tmp_path / "chunk")
        if error:
            break
    assert cycles == 0 and re.search(text, error), error
    assert (tmp_path / "chunk/plan.txt").exists()


def test_a_sound_unit_passes_whatever_pauses(simulator, tmp_path):
    cycles = [simulator.run(np.random.default_rng(seed), COUNT, tmp_path / "chunk")[1:] for seed in range(12)]
    assert not [error for _, error in cycles if error]
    assert min(cycles)[0] < 400 < max(cycles)[0], cycles      # with TAIL; some run without a pause
    assert not (tmp_path / "chunk").exists()


def test_levels_at_the_end(simulator, tmp_path, monkeypatch):
    monkeypatch.setattr(simulator, "variant", replace(
        VARIANT, chunk=lambda *args: replace(chunk("none", *args), levels={"taken": COUNT, "released": 11})))
    _, _, error = simulator.run(np.random.default_rng(1), COUNT, tmp_path / "chunk")
    assert error == "released: expected 11, got 10, at the end"


def test_shapes_are_those_of_the_ports(simulator):
    assert simulator.shapes["rsp"] == describe(unsigned(40)) and simulator.shapes["done"] == describe(unsigned(8))
