# amaranth: UnusedElaboratable=no
"""Both drivers on the simulated shell around a core of a few lines: pauses, odd packets, resets, every width."""

import numpy as np
import pytest
from amaranth import Signal
from sim.cosim.devices import CACHE, STUB, opener, simulated, skip_without_compilers, stub_library
from stub_core import DENSE, StubCore, stub_scores

from hypgcn.shell.top import Top
from hypgcn_host import BusError, BusTimeout, HashError
from hypgcn_host.simulator import SimulatedBus
from hypgcn_sim.cosim import build as build_module
from hypgcn_sim.cosim.build import build_core, build_driver, run_tool

SHAPE = (1, 4, 5, 3)


@pytest.fixture(scope="module")
def library():
    skip_without_compilers()
    return stub_library()


@pytest.fixture(params=["python", "c"])
def open_core(request):
    skip_without_compilers()
    return opener(request.param)


def clip_of(seed):
    return np.random.default_rng(seed).integers(-128, DENSE, SHAPE).astype(np.int8)


def check(core, clip, number, flags=()):
    """The next result is that of ``clip``."""
    found = core.classify(clip)
    assert found.scores.tolist() == stub_scores(STUB, clip.ravel().tolist())[0]
    assert (found.argmax, found.clip, found.flags) == (int(found.scores.argmax()), number, flags)


@pytest.mark.parametrize(("idle", "stall"), [(0, 0), (0.5, 0), (0, 0.5), (0.4, 0.6)])
def test_clips(library, open_core, idle, stall):
    with simulated(library, seed=7, idle=idle, stall=stall) as bus:
        core = open_core(bus, STUB.hash)
        assert (core.identity.shape, core.identity.hash, core.identity.classes) == (SHAPE, STUB.hash, 4)
        for number in range(4):
            check(core, clip_of(number), number)
        found = core.counters()
        assert (found.clips_in, found.clips_out) == (4, 4)
        assert all(block.busy + block.starved + block.blocked == found.cycles for block in found.blocks)
        assert core.errors() == ()
        core.wait_idle()


def test_time_is_counted(library):
    with simulated(library, cycles_per_ms=10) as bus:
        before = bus.cycles
        bus.run(100)
        assert bus.cycles == before + 100
        assert bus.now() == pytest.approx((before + 100) / 10_000)


def test_another_design_is_refused(library, open_core):
    with simulated(library) as bus, pytest.raises(HashError):
        open_core(bus, "f" * 16)


def test_interrupt(library, open_core):
    with simulated(library) as bus:
        core = open_core(bus)
        core.enable_interrupts("done")
        assert not bus.irq
        check(core, clip_of(0), 0)
        bus.run(2)
        assert bus.irq
        assert "done" in core.take_interrupts()
        bus.run(2)
        assert not bus.irq


def test_dense_clip_is_flagged_and_survived(library, open_core):
    with simulated(library, idle=0.3, stall=0.3) as bus:
        core = open_core(bus)
        dense = clip_of(1)
        dense[0, 2, 3, 1] = DENSE
        check(core, clip_of(0), 0)
        check(core, dense, 1, ("overflow",))
        check(core, clip_of(2), 2)
        assert core.errors(clear=True) == ("overflow",)
        assert core.errors() == ()
        assert core.counters().blocks[0].overflow == 1


@pytest.mark.parametrize("source_too", [True, False])
@pytest.mark.parametrize("beats", [1, 2, 7, 14])
def test_soft_reset_in_the_middle_of_a_clip(library, open_core, source_too, beats):
    """With the source the packet ends there; without it the rest follows the reset and is dropped up to TLAST."""
    with simulated(library, seed=beats, idle=0.3, stall=0.3) as bus:
        core = open_core(bus)
        check(core, clip_of(0), 0)
        content = clip_of(1).tobytes()
        bus.write32(0, 1)  # CONTROL.start
        bus.send(content[:4 * beats], last=False)
        while bus.waiting:
            bus.run(1)
        bus.run(3)
        core.reset(source_too=source_too)
        if not source_too:
            bus.send(content[4 * beats:])
        for number in range(3):
            check(core, clip_of(number + 5), number)
        assert core.counters().clips_out == 3


def test_pin_reset_in_the_middle_of_a_clip(library, open_core):
    with simulated(library, idle=0.3, stall=0.3) as bus:
        core = open_core(bus)
        bus.write32(0, 1)
        bus.send(clip_of(1).tobytes())
        bus.run(10)
        assert bus.waiting
        bus.reset_pins(5)
        assert not bus.waiting
        core.reset()
        check(core, clip_of(2), 0)


def test_result_that_nobody_takes(library, open_core):
    """Back-pressure for a long time, then released: nothing is lost."""
    with simulated(library) as bus:
        core = open_core(bus)
        bus.write32(0, 1 << 7)  # CONTROL.auto_restart
        for number in range(12):
            bus.send(clip_of(number).tobytes())
        bus.run(5000)
        assert bus.waiting, "the core has stopped its source"
        for number in range(12):
            words = np.frombuffer(bus.transfer(None, 28, 1.0), "<i4").tolist()
            assert words[:4] == stub_scores(STUB, clip_of(number).ravel().tolist())[0]
            assert words[5:] == [number, 0]
        assert core.errors() == ()


def test_clip_that_is_too_late_for_its_timeout(library, open_core):
    """The driver gives up in the middle of a clip, resets, and goes on."""
    with simulated(library, seed=3, idle=0.5, cycles_per_ms=1) as bus:
        core = open_core(bus, timeout=0.01)
        with pytest.raises(BusTimeout):
            core.classify(clip_of(0))
        core.timeout = 1.0
        core.reset(source_too=True)
        for number in range(2):
            check(core, clip_of(number), number)


def test_result_that_the_receiver_gives_up(library, open_core):
    """The timeout ends within the result; what is left of it at the pins is passed over after the reset."""
    with simulated(library, seed=5, stall=0.9, cycles_per_ms=1) as bus:
        core = open_core(bus)
        for timeout in range(60, 160, 4):
            core.timeout = timeout / 1000
            try:
                core.classify(clip_of(0))
            except BusTimeout:
                core.timeout = 100.0
                core.reset(source_too=True)
                check(core, clip_of(timeout), 0)


@pytest.mark.parametrize(("change", "flag"), [
    (lambda content: content[:-5], "short"), (lambda content: content[:1], "short"),
    (lambda content: content + b"\1" * 3, "late"), (lambda content: content + b"\1" * 99, "late"),
])
def test_short_and_long_packets(library, open_core, change, flag):
    with simulated(library, idle=0.3, stall=0.3) as bus:
        core = open_core(bus)
        check(core, clip_of(0), 0)
        bus.write32(0, 1)
        content = clip_of(1).tobytes()
        found = np.frombuffer(bus.transfer(change(content), 28, 1.0), "<i4").tolist()
        taken = change(content)[:len(content)].ljust(len(content), b"\0")
        assert found[:4] == stub_scores(STUB, np.frombuffer(taken, np.int8).tolist())[0]
        assert found[5:] == [1, {"short": 1, "late": 2}[flag]]
        assert core.errors(clear=True) == (flag,)
        core.reset()  # the driver counts clips, and did not send this one
        check(core, clip_of(2), 0)


def test_gap_in_a_clip(library, open_core):
    with simulated(library, idle=0.3) as bus:
        core = open_core(bus)
        bus.write32(0, 1)
        content = clip_of(1).tobytes()
        bus.send(content, keep=bytes(n != 21 for n in range(len(content))))
        found = np.frombuffer(bus.transfer(None, 28, 1.0), "<i4").tolist()
        taken = content[:21] + b"\0" + content[22:]
        assert found[:4] == stub_scores(STUB, np.frombuffer(taken, np.int8).tolist())[0]
        assert core.errors() == ("keep",)


def test_packet_that_is_longer_than_its_buffer(library):
    with simulated(library) as bus:
        opener("python")(bus)
        bus.write32(0, 1)
        with pytest.raises(BusError, match="the packet was longer than its buffer"):
            bus.transfer(clip_of(0).tobytes(), 24, 1.0)


def test_same_seed_same_run(library, open_core):
    cycles = set()
    for _ in range(2):
        with simulated(library, seed=11, idle=0.4, stall=0.4) as bus:
            check(open_core(bus), clip_of(0), 0)
            cycles.add(bus.cycles)
    assert len(cycles) == 1


def test_bad_options(library, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="idle must be at least 0 and below 1, not 1.0"):
        SimulatedBus(library, idle=1.0)
    with pytest.raises(ValueError, match="cycles_per_ms must be at least 1, not 0"):
        SimulatedBus(library, cycles_per_ms=0)
    bus = SimulatedBus(library)
    with pytest.raises(ValueError, match="keep must have the 2 bytes of the data, not 1"):
        bus.send(b"12", keep=b"1")
    bus.close()
    bus.close()
    with pytest.raises(BusError, match="the simulation has been closed"):
        bus.read32(0)
    monkeypatch.setattr(build_module, "DRIVER", tmp_path)
    with pytest.raises(FileNotFoundError, match="this installation of hypgcn has no C driver"):
        build_driver(tmp_path)


def test_compilers_that_fail(tmp_path):
    (tmp_path / "wrong.cpp").write_text("int x = ;", encoding="utf-8")
    with pytest.raises(OSError, match=r"g\+\+ failed, see .*: .*error"):
        run_tool(["g++", "-c", str(tmp_path / "wrong.cpp"), "-o", str(tmp_path / "wrong.o")], tmp_path / "log")
    with pytest.raises(OSError, match="no-such-compiler is not on the path"):
        run_tool(["no-such-compiler"], tmp_path / "log")


@pytest.mark.slow
@pytest.mark.parametrize("bus_width", [8, 16, 64, 128, 256, 512])
def test_every_width_of_the_bus(bus_width):
    skip_without_compilers()
    with simulated(stub_library(bus_width), idle=0.3, stall=0.3) as bus:
        core = opener("c")(bus)
        assert core.identity.bus_bytes == bus_width // 8
        for number in range(3):
            check(core, clip_of(number), number)


class Dropping(Top):
    """Takes back every second word of a result that is not taken at once."""

    def _output(self, m, result):
        left = super()._output(m, result)
        odd = Signal()
        m.d.sync += odd.eq(~odd)
        with m.If(odd):
            m.d.comb += self.m_axis_tvalid.eq(0)
        return left


@pytest.mark.slow
def test_core_that_breaks_a_rule(open_core):
    with SimulatedBus(build_core(Dropping(STUB, StubCore(STUB)), CACHE), stall=0.7) as bus:
        core = open_core(bus, STUB.hash)
        with pytest.raises(BusError):
            core.classify(clip_of(0))
        assert bus.error.startswith("m_axis: valid dropped before the transfer, at cycle ")
        with pytest.raises(BusError):  # from now on nothing works
            core.counters()
