"""The core's pins: cocotbext-axi masters and slaves under random pauses, and checkers of the bus protocols."""

import json
import logging
import random
from pathlib import Path

import numpy as np
from cocotb.triggers import FallingEdge, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamSink, AxiStreamSource

from hypgcn_sim.unit_tests.testbench.axi_rules import LITE_CHANNELS, LiteRules, StreamRules
from hypgcn_sim.unit_tests.testbench.base import PERIOD

__all__ = ["CoreTestbench", "check"]

CONTROL = "s_axi_control"
FIELD = 600  # bits for each signal of a payload: more than the widest bus has


class CoreTestbench:
    """Masters and slaves on the pins, and the register map.

    Parameters
    ----------
    dut : cocotb handle
        The emitted top module.
    folder : Path
        Folder of the test case: ``case.json`` and ``beats.npz``.

    Attributes
    ----------
    source, sink, lite
        Masters and slaves of cocotbext-axi on the buses.
    rules, streams
        Protocol checkers of the control bus and, by name, of the streams.
    """

    def __init__(self, dut, folder: Path):
        self.dut, self.folder = dut, folder
        self.spec = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        arrays = np.load(folder / "beats.npz")
        self.clips = [clip.tobytes() for clip in arrays["content"]]
        self.scores = arrays["scores"]
        self.registers = {entry["name"]: entry for entry in self.spec["map"]["registers"]}
        self.flags = self.spec["map"]["result"]["flags"]
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
        for own in entry["fields"]:
            if own["name"] == field:
                return entry["offset"], ((1 << own["width"]) - 1) << own["low"], own["low"]
        return entry["offset"], 0xFFFFFFFF, 0

    async def read(self, name, field=None) -> int:
        """Value of a register or of a field."""
        address, mask, shift = self.word(name, field)
        return ((await self.lite.read_dword(address)) & mask) >> shift

    async def write(self, name, *fields):
        """Write a register: ones in these fields, zeros elsewhere."""
        await self.lite.write_dword(self.word(name)[0], sum(self.word(name, field)[1] for field in fields))

    async def result(self) -> list[int]:
        """Words of the next result."""
        frame = await with_timeout(self.sink.recv(compact=False), self.spec["timeout"] * PERIOD, "ns")
        check("tkeep of a result", all(frame.tkeep), True)
        return np.frombuffer(bytes(frame.tdata), "<i4").tolist()

    async def expect(self, clip, number, **flags):
        """Check that the next result is that of a clip, with these flags beside that of overflow."""
        words = await self.result()
        bits = sum(self.flags[name] for name in flags)
        scores = self.scores[clip].tolist()
        bits |= self.flags["overflow"] * self.spec["overflow"][clip]
        check(f"result {number}", words, [*scores, scores.index(max(scores)), number, bits])

    async def monitor(self):
        """Check the protocol of all buses in every cycle."""
        dut = self.dut
        streams = [(rules, *(getattr(dut, f"{bus}_{name}") for name in ("tvalid", "tready", "tdata", "tkeep", "tlast")))
                   for bus, rules in self.streams.items()]
        lite = {name: getattr(dut, f"{CONTROL}_{name}") for channel, names in LITE_CHANNELS.items()
                for name in (*names, f"{channel}valid", f"{channel}ready")}
        while True:
            await FallingEdge(dut.aclk)
            reset = int(dut.aresetn.value == 0)
            for rules, valid, ready, *payload in streams:
                fields = [known(port) for port in payload] if known(valid) else [0]
                packed = None if None in fields else sum(field << FIELD * index for index, field in enumerate(fields))
                rules.sample(reset, known(valid), known(ready), packed)
            self.rules.sample(reset, {name: known(port) for name, port in lite.items()})


def check(what, got, expected):
    """Raise :exc:`AssertionError` when they are not equal."""
    if got != expected:
        raise AssertionError(f"{what}: expected {expected}, got {got}")


def known(port):
    """Value of a port, ``None`` when a bit of it is unknown."""
    return int(port.value) if port.value.is_resolvable else None
