# amaranth: UnusedElaboratable=no
"""The counters against counts in Python, and the snapshot."""

import random

from hypgcn.shell import Counters
from testbench import simulate


def state(handshakes):
    if handshakes["o_valid"] and not handshakes["o_ready"]:
        return "blocked"
    return "starved" if handshakes["i_ready"] and not handshakes["i_valid"] else "busy"


def test_every_cycle_is_counted_once():
    dut, rng = Counters(2), random.Random(1)
    wires = ("i_valid", "i_ready", "o_valid", "o_ready")

    async def test(ctx):
        counts = [dict.fromkeys(("busy", "starved", "blocked"), 0) for _ in range(2)]
        cycles = clips_in = clips_out = 0
        expected = None
        for step in range(300):
            activity = [{wire: rng.randrange(2) for wire in wires} for _ in range(2)]
            clip_in, clip_out = rng.randrange(2), rng.randrange(2)
            take, clear = int(step % 37 == 36), int(step % 74 == 73)
            ctx.set(dut.activity, activity)
            ctx.set(dut.overflow, [step, 2 * step])
            for port, value in (("clip_in", clip_in), ("clip_out", clip_out), ("take", take), ("clear", clear),
                                ("clip_cycles", 3 * step)):
                ctx.set(getattr(dut, port), value)
            if take:
                expected = (cycles, clips_in, clips_out, 3 * step, [step, 2 * step], [dict(c) for c in counts])
            if take and clear:
                counts = [dict.fromkeys(c, 0) for c in counts]
            for count, handshakes in zip(counts, activity):
                count[state(handshakes)] += 1
            cycles, clips_in, clips_out = cycles + 1, clips_in + clip_in, clips_out + clip_out
            await ctx.tick()
            if expected:
                shown = tuple(ctx.get(getattr(dut, name)) for name in ("cycles", "clips_in", "clips_out",
                                                                       "last_cycles"))
                assert shown == expected[:4]
                assert [ctx.get(dut.overflows[b]) for b in range(2)] == expected[4]
                assert [{name: ctx.get(getattr(dut, name)[b]) for name in counts[b]} for b in range(2)] == expected[5]
        ctx.set(dut.zero, 1)
        await ctx.tick()
        assert ctx.get(dut.now) == ctx.get(dut.cycles) == ctx.get(dut.busy[0]) == ctx.get(dut.overflows[1]) == 0
    simulate(dut, test)


def test_counters_stop_at_their_largest_value():
    dut = Counters(1, max_count=5)

    async def test(ctx):
        for clear in (0, 1):
            for _ in range(9):
                await ctx.tick()
            ctx.set(dut.take, 1)
            ctx.set(dut.clear, clear)
            await ctx.tick()
            ctx.set(dut.take, 0)
            assert ctx.get(dut.busy[0]) == 5
        for _ in range(2):
            await ctx.tick()
        ctx.set(dut.take, 1)
        await ctx.tick()
        assert ctx.get(dut.busy[0]) == 3, "the cycle of clear, and two"
    simulate(dut, test)
