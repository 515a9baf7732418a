# amaranth: UnusedElaboratable=no
"""Packets of any shape become clips; admission, and the end of a packet that a reset cut."""

import random

import pytest
from axi import beats_of, clip_of

from hypgcn.shell import ClipInput, ShellConfig
from testbench import STREAM_PATTERNS, run


def config(bus_width, channels=3, joints=2, element_width=8):
    return ShellConfig(persons=1, frames=2, joints=joints, channels=channels, classes=2, logit_width=20, blocks=1,
                       hash="0" * 16, bus_width=bus_width, element_width=element_width)


def joints_of(elements, channels):
    return [elements[start:start + channels] for start in range(0, len(elements), channels)]


def play(cfg, packets, *, resume=0, wanted=None, **options):
    """Joints that come out, and the flags of each clip."""
    dut, flags = ClipInput(cfg), []

    async def monitor(ctx):
        async for _, _, taken, *found in ctx.tick().sample(dut.taken, dut.short, dut.late, dut.keep):
            if taken:
                flags.append(dict(zip(("short", "late", "keep"), found)))
    wanted = [clip_of(packet, cfg.bus_bytes, cfg.elements, cfg.element_bytes) for packet in packets] \
        if wanted is None else wanted
    joints = [joint for elements, _ in wanted for joint in joints_of(elements, cfg.channels)]
    out = run(dut, {"i": [beat for packet in packets for beat in packet]}, {"o": len(joints)}, background=[monitor],
              signals={"admit": 1, "resume": resume}, timeout=30_000, **options)
    assert out["o"] == joints
    assert flags == [flag for _, flag in wanted]
    return out


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("bus_width,channels,element_width", [
    (8, 1, 8), (8, 3, 8), (32, 3, 8), (64, 2, 8), (512, 3, 8), (16, 1, 16), (16, 3, 16), (32, 3, 16), (64, 2, 16),
    (512, 3, 16)])
def test_packets_of_any_shape(bus_width, channels, element_width, idle, stall):
    cfg, rng = config(bus_width, channels, element_width=element_width), random.Random(bus_width)
    size, packets = cfg.bus_bytes, []
    for _ in range(12):
        packets.append(beats_of(rng.randbytes(cfg.clip_bytes), size))
        beats = max(1, rng.choice([-(-cfg.clip_bytes // size), rng.randrange(1, 20)]))
        packets.append([{"data": rng.getrandbits(bus_width), "last": int(n == beats - 1),
                         "keep": rng.choice([(1 << size) - 1, rng.getrandbits(size)])} for n in range(beats)])
    for surplus in (1, 2, 3, size, size + 1):  # so that TLAST comes right behind the last element
        packets.append(beats_of(rng.randbytes(cfg.clip_bytes + surplus), size))
    packets.append(beats_of(rng.randbytes(cfg.clip_bytes), size))
    play(cfg, packets, seed=2, idle=idle, stall=stall)


def test_full_rate():
    cfg = config(32)
    out = play(cfg, [beats_of(bytes(range(12)), 4)] * 4)
    times = out["times"]["o"]
    assert times[3] - times[0] == 9, "a joint per three cycles"
    assert times[4] - times[0] == cfg.clip_bytes + 2
    raw = config(32, element_width=16)
    times = play(raw, [beats_of(bytes(range(24)), 4)] * 4)["times"]["o"]
    assert (times[3] - times[0], times[4] - times[0]) == (9, raw.elements + 2), "an element a cycle, not a byte"


def test_half_an_element_is_none():
    """A raw coordinate needs both of its bytes; where one lacks, it is 0 and flagged."""
    cfg = config(32, element_width=16)
    packet = beats_of(bytes(range(1, 25)), 4)
    packet[2]["keep"] = 0b1011
    cut = [*packet[:1], {**packet[1], "keep": 0b0001, "last": 1}]
    whole = [int.from_bytes(bytes([n, n + 1]), "little") for n in range(1, 25, 2)]
    play(cfg, [packet, cut], wanted=[
        ([*whole[:5], 0, *whole[6:]], {"short": 0, "late": 0, "keep": 1}),
        ([*whole[:2], *[0] * 10], {"short": 1, "late": 0, "keep": 1})])


def test_rest_of_a_cut_packet_is_dropped():
    cfg = config(32)
    rest, whole = beats_of(b"\x11" * 6, 4), beats_of(bytes(range(12)), 4)
    play(cfg, [rest, whole], resume=1, wanted=[clip_of(whole, 4, 12)])


def test_nothing_is_taken_before_admission():
    cfg = config(32)
    dut = ClipInput(cfg)
    begun = []

    async def admit(ctx):
        for _ in range(30):
            _, _, begin, active, ready = await ctx.tick().sample(dut.begin, dut.active, dut.i.ready)
            assert not begin and not active and not ready
        ctx.set(dut.admit, 1)
        while len(begun) < 1:
            _, _, begin = await ctx.tick().sample(dut.begin)
            begun.extend([1] * begin)
        ctx.set(dut.admit, 0)
    out = run(dut, {"i": beats_of(bytes(range(12)), 4)}, {"o": 4}, testbenches=[admit])
    assert out["o"] == [[3 * n, 3 * n + 1, 3 * n + 2] for n in range(4)]
