"""The reader alone: the arbiter, and requests that are taken only when there is room for the answer."""

import random

import pytest

from hypgcn.rfc import RowStoreConfig
from hypgcn.rfc.store_reader import RoundRobin, StoreReader
from testbench import STREAM_PATTERNS, feed, run, simulate


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_round_robin(count):
    dut = RoundRobin(count)
    rng = random.Random(7)

    async def check(ctx):
        last = count - 1
        for _ in range(200):
            request = rng.getrandbits(count)
            ctx.set(dut.request, request)
            order = [(last + 1 + n) % count for n in range(count)]
            expected = next((k for k in order if request >> k & 1), None)
            assert ctx.get(dut.grant) == (0 if expected is None else 1 << expected)
            last = last if expected is None else expected
            await ctx.tick()
    simulate(dut, check)


@pytest.mark.parametrize("answers", [2, 5, 8])
def test_takes_no_request_without_room(answers):
    """Reader 0 takes no answer: it gets as many requests through as it has places, and two wait. Reader 1 gets all of
    its own."""
    cfg = RowStoreConfig(frames=1, rows=2, joints=3, banks=2, depths=(6,) * 4, tags=(0, 4), answers=answers)
    dut = StoreReader(cfg)
    taken = 0

    async def monitor(ctx):
        nonlocal taken
        async for _, _, valid, ready in ctx.tick().sample(dut.req[0].valid, dut.req[0].ready):
            taken += valid & ready

    async def stubborn(ctx):
        ctx.set(dut.req[0].valid, 1)
        await ctx.tick().repeat(80)

    async def other(ctx):
        await feed(ctx, dut.req[1], [{"tag": n} for n in range(16)], random.Random(0), 0)
    result = run(dut, sinks={"rsp.1": 16}, testbenches=[stubborn, other], background=[monitor])
    assert taken == answers + 2
    assert [answer["tag"] for answer in result["rsp.1"]] == list(range(16))


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_addresses_and_order(idle, stall):
    """Header and base addresses are those of (slot, joint, bank), and answers keep the order of each reader.

    The memories hold their own addresses: of a header its mask, of a base where it points in mini-bank 0, and there
    the values. Entries of earlier banks of the joint, some in each base, lie between, and below address 0 comes the
    last one.
    """
    cfg = RowStoreConfig(frames=1, rows=5, joints=3, banks=3, depths=(9,) * 4, tags=(6, 6))
    dut = StoreReader(cfg)
    rng = random.Random(2)
    requests = [[{"slot": rng.randrange(5), "joint": rng.randrange(3), "bank": rng.randrange(3), "tag": n}
                 for n in range(40)] for _ in range(2)]

    def taken(base):
        return (base + 3) % 4

    def value(r):
        base = r["slot"] * 3 + r["joint"]
        return (base - (taken(base) & ((1 << r["bank"]) - 1)).bit_count()) % cfg.words[0]

    async def memories(ctx):
        """Data is there two cycles after its address."""
        before = [0, 0, 0]
        while True:
            _, _, *now = await ctx.tick().sample(dut.header.addr, dut.base.addr, dut.data[0].addr)
            header, base, values = before
            ctx.set(dut.header.data, header + 1)
            ctx.set(dut.base.data, cfg.base_layout.const({"pointer0": base, "taken0": taken(base)}).as_bits())
            ctx.set(dut.data[0].data, sum(values << 8 * n for n in range(4)))
            before = now
    result = run(dut, {f"req.{k}": requests[k] for k in range(2)}, {f"rsp.{k}": 40 for k in range(2)}, seed=3,
                 idle=idle, stall=stall, background=[memories])
    for k in range(2):
        assert [(answer["vector"]["mask"], answer["vector"]["values"], answer["empty"], answer["tag"])
                for answer in result[f"rsp.{k}"]] == [
            ((r["slot"] * 3 + r["joint"]) * 3 + r["bank"] + 1, [value(r)] * 4 + [0] * 12, 0, r["tag"])
            for r in requests[k]]
