"""What the tasks of a bench share: ports, points in time, counts, and the ready side of a stream.

Inputs change at the falling edge of the clock and everything is sampled once it has settled there, so a transfer is a
valid and a ready that are seen together. Tasks sleep until a signal that they wait for changes: idle cycles cost
nothing in Python.
"""

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
from cocotb.triggers import Event, FallingEdge, ReadOnly, RisingEdge
from cocotb.utils import get_sim_time

__all__ = ["PERIOD", "Bench", "Taker"]

PERIOD = 10
"""Nanoseconds of a clock cycle."""


class Bench:
    """The parts of a bench, and what they know of each other."""

    def __init__(self, dut, folder: Path):
        self.dut, self.folder = dut, folder
        self.spec = json.loads((folder / "bench.json").read_text())
        self.beats = np.load(folder / "beats.npz")
        self.counts: Counter[str] = Counter()  # transfers and pulses so far
        self.happened = Event()
        self.expected = 0
        self.done = 0
        self.finished = Event()
        self.failure: Exception | None = None
        self.open = 0  # tasks that have not finished
        self.shown = 0

    def rng(self, name):
        return random.Random(f"{self.spec['seed']}/{name}")

    def port(self, name):
        return getattr(self.dut, name)

    def words(self, name) -> list[int]:
        return [int.from_bytes(row.tobytes(), "little") for row in self.beats[name]]

    def cycle(self) -> int:
        return int(get_sim_time("ns")) // PERIOD

    def count(self, name):
        """Note a transfer or a pulse."""
        self.counts[name] += 1
        self.happened.set()
        self.happened.clear()

    def progress(self):
        """One expected beat more has come."""
        self.done += 1
        if self.done == self.expected or self.done >= self.shown + self.expected // 200 + 1:
            self.shown = self.done
            (self.folder / "progress").write_text(f"{self.done} {self.expected}")

    def close(self):
        self.open -= 1
        if not self.open:
            self.finished.set()

    async def settled(self):
        """The next point at which everything is settled: in this half of the cycle if that is still to come."""
        if self.dut.clk.value == 1:
            await FallingEdge(self.dut.clk)
        await ReadOnly()

    async def drive_point(self):
        await FallingEdge(self.dut.clk)

    async def see(self, signal):
        """Sleep until ``signal`` is high in settled state."""
        while True:
            await self.settled()
            if signal.value == 1:
                return
            await RisingEdge(signal)

    async def wait_for(self, needs: dict[str, int]):
        while any(self.counts[name] < count for name, count in needs.items()):
            await self.happened.wait()


class Taker:
    """The ready side of an output stream: random stalls, and the hold rule at every cycle of a stall."""

    def __init__(self, bench: Bench, name: str):
        self.bench, self.name = bench, name
        self.rng, self.stall = bench.rng(name), bench.spec["stall"]
        self.payload, self.valid, self.ready = (bench.port(f"{name}__{part}") for part in ("payload", "valid", "ready"))

    async def take(self, stall=None) -> int:
        """The next payload; call it at a drive point, it returns settled, in the cycle of the transfer."""
        stall = self.stall if stall is None else stall
        early = self.rng.random() >= stall  # ready before valid, or only after it
        self.ready.value = int(early)
        await self.bench.see(self.valid)
        word = int(self.payload.value)
        while not early:
            await self.bench.drive_point()
            early = self.rng.random() >= stall
            self.ready.value = int(early)
            await ReadOnly()
            if self.valid.value != 1:
                raise AssertionError(f"{self.name}: valid dropped before the transfer, at cycle {self.bench.cycle()}")
            if int(self.payload.value) != word:
                raise AssertionError(f"{self.name}: payload changed before the transfer, at cycle {self.bench.cycle()}")
        self.bench.count(self.name)
        return word
