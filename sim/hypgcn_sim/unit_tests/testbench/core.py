"""The core through its pins: cocotbext-axi masters and slaves under random pauses, the protocol monitors always on."""

import json
import logging
import os
import random
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, with_timeout
from cocotb.utils import get_sim_time
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

from hypgcn_sim.unit_tests.testbench.axi_rules import LITE_CHANNELS, LiteRules, StreamRules
from hypgcn_sim.unit_tests.testbench.base import PERIOD
from hypgcn_sim.unit_tests.testbench.stream import FOLDER

CONTROL = "s_axi_control"
SHORT_BY = 5


class CoreBench:
    """The masters and slaves on the pins, and the register map."""

    def __init__(self, dut, folder: Path):
        self.dut, self.folder = dut, folder
        self.spec = json.loads((folder / "bench.json").read_text())
        arrays = np.load(folder / "beats.npz")
        self.clips = [clip.tobytes() for clip in arrays["content"]]
        self.scores = arrays["scores"]
        self.registers = {entry["name"]: entry for entry in self.spec["map"]["registers"]}
        self.flags = self.spec["map"]["result"]["flags"]
        self.failure: Exception | None = None
        reset = dict(reset=dut.aresetn, reset_active_level=False)
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.aclk, **reset)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.aclk, **reset)
        self.lite = AxiLiteMaster(AxiLiteBus.from_prefix(dut, CONTROL), dut.aclk, **reset)
        logging.getLogger("cocotb").setLevel(logging.WARNING)
        self.source.set_pause_generator(self._pauses("source", self.spec["idle"]))
        self.sink.set_pause_generator(self._pauses("sink", self.spec["stall"]))
        for interface, channel in (("write", "aw"), ("write", "w"), ("write", "b"), ("read", "ar"), ("read", "r")):
            port = getattr(getattr(self.lite, f"{interface}_if"), f"{channel}_channel")
            port.set_pause_generator(self._pauses(channel, self.spec["stall"]))
        self.rules = LiteRules(CONTROL)
        self.streams = {bus: StreamRules(bus) for bus in ("s_axis", "m_axis")}

    def _pauses(self, name, chance):
        rng = random.Random(f"{self.spec['seed']}/{name}")
        while True:
            yield rng.random() < chance

    def word(self, name, field=None):
        """(address, mask, shift) of a register or of a field."""
        entry = self.registers[name]
        for part in entry["fields"]:
            if part["name"] == field:
                return entry["offset"], ((1 << part["width"]) - 1) << part["low"], part["low"]
        return entry["offset"], 0xFFFFFFFF, 0

    async def read(self, name, field=None):
        address, mask, shift = self.word(name, field)
        return ((await self.lite.read_dword(address)) & mask) >> shift

    async def write(self, name, *fields):
        await self.lite.write_dword(self.word(name)[0], sum(self.word(name, field)[1] for field in fields))

    async def result(self):
        """The words of the next result."""
        frame = await with_timeout(self.sink.recv(compact=False), self.spec["timeout"] * PERIOD, "ns")
        check("tkeep of a result", all(frame.tkeep), True)
        return np.frombuffer(bytes(frame.tdata), "<i4").tolist()

    async def expect(self, clip, number, **flags):
        """The next result is that of a clip, with these flags, or with none but that of overflow."""
        found = await self.result()
        bits = sum(self.flags[name] for name in flags)
        scores = self.scores[clip].tolist()
        bits |= self.flags["overflow"] * self.spec["overflow"][clip]
        check(f"result {number}", found, [*scores, scores.index(max(scores)), number, bits])

    async def watch(self):
        """The monitors, once a cycle."""
        dut = self.dut
        streams = [(rules, *(getattr(dut, f"{bus}_{name}") for name in ("tvalid", "tready", "tdata", "tkeep", "tlast")))
                   for bus, rules in self.streams.items()]
        lite = {name: getattr(dut, f"{CONTROL}_{name}") for channel, names in LITE_CHANNELS.items()
                for name in (*names, f"{channel}valid", f"{channel}ready")}
        while True:
            await FallingEdge(dut.aclk)
            reset = int(dut.aresetn.value == 0)
            for rules, valid, ready, *payload in streams:
                parts = [known(part) for part in payload] if known(valid) else [0]
                packed = None if None in parts else sum(part << 600 * index for index, part in enumerate(parts))
                rules.sample(reset, known(valid), known(ready), packed)
            self.rules.sample(reset, {name: known(port) for name, port in lite.items()})


def check(what, found, wanted):
    """Raise :exc:`AssertionError` when they are not equal."""
    if found != wanted:
        raise AssertionError(f"{what}: expected {wanted}, got {found}")


def known(port):
    """Value of a port, ``None`` when a bit of it is unknown."""
    return int(port.value) if port.value.is_resolvable else None


async def scenario(bench: CoreBench):
    """Clips, odd packets, a soft reset, a reset of the pins; after each the core works as if nothing had been."""
    check("MAGIC", await bench.read("MAGIC"), bench.spec["map"]["magic"])
    check("hash", [await bench.read("HASH_LOW"), await bench.read("HASH_HIGH")], bench.spec["hash"])
    await bench.write("CONTROL", "auto_restart")
    for clip in bench.clips:
        await bench.source.send(AxiStreamFrame(clip))
    for index in range(len(bench.clips)):
        await bench.expect(index, index)
    number = len(bench.clips)

    await bench.source.send(AxiStreamFrame(bench.clips[0][:-SHORT_BY]))
    await bench.source.send(AxiStreamFrame(bench.clips[0] + b"\1" * 99))
    await bench.source.send(AxiStreamFrame(bench.clips[0]))
    short = await bench.result()
    check("short clip", [short[-2], short[-1] & ~bench.flags["overflow"]], [number, bench.flags["short"]])
    await bench.expect(0, number + 1, late=True)
    await bench.expect(0, number + 2)
    both = bench.flags["short"] | bench.flags["late"]
    check("ERRORS", await bench.read("ERRORS") & both, both)
    await bench.write("SNAPSHOT", "take")
    check("clips", [await bench.read("CLIPS_IN"), await bench.read("CLIPS_OUT")], [number + 3] * 2)
    cycles = await bench.read("CYCLES_LOW")
    for block in range(bench.spec["blocks"]):
        parts = [await bench.lite.read_dword(bench.registers[f"BLOCK_{name}"]["offset"] + 16 * block)
                 for name in ("BUSY", "STARVED", "BLOCKED")]
        check(f"cycles of block {block}, {parts}", sum(parts), cycles)

    await bench.source.send(AxiStreamFrame(bench.clips[0]))
    await ClockCycles(bench.dut.aclk, len(bench.clips[0]) // 4)
    await bench.write("RESET", "core")
    while await bench.read("RESET"):
        pass
    await bench.source.wait()  # the rest of the packet is dropped
    await bench.write("CONTROL", "start")
    await bench.source.send(AxiStreamFrame(bench.clips[-1]))
    await bench.expect(len(bench.clips) - 1, 0)

    await bench.write("CONTROL", "auto_restart")
    await bench.source.send(AxiStreamFrame(bench.clips[0]))
    await ClockCycles(bench.dut.aclk, len(bench.clips[0]) // 4)
    await pin_reset(bench)
    await bench.write("CONTROL", "auto_restart")
    await bench.source.send(AxiStreamFrame(bench.clips[-1]))
    await bench.expect(len(bench.clips) - 1, 0)
    await ClockCycles(bench.dut.aclk, 100)
    check("what follows the last result is empty", bench.sink.empty(), True)


async def pin_reset(bench: CoreBench):
    """``aresetn`` low for some cycles; the source forgets what it has not sent."""
    bench.dut.aresetn.value = 0
    bench.source.clear()
    await ClockCycles(bench.dut.aclk, 5)
    bench.dut.aresetn.value = 1
    await ClockCycles(bench.dut.aclk, 2)


@cocotb.test()
async def core(dut):
    """Run the bench of the folder that the environment names; write ``result.json`` there."""
    bench = CoreBench(dut, Path(os.environ[FOLDER]))
    dut.aresetn.value = 0
    Clock(dut.aclk, PERIOD, unit="ns").start()
    monitor = cocotb.start_soon(bench.watch())
    await pin_reset(bench)
    error: Exception | None = None
    try:
        await scenario(bench)
        if monitor.done():
            monitor.result()
        await ClockCycles(dut.aclk, 3)
        bench.rules.finish()
        words = {"s_axis": -(-len(bench.clips[0]) // len(dut.s_axis_tkeep)), "m_axis": bench.scores.shape[1] + 3}
        check("transfers that the monitors saw", {bus: rules.transfers for bus, rules in bench.streams.items()}, words)
    except Exception as found:
        error = found
        if monitor.done():  # a broken rule is the cause, not its consequence
            try:
                monitor.result()
            except Exception as broken:
                error = broken
    text = "" if error is None else f"{type(error).__name__}: {error}"
    result = {"passed": error is None, "cycles": int(get_sim_time("ns")) // PERIOD, "error": text}
    (bench.folder / "result.json").write_text(json.dumps(result))
    if error is not None:
        raise error
