"""Serial port of a simulated board, with the interface that ``hypgcn_host.uart`` expects."""

from collections import deque

from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator

from testbench import PERIOD

__all__ = ["SimulatedPort"]


class SimulatedPort:
    """Drives ``rx`` and samples ``tx`` of ``top``, asynchronously to its clock; reading advances the simulation.

    Parameters
    ----------
    top : UartTop
    divisor : int
        Cycles per bit.
    cycles : int
        Cycles of the board per second of the host.
    spoil : callable or None
        ``spoil(direction, number, byte)`` returns the byte that arrives, or ``None`` for a lost one; ``direction`` is
        ``"to"`` or ``"from"`` the board, ``number`` counts the bytes of a direction.
    """

    def __init__(self, top, divisor, *, cycles=20_000, spoil=None):
        self.top, self.bit, self.cycles = top, divisor * PERIOD, cycles
        self.spoil = spoil or (lambda direction, number, byte: byte)
        self.waiting, self.arrived = deque(), bytearray()
        self.sent = self.received = 0
        module = Module()
        module.domains.sync = ClockDomain()
        module.submodules.dut = top
        self.simulator = Simulator(module)
        self.simulator.add_clock(PERIOD)
        # Only delays: a testbench that waits for an edge may not be left behind when the simulation ends.
        self.simulator.add_testbench(self._drive, background=True)
        self.simulator.add_testbench(self._sample, background=True)
        self.time = 0.0
        self._advance(20 * PERIOD)

    async def _drive(self, ctx):
        while True:
            if not self.waiting:
                await ctx.delay(self.bit / 4)
                continue
            byte = self.spoil("to", self.sent, self.waiting.popleft())
            self.sent += 1
            if byte is not None:
                for level in (0, *(byte >> n & 1 for n in range(8)), 1):
                    ctx.set(self.top.rx, level)
                    await ctx.delay(self.bit)

    async def _sample(self, ctx):
        while True:
            if ctx.get(self.top.tx):
                await ctx.delay(PERIOD)
                continue
            await ctx.delay(1.4 * self.bit)
            bits = []
            for _ in range(9):
                bits.append(ctx.get(self.top.tx))
                await ctx.delay(self.bit * (0.6 if len(bits) == 9 else 1))
            assert bits[8], "the stop bit is low"
            byte = self.spoil("from", self.received, sum(bit << n for n, bit in enumerate(bits[:8])))
            self.received += 1
            if byte is not None:
                self.arrived.append(byte)

    def _advance(self, time):
        self.time += time
        self.simulator.run_until(self.time)

    def write(self, data):
        self.waiting.extend(data)

    def read(self, seconds):
        # The line of a real port is quiet only when everything written has left it.
        left = seconds * self.cycles * PERIOD
        while not self.arrived and (left > 0 or self.waiting):
            step = 40 * self.bit
            self._advance(step)
            left = seconds * self.cycles * PERIOD if self.waiting else left - step
        data, self.arrived = bytes(self.arrived), bytearray()
        return data
