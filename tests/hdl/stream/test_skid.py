import pytest
from amaranth.hdl import signed
from amaranth.lib import data

from hypgcn.stream import HalfSkid, Skid
from testbench import STREAM_PATTERNS, run


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("shape", [1, signed(8), data.StructLayout({"a": signed(3), "last": 1})])
@pytest.mark.parametrize("kind", [HalfSkid, Skid])
def test_passes_everything(kind, shape, idle, stall):
    if isinstance(shape, data.StructLayout):
        items = [{"a": n % 8 - 4, "last": n % 5 == 0} for n in range(100)]
    else:
        items = [n % 2 for n in range(100)]
    result = run(kind(shape), {"i": items}, {"o": 100}, seed=1, idle=idle, stall=stall, timeout=1000)
    assert result["o"] == items
    if idle == stall == 0:
        period = 1 if kind is Skid else 2
        assert result["times"]["o"] == [kind.LATENCY + period * n for n in range(100)]


@pytest.mark.parametrize(("kind", "readies"), [(Skid, (1, 1, 0)), (HalfSkid, (1, 0, 0))])
def test_ready_does_not_follow_ready(kind, readies):
    """The input side may change only at clock edges: as many payloads as it has places go in while nothing leaves."""
    dut = kind(8)

    async def testbench(ctx):
        ctx.set(dut.i.valid, 1)
        for expected in readies:
            for ready in (1, 0):
                ctx.set(dut.o.ready, ready)
                assert ctx.get(dut.i.ready) == expected
            await ctx.tick()
    run(dut, testbenches=[testbench])
