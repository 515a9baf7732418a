# amaranth: UnusedElaboratable=no
"""The ring of a mini-bank against a list of the entries that its rows took."""

import random

import pytest
from amaranth.hdl import Module, Signal

from hypgcn.rfc.ring import Ring, below, moved_down
from testbench import simulate


@pytest.mark.parametrize("words", [2, 3, 8, 12, 13, 16])
def test_moves_down_around_the_ring(words):
    m, value, step, o, one = Module(), *(Signal(range(words), name=name) for name in ("value", "step", "o", "one"))
    m.d.comb += [o.eq(moved_down(value, words, step)), one.eq(below(value, words))]

    async def check(ctx):
        for here in range(words):
            for far in range(words):
                ctx.set(value, here)
                ctx.set(step, far)
                assert ctx.get(o) == (here - far) % words and ctx.get(one) == (here - 1) % words
    simulate(m, check)


@pytest.mark.parametrize("words,depth,rows,window", [
    (6, 5, 3, 3), (7, 5, 5, 2), (16, 15, 4, 4), (16, 6, 7, 4), (2, 1, 3, 2), (3, 1, 1, 1), (9, 4, 5, 1),
    (17, 13, 9, 9)])
def test_counts_as_a_list_of_rows(words, depth, rows, window):
    dut = Ring(words, depth, rows)
    rng = random.Random(f"{words}/{depth}")
    reached = {"full": 0, "blocked": 0, "both": 0, "turns": 0}

    async def drive(ctx):
        held = [0]              # entries of the rows that are held, the one that is written last
        sequence = [0]          # entries of the rows of the sequence
        ended, newest, total = [], 0, 0     # cycles of the row ends that may be released; slot that is written
        since = 9
        for cycle in range(1000):
            if cycle % 100 == 0:
                pace, patience = rng.choice([0.05, 0.5, 0.95]), rng.choice([0.3, 0.3, 0.02])
            full, blocked = sum(sequence[-window:]) == depth, sum(held) == words - 1
            assert (ctx.get(dut.full), ctx.get(dut.blocked)) == (full, blocked), cycle
            assert ctx.get(dut.pointer) == (words - 1 - total) % words
            reached["full"] += full
            reached["blocked"] += blocked
            reached["both"] += full and blocked
            take = not full and not blocked and rng.random() < pace
            release = bool(ended) and ended[0] < cycle - 1 and rng.random() < patience
            # Its slot must be free; a window of two rows reads the end of the row before.
            row_end = len(held) - release <= rows and rng.random() < 0.3 and not (window == 2 and since < 2)
            restarts = window == 1 or rng.random() < 0.1
            ctx.set(dut.take, take)
            ctx.set(dut.row_end, row_end)
            ctx.set(dut.slot, newest)
            ctx.set(dut.restarts, restarts)
            ctx.set(dut.expires, not restarts and len(sequence) >= window)
            ctx.set(dut.expired, (newest - window + 1) % rows)
            ctx.set(dut.release, release)
            ctx.set(dut.oldest, (newest - len(held) + 1) % rows)
            held[-1] += take
            sequence[-1] += take
            total += take
            since += 1
            if release:
                held.pop(0)
                ended.pop(0)
            if row_end:
                held.append(0)
                sequence = [0] if restarts else [*sequence, 0]
                ended.append(cycle)
                newest = (newest + 1) % rows
                since = 1
            await ctx.tick()
        reached["turns"] = total // words
    simulate(dut, drive, timeout=1100)
    assert all(reached.values()), reached


@pytest.mark.parametrize("fill,block", [(True, False), (False, True), (False, False)])
def test_what_cannot_happen_is_never_flagged(fill, block):
    """Twelve rows of four entries each, of which three are held; a window of two may take five where it is limited."""
    dut = Ring(12, 5, 3, may_fill=fill, may_block=block)
    flags = []

    async def drive(ctx):
        for row in range(12):
            ctx.set(dut.slot, row % 3)
            ctx.set(dut.expired, (row - 1) % 3)
            ctx.set(dut.expires, row > 0)
            for entry in range(4):
                flags.append((ctx.get(dut.full), ctx.get(dut.blocked)))
                assert ctx.get(dut.pointer) == (11 - sum(1 - any(pair) for pair in flags[:-1])) % 12
                ctx.set(dut.take, not any(flags[-1]))
                ctx.set(dut.row_end, entry == 3)
                ctx.set(dut.release, row > 2 and entry == 0)
                ctx.set(dut.oldest, row % 3)
                await ctx.tick()
    simulate(dut, drive)
    assert [max(column) for column in zip(*flags)] == [fill, block and not fill]


@pytest.mark.parametrize("sizes,text", [
    ((5, 5, 1), "words must be at least 6, not 5"), ((5, 0, 1), "depth must be at least 1, not 0"),
    ((5, 4, 0), "rows must be at least 1, not 0")])
def test_rejects_sizes(sizes, text):
    with pytest.raises(ValueError, match=text):
        Ring(*sizes)
