"""The testbench itself: good streams pass, each kind of broken one is caught."""

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

import testbench
from testbench import STREAM_PATTERNS, run

ITEMS = list(range(1, 41))


class Register(wiring.Component):
    """One-entry register slice with an optional fault."""

    i: In(stream.Signature(8))
    o: Out(stream.Signature(8))
    done: Out(1)

    def __init__(self, fault=None):
        self.fault = fault
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        full, count = Signal(), Signal(8)
        m.d.comb += [self.i.ready.eq(~full | self.o.ready), self.o.valid.eq(full)]
        with m.If(self.i.ready):
            m.d.sync += full.eq(self.i.valid)
            with m.If(self.i.valid):
                m.d.sync += [self.o.payload.eq(self.i.payload), count.eq(count + 1)]
        match self.fault:
            case "valid":
                with m.If(full & ~self.o.ready):
                    m.d.sync += full.eq(0)
            case "payload":
                with m.If(full & ~self.o.ready):
                    m.d.sync += self.o.payload.eq(self.o.payload + 1)
            case "drop":
                with m.If(self.i.ready & (count == 20)):
                    m.d.sync += full.eq(0)
            case "extra":
                with m.If(count == 40):
                    m.d.sync += full.eq(1)
            case "hang":
                with m.If(count == 20):
                    m.d.comb += [self.i.ready.eq(0), self.o.valid.eq(0)]
            case "depends":
                m.d.comb += self.o.valid.eq(full & self.o.ready)
        m.d.comb += self.done.eq(self.o.valid & self.o.ready & (self.o.payload == 40))
        return m


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_passes_a_good_stream(idle, stall):
    found = run(Register(), {"i": ITEMS}, {"o": 40}, idle=idle, stall=stall, timeout=500, pulses=["done"])
    assert found["o"] == ITEMS
    assert found["done"] == found["times"]["o"][-1:]
    assert found["cycles"] == found["times"]["o"][-1] + 1


@pytest.mark.parametrize("fault,text", [
    ("valid", "valid dropped"), ("payload", "payload changed"), ("drop", "timed out.*o: 39 of 40"),
    ("extra", "follows the 40 expected"), ("hang", "timed out.*left to send"), ("depends", "valid depends on ready"),
])
def test_catches(fault, text):
    with pytest.raises(AssertionError, match=text) as caught:
        run(Register(fault), {"i": ITEMS}, {"o": 40}, seed=5, stall=0.5, timeout=300)
    assert "seed=5" in str(caught.value)


def test_a_second_run_starts_at_reset():
    """The same unit again, after a run that left it full and its testbenches waiting: same items in the same cycles."""
    dut = Register()
    first = run(dut, {"i": ITEMS}, {"o": 40}, seed=5, idle=0.3, stall=0.3)
    run(dut, {"i": ITEMS[:7]}, {"o": 6}, stall=0.5, tail=0)
    assert run(dut, {"i": ITEMS}, {"o": 40}, seed=5, idle=0.3, stall=0.3) == first
    with pytest.raises(AssertionError, match="timed out after 30 cycles"):
        run(dut, {"i": ITEMS}, {"o": 41}, timeout=30)
    assert run(dut, {"i": ITEMS}, {"o": 40}, seed=5, idle=0.3, stall=0.3) == first


@pytest.mark.parametrize("fault", ["drop", "extra"])
def test_a_second_run_finds_what_the_first_finds(fault):
    """Faults at a count of items: the count is that of the run, not of all runs."""
    dut = Register(fault)
    run(dut, {"i": ITEMS[:10]}, {"o": 10})
    run(dut, {"i": ITEMS[:10]}, {"o": 10})
    with pytest.raises(AssertionError):
        run(dut, {"i": ITEMS}, {"o": 40}, timeout=300)


def test_a_unit_is_compiled_once(monkeypatch):
    compiled = []
    monkeypatch.setattr(testbench, "Simulator", lambda top: compiled.append(top) or Simulator(top))
    dut = Register()
    for stall in (0.0, 0.5, 0.3):
        run(dut, {"i": ITEMS}, {"o": 40}, stall=stall)
    assert len(compiled) == 1
    run(Register(), {"i": ITEMS}, {"o": 40})
    assert len(compiled) == 2


def test_responder():
    """A request whose response makes the next one: the loop stops at zero."""
    class Loop(wiring.Component):
        req: Out(stream.Signature(8))
        rsp: In(stream.Signature(8))
        o: Out(stream.Signature(8))

        def elaborate(self, platform):
            m = Module()
            value, waiting = Signal(8, init=5), Signal()
            m.d.comb += [self.req.payload.eq(value), self.req.valid.eq(~waiting & (value != 0)),
                         self.o.payload.eq(self.rsp.payload), self.o.valid.eq(self.rsp.valid),
                         self.rsp.ready.eq(self.o.ready)]
            with m.If(self.req.valid & self.req.ready):
                m.d.sync += waiting.eq(1)
            with m.If(self.rsp.valid & self.rsp.ready):
                m.d.sync += [waiting.eq(0), value.eq(self.rsp.payload)]
            return m
    found = run(Loop(), sinks={"o": 5}, responders={("req", "rsp"): lambda value: value - 1}, idle=0.3, stall=0.3)
    assert found["o"] == [4, 3, 2, 1, 0]
    assert found["requests"]["req"] == [5, 4, 3, 2, 1]
