"""The writer alone: what it puts into which memory, and its counters."""

import numpy as np
import pytest
from random_vectors import compress, random_vectors

from hypgcn.design import BANK
from hypgcn.golden.rfc.store import row_usage, store
from hypgcn.rfc import RowStoreConfig
from hypgcn.rfc.store_writer import StoreWriter
from hypgcn.stream.layouts import vector_layout
from testbench import STREAM_PATTERNS, pack, run

CFG = RowStoreConfig(frames=2, rows=2, joints=4, banks=2, depths=(7, 5, 4, 2), tags=(0,))
WINDOW = RowStoreConfig(frames=5, rows=5, joints=4, banks=2, depths=(14, 11, 7, 4), tags=(0,), window=2,
                        rings=(40, 40, 21, 21))


@pytest.mark.parametrize("cfg", [CFG, WINDOW])
@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS[:2])
def test_writes_each_entry_once(idle, stall, cfg):
    """The words that the kept values need, downwards without a gap; one header a vector, one base a joint."""
    rows = random_vectors(np.random.default_rng(3), (cfg.rows, cfg.joints, cfg.banks), 0.6)
    dut = StoreWriter(cfg)
    ports = [dut.header, dut.base, *dut.data]
    writes = [[] for _ in ports]

    async def monitor(ctx):
        async for _, _, *values in ctx.tick().sample(*(signal for port in ports for signal in (port.en, port.addr))):
            for seen, en, addr in zip(writes, values[::2], values[1::2]):
                if en:
                    seen.append(addr)
    result = run(dut, {"i": [compress(x) for x in rows.reshape(-1, BANK)]}, seed=1, idle=idle, stall=stall,
                 background=[monitor], pulses=["row_done"])
    assert writes[0] == list(range(cfg.header_shape[1]))
    assert writes[1] == list(range(cfg.base_shape[1]))
    sequences = [store(rows[first:first + cfg.frames].reshape(-1, cfg.joints, 2 * BANK), cfg.depths, cfg.window)[0]
                 for first in range(0, cfg.rows, cfg.frames)]
    taken = row_usage(np.concatenate(sequences)).sum(axis=0)
    for j, words in enumerate(cfg.words):
        assert writes[2 + j] == [words - 1 - n for n in range(taken[j])], f"mini-bank {j}"
    assert len(result["row_done"]) == cfg.rows


def test_row_done_latency_and_flags():
    dut = StoreWriter(CFG)
    rows = np.ones((2, 8, BANK), int) * [[[0]], [[1]]]
    result = run(dut, {"i": [compress(x) for x in rows.reshape(-1, BANK)]}, pulses=["row_done", "flags"])
    assert result["row_done"] == [7 + StoreWriter.LATENCY, 15 + StoreWriter.LATENCY]
    assert result["flags"][0] == 15 + StoreWriter.LATENCY, "the flag must be there with row_done"


def test_overflow_count_saturates():
    """Every vector after the first loses values; the count starts a few below its end."""
    cfg = RowStoreConfig(frames=9, rows=2, joints=8, banks=1, depths=(1, 1, 1, 1), tags=(0,))
    dut = StoreWriter(cfg)
    counts = []

    async def monitor(ctx):
        async for _, _, count in ctx.tick().sample(dut.overflow_count):
            counts.append(count)

    def near_the_end(ctx):
        ctx.set(dut.overflow_count, 2**32 - 4)
    run(dut, {"i": [compress(np.ones(BANK, int))] * 16}, background=[monitor], setup=near_the_end)
    assert sorted(set(counts)) == [2**32 - 4, 2**32 - 3, 2**32 - 2, 2**32 - 1] == sorted(set(counts), key=counts.index)
    assert counts[-1] == 2**32 - 1


def test_is_always_ready_within_a_row():
    dut = StoreWriter(CFG)
    ready = []

    async def monitor(ctx):
        async for _, _, level in ctx.tick().sample(dut.i.ready):
            ready.append(level)
    items = [compress(np.ones(BANK, int))] * 16
    assert pack(vector_layout(), items[0])
    run(dut, {"i": items}, background=[monitor])
    assert ready[:16] == [1] * 16
    assert not any(ready[16:]), "two rows are held and none is released"


def test_waits_for_a_word_and_not_for_the_budget():
    """Rings that just hold a window of two rows: the third row waits until the first is released.

    What the budget does not allow is lost at once.
    """
    cfg = RowStoreConfig(frames=9, rows=4, joints=4, banks=1, depths=(6, 6, 6, 5), tags=(0,), window=2,
                         rings=(7, 7, 7, 6))
    dut = StoreWriter(cfg)
    taken = []

    async def write(ctx):
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.i.payload.mask, 0xffff)
        for cycle in range(60):
            ctx.set(dut.release, cycle == 40)
            _, _, ready = await ctx.tick().sample(dut.i.ready)
            taken.extend([cycle] * ready)
    result = run(dut, testbenches=[write], pulses=["row_done"], tail=60)
    # The first vector of row 2 waits in stage 2, with one behind it, as all six words are taken by rows 0 and 1.
    assert taken == [*range(10), *range(42, 46)], "row 2 has the 4 vectors of row 0, row 3 waits for row 1"
    assert result["row_done"][:3] == [3 + StoreWriter.LATENCY, 7 + StoreWriter.LATENCY, 43 + StoreWriter.LATENCY]
