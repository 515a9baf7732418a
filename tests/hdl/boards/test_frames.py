import pytest

from hypgcn.boards.frames import ESCAPE, FLAG, FLIP, FrameReceiver, FrameSender
from hypgcn_host import uart as host
from testbench import STREAM_PATTERNS, run, simulate

PAYLOADS = [b"\x01", bytes([FLAG, ESCAPE, FLIP]), bytes(range(0x70, 0x90)), b"\x00" * 3]
# Payloads whose checksum has a flag or an escape in it.
PAYLOADS += [payload for n in range(2000) if {FLAG, ESCAPE} & set(host.crc16(payload := n.to_bytes(2, "big")).to_bytes(
    2, "little"))][:3]


def test_checksum_is_the_catalogued_one():
    assert host.crc16(b"123456789") == 0x906E


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
def test_sends_what_the_host_expects(idle, stall):
    items = [{"data": byte, "last": int(n == len(payload) - 1)} for payload in PAYLOADS
             for n, byte in enumerate(payload)]
    wanted = list(b"".join(map(host.wrap, PAYLOADS)))
    assert run(FrameSender(), {"i": items}, {"o": len(wanted)}, seed=2, idle=idle, stall=stall)["o"] == wanted


def receive(line, gap=0):
    """[(payload, good)] that a receiver makes of the bytes; ``None`` among them is one that was lost."""
    dut = FrameReceiver()
    found, payload = [], bytearray()

    async def drive(ctx):
        for byte in line:
            ctx.set(dut.strobe, byte is not None)
            ctx.set(dut.broken, byte is None)
            ctx.set(dut.data, byte or 0)
            await ctx.tick()
            ctx.set(dut.strobe, 0)
            ctx.set(dut.broken, 0)
            if gap:
                await ctx.tick().repeat(gap)

    async def monitor(ctx):
        async for _, _, byte, strobe, end, good in ctx.tick().sample(dut.byte, dut.byte_strobe, dut.end, dut.good):
            if strobe:
                payload.append(byte)
            if end:
                found.append((bytes(payload), bool(good)))
                payload.clear()

    simulate(dut, drive, background=[monitor])
    return found


@pytest.mark.parametrize("gap", [0, 3])
def test_receives_what_the_host_sends(gap):
    line = b"".join(map(host.wrap, PAYLOADS))
    assert receive(line, gap) == [(payload, True) for payload in PAYLOADS]
    # One flag may both close and open, and any number may stand between frames.
    shared = line.replace(bytes([FLAG, FLAG]), bytes([FLAG]))
    assert receive(shared) == [(payload, True) for payload in PAYLOADS]
    assert receive(bytes([FLAG] * 4) + line + bytes([FLAG] * 3)) == [(payload, True) for payload in PAYLOADS]


def test_every_wrong_bit_is_found():
    line = host.wrap(b"\x02\x07abc")
    for at in range(1, len(line) - 1):
        for bit in range(8):
            wrong = bytearray(line)
            wrong[at] ^= 1 << bit
            if FLAG in wrong[1:-1]:
                continue
            assert not host.unwrap(bytes(wrong[1:-1]))
    wrong = bytearray(line)
    wrong[3] ^= 4
    assert [good for _, good in receive(bytes(wrong) + line)] == [False, True]


@pytest.mark.parametrize("damage", [
    [FLAG, 1, FLAG], [FLAG, 1, 2, FLAG], [FLAG, 1, 2, ESCAPE, FLAG], [FLAG, *host.wrap(b"ab")[1:-1], None, FLAG],
    [FLAG, ESCAPE, ESCAPE, *host.wrap(b"ab")[1:-1], FLAG], [None, 3, 4, 5, FLAG],
])
def test_next_frame_is_found(damage):
    *bad, last = receive([*damage, *host.wrap(b"xyz")])
    assert last == (b"xyz", True)
    assert bad
    assert not any(good for _, good in bad)
