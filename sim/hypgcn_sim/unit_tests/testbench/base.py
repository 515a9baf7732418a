"""Ports, points in time, counts and progress of a testbench, and the sink of an output stream.

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

from hypgcn_sim.stimuli.hold_rule import HoldRule

__all__ = ["PERIOD", "SinkDriver", "Testbench"]

PERIOD = 10
"""Nanoseconds of a clock cycle."""


class Testbench:
    """State that the tasks of a testbench share.

    Parameters
    ----------
    dut : cocotb handle
        The emitted top module.
    folder : Path
        Folder of the test case: ``case.json`` and ``beats.npz``.

    Attributes
    ----------
    counts : Counter
        Transfers and pulses so far, by port.
    expected, done : int
        Beats that must arrive, and those that have.
    finished : Event
        Set when all tasks have closed, or one has failed.
    failure : Exception or None
        The first error of a task.
    """

    def __init__(self, dut, folder: Path):
        self.dut, self.folder = dut, folder
        self.spec = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        self.beats = np.load(folder / "beats.npz")
        self.counts: Counter[str] = Counter()
        self.expected = 0
        self.done = 0
        self.finished = Event()
        self.failure: Exception | None = None
        self._counted = Event()
        self._open = 0  # tasks that have not closed
        self._reported = 0  # beats at the last report of progress

    def rng(self, name) -> random.Random:
        """Random generator of a port."""
        return random.Random(f"{self.spec['seed']}/{name}")

    def port(self, name):
        """Port of the top module."""
        return getattr(self.dut, name)

    def stream(self, name) -> tuple:
        """Payload, valid and ready of a stream."""
        return tuple(self.port(f"{name}__{signal}") for signal in ("payload", "valid", "ready"))

    def words(self, name) -> list[int]:
        """Payloads of a stream, as bits."""
        return [int.from_bytes(row.tobytes(), "little") for row in self.beats[name]]

    def cycle(self) -> int:
        """Number of the current cycle."""
        return int(get_sim_time("ns")) // PERIOD

    def count(self, name):
        """Note a transfer or a pulse."""
        self.counts[name] += 1
        self._counted.set()
        self._counted.clear()

    def progress(self):
        """Note that one more expected beat has arrived."""
        self.done += 1
        if self.done == self.expected or self.done >= self._reported + self.expected // 200 + 1:
            self._reported = self.done
            (self.folder / "progress").write_text(f"{self.done} {self.expected}", encoding="utf-8", newline="\n")

    def open(self):
        """Note a task that must close before the run ends."""
        self._open += 1

    def close(self):
        """Note that a task has done its work."""
        self._open -= 1
        if not self._open:
            self.finished.set()

    async def settled(self):
        """Wait until all signals have settled: in this half of the cycle if that is still to come."""
        if self.dut.clk.value == 1:
            await FallingEdge(self.dut.clk)
        await ReadOnly()

    async def drive_point(self):
        """Wait until inputs may change."""
        await FallingEdge(self.dut.clk)

    async def see(self, signal):
        """Sleep until ``signal`` is high in settled state."""
        while True:
            await self.settled()
            if signal.value == 1:
                return
            await RisingEdge(signal)

    async def wait_for(self, needs: dict[str, int]):
        """Sleep until every port has counted as much as ``needs`` requires."""
        while any(self.counts[name] < count for name, count in needs.items()):
            await self._counted.wait()


class SinkDriver:
    """Ready of an output stream: random stalls, and the hold rule in every cycle of a stall.

    Parameters
    ----------
    tb : Testbench
        The testbench.
    name : str
        The stream.
    """

    def __init__(self, tb: Testbench, name: str):
        self.tb, self.name = tb, name
        self._rng, self._stall = tb.rng(name), tb.spec["stall"]
        self._payload, self._valid, self._ready = tb.stream(name)
        self._rule = HoldRule(name)

    async def take(self, stall: float | None = None) -> int:
        """The next payload; call it at a drive point, it returns settled, in the cycle of the transfer.

        Parameters
        ----------
        stall : float or None
            Chance per cycle that ready is low; ``None`` for that of the test case.
        """
        stall = self._stall if stall is None else stall
        ready = self._rng.random() >= stall  # before valid, or only after it
        self._ready.value = int(ready)
        await self.tb.see(self._valid)
        word = int(self._payload.value)
        while not self._rule.sample(self._valid.value == 1, ready, word, self.tb.cycle()):
            await self.tb.drive_point()
            ready = self._rng.random() >= stall
            self._ready.value = int(ready)
            await ReadOnly()
            word = int(self._payload.value)
        self.tb.count(self.name)
        return word
