# amaranth: UnusedElaboratable=no
import random

import pytest

from hypgcn.mem import Ram
from testbench import simulate


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_ram(latency, depth):
    dut = Ram(9, depth, latency)
    rng = random.Random(depth)

    async def testbench(ctx):
        words, pipe = [None] * depth, [None] * latency
        for _ in range(120):
            w_addr, w_data, w_en = rng.randrange(depth), rng.getrandbits(9), rng.random() < 0.5
            r_addr, r_en = rng.randrange(depth), rng.random() < 0.7
            for port, value in ((dut.w_addr, w_addr), (dut.w_data, w_data), (dut.w_en, w_en), (dut.r_addr, r_addr)):
                ctx.set(port, value)
            ctx.set(dut.r_en, r_en)
            await ctx.tick()
            if r_en:
                pipe = [None if w_en and w_addr == r_addr else words[r_addr]] + pipe[:-1]
            if w_en:
                words[w_addr] = w_data
            if pipe[-1] is not None:
                assert ctx.get(dut.r_data) == pipe[-1]
    simulate(dut, testbench)


@pytest.mark.parametrize("make,text", [
    (lambda: Ram(0, 4), "width must be at least 1, not 0"),
    (lambda: Ram(8, 0), "depth must be at least 1, not 0"),
    (lambda: Ram(8, 4, 0), "latency must be one of 1, 2, not 0"),
    (lambda: Ram(8, 4, style="huge"), "style must be one of 'auto', 'block', 'distributed', 'ultra', not 'huge'"),
])
def test_rejects(make, text):
    with pytest.raises(ValueError, match=text):
        make()
