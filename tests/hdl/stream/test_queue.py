# amaranth: UnusedElaboratable=no
import pytest
from amaranth.hdl import signed
from amaranth.lib import data

from hypgcn.stream import Queue
from testbench import STREAM_PATTERNS, run


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize("depth", [2, 3, 4, 7])
def test_passes_everything(depth, registered, idle, stall):
    shape = data.StructLayout({"a": data.ArrayLayout(signed(3), 2), "last": 1})
    items = [{"a": [n % 8 - 4, 3 - n % 7], "last": int(n % 5 == 0)} for n in range(80)]
    dut = Queue(shape, depth, registered=registered)
    result = run(dut, {"i": items}, {"o": 80}, seed=depth, idle=idle, stall=stall, timeout=1000)
    assert result["o"] == items
    if idle == stall == 0:
        latency = Queue.LATENCY + registered
        assert result["times"]["o"] == list(range(latency, 80 + latency))


@pytest.mark.parametrize("depth", [2, 5])
def test_holds_depth(depth):
    dut = Queue(8, depth)

    async def testbench(ctx):
        ctx.set(dut.i.valid, 1)
        for level in range(depth):
            assert (ctx.get(dut.level), ctx.get(dut.i.ready)) == (level, 1)
            await ctx.tick()
        assert (ctx.get(dut.level), ctx.get(dut.i.ready)) == (depth, 0)
        ctx.set(dut.i.valid, 0)
        ctx.set(dut.o.ready, 1)
        for level in reversed(range(depth)):
            await ctx.tick()
            assert ctx.get(dut.level) == level
    run(dut, testbenches=[testbench])


def test_rejects():
    with pytest.raises(ValueError, match="depth must be at least 2, not 1"):
        Queue(8, 1)
    with pytest.raises(TypeError, match="depth must be an integer, not 2.0"):
        Queue(8, 2.0)
