# amaranth: UnusedElaboratable=no
import random

import pytest

from hypgcn.mem import Rom, table_style
from testbench import simulate


@pytest.mark.parametrize("latency", [1, 2])
@pytest.mark.parametrize("depth", [1, 2, 5])
def test_rom(latency, depth):
    rng = random.Random(depth)
    init = [rng.getrandbits(9) for _ in range(depth)]
    dut = Rom(9, init, latency)

    async def testbench(ctx):
        pipe = [None] * latency
        for _ in range(60):
            addr, en = rng.randrange(depth), rng.random() < 0.7
            ctx.set(dut.addr, addr)
            ctx.set(dut.en, en)
            await ctx.tick()
            if en:
                pipe = [init[addr]] + pipe[:-1]
            if pipe[-1] is not None:
                assert ctx.get(dut.data) == pipe[-1]
    simulate(dut, testbench)


@pytest.mark.parametrize("make,text", [
    (lambda: Rom(8, []), "init must hold at least one word"),
    (lambda: Rom(8, [256]), r"init must be in 0\.\.255, not 256"),
    (lambda: Rom(8, [-1]), r"init must be in 0\.\.255, not -1"),
    (lambda: Rom(0, [0]), "width must be at least 1, not 0"),
    (lambda: Rom(8, [0], 3), "latency must be one of 1, 2, not 3"),
    (lambda: Rom(8, [0], style="ultra"), "style must be one of 'auto', 'block', 'distributed', not 'ultra'"),
])
def test_rejects(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize(("words", "style"), [(1, "auto"), (32, "auto"), (33, "block"), (4096, "block")])
def test_style_of_tables(words, style):
    assert table_style(words) == style
