# amaranth: UnusedElaboratable=no
import random

import pytest

from hypgcn.mem import AsyncRam
from testbench import simulate


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_async_ram(depth):
    dut = AsyncRam(9, depth)
    rng = random.Random(depth)

    async def testbench(ctx):
        words = [None] * depth
        for _ in range(120):
            w_addr, w_data, w_en = rng.randrange(depth), rng.getrandbits(9), rng.random() < 0.5
            r_addr = rng.randrange(depth)
            for port, value in ((dut.w_addr, w_addr), (dut.w_data, w_data), (dut.w_en, w_en), (dut.r_addr, r_addr)):
                ctx.set(port, value)
            if words[r_addr] is not None:
                assert ctx.get(dut.r_data) == words[r_addr]
            await ctx.tick()
            if w_en:
                words[w_addr] = w_data
    simulate(dut, testbench)


def test_rejects():
    with pytest.raises(ValueError, match="depth must be at least 1, not 0"):
        AsyncRam(8, 0)
    with pytest.raises(ValueError, match="width must be at least 1, not 0"):
        AsyncRam(0, 8)
