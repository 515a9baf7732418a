"""A store of X for tests: announces rows, answers reads, and fails when a row is read that is not complete."""

import random

from hdl.vectors import vectors
from random_vectors import answer

__all__ = ["Rows"]


class Rows:
    """Row r is in slot ``r % slots`` from its ``x_row`` pulse to its ``used`` pulse; at most ``slots`` at once."""

    def __init__(self, rows, flags, slots, *, seed=0, idle=0.0):
        self.vectors = [vectors(row, flag) for row, flag in zip(rows, flags)]
        self.banks = -(-rows[0].shape[1] // 16)
        self.slots, self.rng, self.idle = slots, random.Random(seed), idle
        self.given, self.used = 0, 0

    def answer(self, request):
        index = next((r for r in range(self.used, self.given) if r % self.slots == request["slot"]), None)
        assert index is not None, (f"slot {request['slot']} is read; readable are the rows "
                                   f"{self.used}..{self.given - 1}")
        return answer(self.vectors[index][request["joint"] * self.banks + request["bank"]])

    def announce(self, dut, used):
        """Testbench that pulses ``dut.x_row`` and counts the pulses of ``used``; ends when every row has been used."""
        async def run(ctx):
            while self.used < len(self.vectors):
                room = self.given < len(self.vectors) and self.given - self.used < self.slots
                ready = room and self.rng.random() >= self.idle
                ctx.set(dut.x_row, int(ready))
                _, _, done = await ctx.tick().sample(used)
                self.given += ready
                self.used += done
                assert self.used <= self.given
            ctx.set(dut.x_row, 0)
        return run
