"""Buses of the core on the Amaranth simulator: drivers, a sink, monitors, and the reference of a clip input.

:class:`CoreTestbench` runs a :class:`hypgcn.shell.top.Top`; the protocol monitors of
:mod:`hypgcn_sim.unit_tests.testbench.axi_rules` are always on.
"""

import collections
import random

from amaranth.hdl import Cat
from amaranth.sim import Simulator

from hypgcn.shell import AXI_LITE_PORTS
from hypgcn.shell.registers import register
from hypgcn_sim.unit_tests.testbench.axi_rules import LiteRules, StreamRules
from testbench import PERIOD

__all__ = ["CoreTestbench", "beats_of", "clip_of", "lite_monitor", "lite_read", "lite_write", "stream_monitor"]


def beats_of(content: bytes, size: int, *, last=True) -> list[dict]:
    """Beats of a packet: ``data``, ``keep``, ``last``; only in the final one ``keep`` may be partly set."""
    beats = []
    for start in range(0, len(content), size):
        chunk = content[start:start + size]
        beats.append({"data": int.from_bytes(chunk, "little"), "keep": (1 << len(chunk)) - 1, "last": 0})
    beats[-1]["last"] = int(last)
    return beats


def clip_of(packet: list[dict], size: int, length: int, element_bytes: int = 1) -> tuple[list[int], dict]:
    """The ``length`` elements that a packet of any shape must become, and its flags: the contract in Python."""
    elements, masked = [], 0
    for beat in packet:
        for place in range(0, beat["keep"].bit_length() if beat["last"] else size, element_bytes):
            content = (beat["data"] >> 8 * place).to_bytes(size, "little")[:element_bytes]
            kept = all(beat["keep"] >> place + byte & 1 for byte in range(element_bytes))
            masked |= not kept
            elements.append(int.from_bytes(content, "little", signed=True) if kept else 0)
            if len(elements) == length:
                late = not beat["last"] or beat["keep"] >> place + element_bytes != 0
                return elements, {"short": 0, "late": int(late), "keep": int(masked)}
    return elements + [0] * (length - len(elements)), {"short": 1, "late": 0, "keep": int(masked)}


async def lite_write(ctx, bus, address: int, value: int, *, strobe=0xf, prefix="s_axi_control_", gap=(0, 0, 0)):
    """One write; ``gap``: cycles before the address, before the data, and before ``bready``."""
    def port(name):
        return getattr(bus, prefix + name)
    waiting = {"aw": gap[0], "w": gap[1]}
    ctx.set(port("awaddr"), address)
    ctx.set(port("wdata"), value)
    ctx.set(port("wstrb"), strobe)
    while waiting:
        for channel, left in waiting.items():
            ctx.set(port(f"{channel}valid"), int(left <= 0))
        *_, aw, w = await ctx.tick().sample(port("awready"), port("wready"))
        for channel, ready in (("aw", aw), ("w", w)):
            if channel in waiting:
                if waiting[channel] <= 0 and ready:
                    ctx.set(port(f"{channel}valid"), 0)
                    del waiting[channel]
                else:
                    waiting[channel] -= 1
    await ctx.tick().repeat(gap[2]) if gap[2] else None
    ctx.set(port("bready"), 1)
    *_, response = await ctx.tick().sample(port("bresp")).until(port("bvalid"))
    ctx.set(port("bready"), 0)
    assert response == 0


async def lite_read(ctx, bus, address: int, *, prefix="s_axi_control_", gap=0) -> int:
    """One read; ``gap``: cycles before ``rready``."""
    def port(name):
        return getattr(bus, prefix + name)
    ctx.set(port("araddr"), address)
    ctx.set(port("arvalid"), 1)
    await ctx.tick().until(port("arready"))
    ctx.set(port("arvalid"), 0)
    await ctx.tick().repeat(gap) if gap else None
    ctx.set(port("rready"), 1)
    value, response = await ctx.tick().sample(port("rdata"), port("rresp")).until(port("rvalid"))
    ctx.set(port("rready"), 0)
    assert response == 0
    return value


def stream_monitor(rules: StreamRules, reset, valid, ready, payload):
    """Background testbench: a channel obeys the rules; ``reset`` is a value that is high in reset."""
    async def check(ctx):
        async for _, _, *values in ctx.tick().sample(reset, valid, ready, payload):
            rules.sample(*values)
    return check


def lite_monitor(rules: LiteRules, bus, reset, prefix="s_axi_control_"):
    """Background testbench: an AXI4-Lite bus obeys the rules."""
    async def check(ctx):
        ports = [getattr(bus, prefix + name) for name in AXI_LITE_PORTS]
        async for _, _, in_reset, *values in ctx.tick().sample(reset, *ports):
            rules.sample(in_reset, dict(zip(AXI_LITE_PORTS, values)))
    return check


class CoreTestbench:
    """A core on the simulator: a test is ``async def test(tb)`` that calls the methods below.

    Parameters
    ----------
    dut : Top
    seed : int
        Seed of idle and stall cycles.
    idle, stall : float, 0..1
        Probability per cycle that the input is idle, and that the output is not ready.
    timeout : int
        Cycles after which the run fails.

    Attributes
    ----------
    packets : list of list of int
        Words of the complete results.
    words : list of int
        Words of the result that has begun.
    times : list of int
        Cycles in which the results were complete.
    hold : bool
        Whether the output is not ready at all.
    """

    def __init__(self, dut, *, seed=1, idle=0.0, stall=0.0, timeout=20_000):
        self.dut, self.idle, self.stall, self.timeout = dut, idle, stall, timeout
        print(f"seed={seed} idle={idle} stall={stall}")
        self.rng, self.stall_rng = random.Random(f"{seed}/in"), random.Random(f"{seed}/out")
        self.packets: list[list[int]] = []
        self.words: list[int] = []
        self._offered: collections.deque[dict] = collections.deque()
        self.times: list[int] = []
        self.hold = False
        self.now = 0
        self.ctx = None

    def run(self, test, *testbenches, background=()):
        """Run ``test`` beside ``testbenches``, each ``async def (ctx)``, until all have ended.

        ``background`` testbenches are not waited for.
        """
        dut = self.dut
        sim = Simulator(dut)
        sim.add_clock(PERIOD, domain="sync")
        reset = ~dut.aresetn
        lite = LiteRules("s_axi_control")
        size = len(dut.s_axis_tkeep)

        async def main(ctx):
            self.ctx = ctx
            await self.reset()
            await test(self)
            await ctx.tick()  # the monitors see the last cycle
            assert not self.words, "a result is incomplete at the end"
            lite.finish()

        async def sink(ctx):
            while True:
                ctx.set(dut.m_axis_tready, int(not self.hold and self.stall_rng.random() >= self.stall))
                _, _, valid, ready, word, last, keep, in_reset = await ctx.tick().sample(
                    dut.m_axis_tvalid, dut.m_axis_tready, dut.m_axis_tdata, dut.m_axis_tlast, dut.m_axis_tkeep, reset)
                self.now += 1
                if in_reset:
                    self.words = []
                elif valid and ready:
                    assert keep == 0xf
                    self.words.append(word)
                    if last:
                        self.packets.append(self.words)
                        self.times.append(self.now)
                        self.words = []

        async def source(ctx):
            while True:
                if not self._offered:
                    await ctx.tick()
                    continue
                beat = self._offered[0]
                for name, value in (("tdata", beat["data"]), ("tkeep", beat["keep"]), ("tlast", beat["last"])):
                    ctx.set(getattr(dut, f"s_axis_{name}"), value)
                ctx.set(dut.s_axis_tvalid, 1)
                _, _, ready = await ctx.tick().sample(dut.s_axis_tready)
                if self._offered and ready:
                    self._offered.popleft()
                    ctx.set(dut.s_axis_tvalid, 0)

        async def watchdog(ctx):
            await ctx.delay(self.timeout * PERIOD)
            raise AssertionError(f"timed out after {self.timeout} cycles with {len(self.packets)} results")

        monitors = [
            stream_monitor(StreamRules("m_axis"), reset, dut.m_axis_tvalid, dut.m_axis_tready,
                           Cat(dut.m_axis_tdata, dut.m_axis_tlast)),
            stream_monitor(StreamRules("s_axis"), reset, dut.s_axis_tvalid, dut.s_axis_tready,
                           Cat(dut.s_axis_tdata, dut.s_axis_tkeep, dut.s_axis_tlast)),
            lite_monitor(lite, dut, reset),
        ]
        assert size == len(dut.s_axis_tdata) // 8
        sim.add_testbench(main)
        for testbench in testbenches:
            sim.add_testbench(testbench)
        for process in (source, sink, watchdog, *monitors, *background):
            sim.add_testbench(process, background=True)
        sim.run()

    async def cycles(self, count: int):
        await self.ctx.tick().repeat(count)

    async def reset(self, cycles=3):
        """Pull ``aresetn`` low for some cycles; the input is idle, and offered beats are forgotten."""
        ctx, dut = self.ctx, self.dut
        self._offered.clear()
        ctx.set(dut.s_axis_tvalid, 0)
        ctx.set(dut.aresetn, 0)
        for _ in range(cycles):
            await ctx.tick()  # not repeat(), which a reset cuts short
        ctx.set(dut.aresetn, 1)

    def offer(self, beats):
        """Send beats without gaps while the test goes on; nothing else may be sent until they have been taken."""
        self._offered.extend(beats)

    async def beat(self, data: int, keep: int, last: int, patience=None) -> bool:
        """Offer a beat; false when it is not taken within ``patience`` cycles (it is then withdrawn: reset next)."""
        ctx, dut = self.ctx, self.dut
        while self.rng.random() < self.idle:
            await ctx.tick()
        for name, value in (("tdata", data), ("tkeep", keep), ("tlast", last), ("tvalid", 1)):
            ctx.set(getattr(dut, f"s_axis_{name}"), value)
        waited = 0
        while True:
            _, _, ready = await ctx.tick().sample(dut.s_axis_tready)
            waited += 1
            if ready:
                ctx.set(dut.s_axis_tvalid, 0)
                return True
            if patience is not None and waited >= patience:
                return False

    async def send(self, beats):
        for beat in beats:
            await self.beat(**beat)

    async def results(self, count: int):
        """Wait until there are ``count`` results in all."""
        while len(self.packets) < count:
            await self.ctx.tick()

    async def read(self, name: str, index=0, field: str | None = None) -> int:
        entry = register(name)
        value = await lite_read(self.ctx, self.dut, entry.address(index))
        if field is None:
            return value
        selected = entry.field(field)
        return (value & selected.mask) >> selected.low

    async def write(self, name: str, **fields):
        """Write ``fields`` of a register, and 0 to its other fields; ``value=`` writes the word."""
        entry = register(name)
        word = sum(value << entry.field(field).low for field, value in fields.items())
        await lite_write(self.ctx, self.dut, entry.offset, word)
