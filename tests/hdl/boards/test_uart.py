# amaranth: UnusedElaboratable=no
import pytest

from hypgcn.boards.uart import UartReceiver, UartTransmitter
from testbench import PERIOD, STREAM_PATTERNS, run, simulate


def line_of(data):
    return [level for byte in data for level in (0, *(byte >> n & 1 for n in range(8)), 1)]


def receive(divisor, levels, bit=None, timeout=20_000):
    """(bytes, broken) that a receiver makes of the levels, each ``bit`` cycles long (a fraction is allowed)."""
    dut = UartReceiver(divisor)
    found, broken = [], []

    async def drive(ctx):
        await ctx.delay(7.3 * PERIOD)
        for level in levels:
            ctx.set(dut.rx, level)
            await ctx.delay((bit or divisor) * PERIOD)
        ctx.set(dut.rx, 1)
        await ctx.delay(12 * divisor * PERIOD)

    async def monitor(ctx):
        async for _, _, strobe, lost, data in ctx.tick().sample(dut.strobe, dut.broken, dut.data):
            if strobe:
                found.append(data)
            if lost:
                broken.append(len(found))

    simulate(dut, drive, background=[monitor], timeout=timeout)
    return found, broken


@pytest.mark.parametrize("divisor", [4, 5, 25])
def test_receives(divisor):
    data = [0x00, 0xFF, 0x55, 0x7E, 0x01, 0x80]
    assert receive(divisor, line_of(data)) == (data, [])


@pytest.mark.parametrize("bit", [24.3, 25.7])
def test_other_clock(bit):
    data = [0xA5] * 10 + [0x00, 0xFF]
    assert receive(25, line_of(data), bit) == (data, [])


def test_lost_stop_bit_and_noise():
    levels = line_of([0x42]) + [0] * 15 + [1] * 3 + line_of([0x43])
    assert receive(8, levels) == ([0x42, 0x43], [1])
    # A dip of a quarter bit is no start bit.
    assert receive(16, [1, 1, 0] + [1] * 20 + line_of([7])[:0], bit=4) == ([], [])


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
def test_sends(idle, stall):
    """``stall`` does not apply to a line; sources are idle with ``idle``."""
    divisor, data = 4, [0x00, 0xFF, 0xA5, 0x7E, 0x31]
    dut = UartTransmitter(divisor)
    levels = []

    async def monitor(ctx):
        async for _, _, level in ctx.tick().sample(dut.tx):
            levels.append(level)

    async def wait(ctx):
        await ctx.delay(PERIOD * 12 * divisor * len(data) * (3 if idle else 1))

    run(dut, {"i": data}, {}, seed=3, idle=idle, stall=stall, testbenches=[wait], background=[monitor])
    found, at = [], 0
    while (at := next((n for n in range(at, len(levels)) if not levels[n]), None)) is not None:
        bits = levels[at:at + 10 * divisor]
        assert all(len(set(bits[n:n + divisor])) == 1 for n in range(0, 10 * divisor, divisor)), "a bit is not whole"
        found.append(sum(bits[(1 + n) * divisor] << n for n in range(8)))
        assert bits[9 * divisor]
        at += 10 * divisor
    assert found == data


@pytest.mark.parametrize("block", [UartReceiver, UartTransmitter])
@pytest.mark.parametrize(("divisor", "error"), [(3, ValueError), (2.5, TypeError), (True, TypeError)])
def test_rejects(block, divisor, error):
    with pytest.raises(error, match="divisor must be"):
        block(divisor)
