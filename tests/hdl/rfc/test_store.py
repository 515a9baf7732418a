"""The row store against the golden store: what readers get, in any order, with back-pressure everywhere."""

import functools
import random

import numpy as np
import pytest
from random_vectors import DENSITIES, answer, compress, corner_vectors, random_vectors

from hypgcn.design import BANK, split_banks
from hypgcn.golden.rfc.store import store
from hypgcn.rfc import RowStore, RowStoreConfig
from hypgcn.rfc import ring as ring_module
from hypgcn.rfc import store_reader as reader_module
from hypgcn.rfc.ring import Ring
from hypgcn.rfc.store_reader import StoreReader
from hypgcn.rfc.store_writer import StoreWriter
from hypgcn_sim.formal.proof import Mutant
from testbench import STREAM_PATTERNS, feed, run


def _expect(cfg, rows, flags):
    """Vectors (rows, joints, banks) that readers see, with the sticky flag, and the overflow count."""
    seen, total = [], 0
    for first in range(0, len(rows), cfg.frames):
        sequence, sticky = np.stack(rows[first:first + cfg.frames]), False
        for row, lost, marks in zip(*store(sequence.reshape(len(sequence), cfg.joints, -1), cfg.depths, cfg.window),
                                    flags[first:]):
            total += lost
            sticky = sticky or lost > 0 or bool(marks.any())
            seen.append([[compress(x, sticky) for x in joint] for joint in split_banks(row)])
    return seen, total


# The last stores: their compiled simulators serve all patterns of a configuration.
_store = functools.lru_cache(maxsize=2)(RowStore)


def _exercise(cfg, rows, flags, *, seed=0, idle=0.0, stall=0.0, share=0.7, timeout=20_000):
    """Write all rows; each reader reads a random share of each in random order; then the row is released.

    A row is read only when those of a window that begins with it are complete, or its sequence ends: so the store must
    hold them together.
    """
    dut = _store(cfg)
    rng = random.Random(f"{seed}/orders")
    readers = range(len(cfg.tags))
    seen, total = _expect(cfg, rows, flags)
    sent = {k: [] for k in readers}  # per reader and row: requests
    answers = {k: [] for k in readers}
    for k in readers:
        for r in range(len(rows)):
            places = [(v, b) for v in range(cfg.joints) for b in range(cfg.banks)]
            places = rng.choices(places, k=max(1, round(share * len(places))))
            requests = [{"slot": r % cfg.rows, "joint": v, "bank": b, "tag": rng.getrandbits(cfg.tags[k])}
                        for v, b in places]
            sent[k].append(requests)
            answers[k] += [answer(seen[r][v][b], request["tag"]) for (v, b), request in zip(places, requests)]
    done = 0
    taken = [0 for _ in readers]
    row_flags = []

    async def count(ctx):
        nonlocal done
        signals = [dut.row_done, dut.row_overflow, *(signal for rsp in dut.rsp for signal in (rsp.valid, rsp.ready))]
        async for _, _, row_done, row_overflow, *handshakes in ctx.tick().sample(*signals):
            done += row_done
            if row_done:
                row_flags.append(row_overflow)
            for k in readers:
                taken[k] += handshakes[2 * k] & handshakes[2 * k + 1]

    def reader(k):
        async def send(ctx):
            for r, requests in enumerate(sent[k]):
                newest = min(r + cfg.window - 1, r - r % cfg.frames + cfg.frames - 1, len(rows) - 1)
                while done + ctx.get(dut.row_done) <= newest:  # a row may be read in the very cycle of its row_done
                    await ctx.tick()
                await feed(ctx, dut.req[k], requests, random.Random(f"{seed}/{k}/{r}"), idle)
        return send

    async def release(ctx):
        for r in range(len(rows)):
            while any(taken[k] < sum(map(len, sent[k][:r + 1])) for k in readers):
                await ctx.tick()
            ctx.set(dut.release, 1)
            await ctx.tick()
            ctx.set(dut.release, 0)

    async def counted(ctx):
        while done < len(rows):
            await ctx.tick()
        await ctx.tick().repeat(4)
        assert ctx.get(dut.overflow_count) == total

    items = [compress(x, flag) for row, marks in zip(rows, flags)
             for x, flag in zip(row.reshape(-1, BANK), marks.ravel())]
    result = run(dut, {"i": items}, {f"rsp.{k}": len(answers[k]) for k in readers}, seed=seed, idle=idle, stall=stall,
                 pulses=["row_done"], background=[count], timeout=timeout,
                 testbenches=[release, *map(reader, readers), counted])
    for k in readers:
        assert result[f"rsp.{k}"] == answers[k], f"reader {k}"
    assert len(result["row_done"]) == len(rows)
    assert row_flags == [row[0][0]["overflow"] for row in seen]
    return result


CONFIGS = {
    "roomy": RowStoreConfig(frames=4, rows=3, joints=5, banks=2, depths=(10, 10, 10, 10), tags=(0,)),
    "scarce": RowStoreConfig(frames=3, rows=2, joints=5, banks=2, depths=(8, 5, 3, 2), tags=(0, 3)),
    "smallest": RowStoreConfig(frames=1, rows=1, joints=1, banks=1, depths=(1, 1, 1, 1), tags=(2,), answers=2),
    "three readers": RowStoreConfig(frames=2, rows=5, joints=3, banks=3, depths=(7, 5, 1, 1), tags=(0, 5, 2),
                                    answers=3),
    "starved": RowStoreConfig(frames=5, rows=4, joints=3, banks=1, depths=(1, 1, 1, 1), tags=(1, 0)),
    "two ports": RowStoreConfig(frames=3, rows=3, joints=3, banks=2, depths=(6, 4, 2, 1), tags=(0, 3, 1), ports=2),
    "uneven": RowStoreConfig(frames=3, rows=3, joints=2, banks=5, depths=(2, 7, 10, 1), tags=(0,)),
    # Windows: more row slots than one holds; the smallest legal rings; sequences shorter than a window; single vectors.
    "window": RowStoreConfig(frames=7, rows=5, joints=3, banks=2, depths=(16, 9, 5, 3), tags=(0, 3), window=3),
    "tight": RowStoreConfig(frames=5, rows=3, joints=3, banks=2, depths=(16, 9, 5, 2), tags=(0,), window=3,
                            rings=(17, 10, 6, 3)),
    "tight with slots": RowStoreConfig(frames=9, rows=8, joints=2, banks=3, depths=(11, 8, 3, 1), tags=(2,), window=4,
                                       rings=(12, 9, 4, 2)),
    "powers of two": RowStoreConfig(frames=4, rows=4, joints=2, banks=2, depths=(15, 7, 3, 1), tags=(0,), window=4,
                                    rings=(16, 8, 4, 2)),
    "short sequences": RowStoreConfig(frames=2, rows=5, joints=3, banks=1, depths=(10, 5, 2, 1), tags=(0,), window=5,
                                      rings=(11, 6, 4, 2)),
    "single vectors": RowStoreConfig(frames=5, rows=2, joints=1, banks=1, depths=(2, 2, 1, 1), tags=(0,), window=2,
                                     rings=(3, 3, 2, 2)),
    "two vectors": RowStoreConfig(frames=5, rows=2, joints=1, banks=2, depths=(3, 2, 1, 1), tags=(0,), window=2,
                                  rings=(4, 3, 2, 2)),
}
ROWS = {"window": 14, "tight": 12, "tight with slots": 20, "powers of two": 11, "short sequences": 12,
        "single vectors": 24, "two vectors": 16}
"""Rows that are written, where they are not 6: enough for some turns of the rings."""


def _matches_golden(name, idle=0.0, stall=0.0, **options):
    cfg = CONFIGS[name]
    rng = np.random.default_rng(21)
    shape = (cfg.joints, cfg.banks)
    rows = [random_vectors(rng, shape, density) for density in rng.permutation(np.resize(DENSITIES, ROWS.get(name, 6)))]
    flags = [rng.random(shape) < 0.03 for _ in rows]
    _exercise(cfg, rows, flags, seed=22, idle=idle, stall=stall, share=0.5, **options)


@pytest.mark.parametrize("name,idle,stall", [
    (name, *pattern) for name in CONFIGS for pattern in STREAM_PATTERNS[::3 if name in ROWS else 1]])
def test_matches_golden(name, idle, stall):
    _matches_golden(name, idle, stall)


FAULTS = {
    "the budget is not that of the sequence": Mutant(
        owner=Ring, method="_limit_window", old="& ~(self.row_end & self.restarts)", new=""),
    "a row that leaves the window keeps its budget": Mutant(
        owner=Ring, method="_limit_window", old="& ~(expires & had_entries)", new=""),
    "the window begins a row too late": Mutant(
        owner=StoreWriter, method="_window", old="1 - cfg.window, cfg.rows", new="2 - cfg.window, cfg.rows"),
    "a word does not come back": Mutant(
        owner=Ring, method="_find_free", old="oldest_begin.eq(released_end)", new="oldest_begin.eq(oldest_begin)"),
    "words come back with the next row": Mutant(
        owner=StoreWriter, method="_window", old="ring.oldest.eq(oldest)",
        new="ring.oldest.eq(_moved(oldest, 1, cfg.rows))"),
    "a spent budget waits": Mutant(owner=StoreWriter, method="elaborate", old=" & ~ring.full", new=""),
    "a full ring does not wait": Mutant(owner=StoreWriter, method="elaborate", old="ring.blocked & ", new="0 & "),
    "later banks count, too": Mutant(owner=StoreReader, method="_address", old=" & earlier", new=""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_seen(fault):
    _store.cache_clear()
    with FAULTS[fault].planted(), pytest.raises(AssertionError):
        _matches_golden("tight with slots", timeout=1500)
    _store.cache_clear()


@pytest.mark.parametrize("name", ["below", "moved_down"])
def test_a_wrap_that_is_off_by_one_is_seen(name, monkeypatch):
    """The writer's step and the reader's offset each go around a ring of one word less."""
    module = {"below": ring_module, "moved_down": reader_module}[name]
    right = getattr(module, name)
    monkeypatch.setattr(module, name, lambda value, words, *step: right(value, words - 1, *step))
    _store.cache_clear()
    with pytest.raises(AssertionError):
        _matches_golden("tight with slots", timeout=1500)
    _store.cache_clear()


def test_corner_vectors():
    dense = corner_vectors()[:50].reshape(2, 25, 1, BANK)
    cfg = RowStoreConfig(frames=2, rows=2, joints=25, banks=1, depths=(25,) * 4, tags=(0,))
    _exercise(cfg, dense, [np.zeros((25, 1), bool)] * 2, share=3)


@pytest.mark.parametrize("full", range(4))
def test_truncation_at_each_mini_bank(full):
    """The second and third of three dense vectors find mini-bank ``full`` taken; the next row has room again."""
    cfg = RowStoreConfig(frames=2, rows=2, joints=3, banks=1, depths=(3,) * full + (1,) * (4 - full), tags=(0,))
    rows = np.stack([np.arange(1, 1 + 3 * BANK).reshape(3, 1, BANK)] * 4)
    rows[1, 0] = 0  # in this row the second vector is the first to take entries
    rows[3] = 0  # nothing is lost in this one, but its sequence is marked
    none = [np.zeros((3, 1), bool)] * 4
    seen, total = _expect(cfg, rows, none)
    assert total == 5
    assert [v[0]["mask"] for v in seen[0]] == [0xffff, (1 << 4 * full) - 1, (1 << 4 * full) - 1]
    assert seen[3][0][0] == {"mask": 0, "values": [0] * BANK, "overflow": 1}
    result = _exercise(cfg, rows, none, share=4)
    assert sum(answer["vector"]["overflow"] for answer in result["rsp.0"]) == len(result["rsp.0"])


def test_incoming_overflow_marks_its_sequence_from_there_on():
    cfg = RowStoreConfig(frames=3, rows=2, joints=2, banks=1, depths=(2,) * 4, tags=(0,))
    rows = random_vectors(np.random.default_rng(1), (7, 2, 1), 0.3)
    flags = np.zeros((7, 2, 1), bool)
    flags[1, 0] = flags[5, 1] = True
    result = _exercise(cfg, rows, flags, share=0.5)
    assert [answer["vector"]["overflow"] for answer in result["rsp.0"]] == [0, 1, 1, 0, 0, 1, 0]


def test_waits_when_all_rows_are_held():
    """With ``i`` always valid: three rows at once, then one more for each release."""
    cfg = RowStoreConfig(frames=9, rows=3, joints=2, banks=2, depths=(4,) * 4, tags=(0,))
    dut = RowStore(cfg)
    ready = []

    async def write(ctx):
        ctx.set(dut.i.valid, 1)
        for cycle in range(60):
            ctx.set(dut.release, cycle in (30, 31, 40))
            _, _, level = await ctx.tick().sample(dut.i.ready)
            ready.append(level)
    result = run(dut, testbenches=[write], pulses=["row_done"], tail=60)
    taken = [cycle for cycle, level in enumerate(ready) if level]
    assert taken == [*range(12), *range(31, 39), *range(41, 45)], "no cycle is lost within and between rows"
    assert result["row_done"] == [cycle + StoreWriter.LATENCY for cycle in taken[3::4]]


def _filled(cfg, requests, sinks, **options):
    """Fill one row, then send ``requests`` {reader: items} as fast as they are taken."""
    dut = RowStore(cfg)
    rng = np.random.default_rng(9)
    row = random_vectors(rng, (cfg.joints, cfg.banks), 0.6)
    start = []

    def source(k):
        async def send(ctx):
            while not ctx.get(dut.row_done):
                await ctx.tick()
            start.append(k)
            await feed(ctx, dut.req[k], requests[k], random.Random(0), 0)
        return send
    result = run(dut, {"i": [compress(x) for x in row.reshape(-1, BANK)]}, sinks, pulses=["row_done"],
                 testbenches=[source(k) for k in requests], timeout=1000, **options)
    return result, row


def test_one_reader_gets_one_vector_a_cycle():
    cfg = RowStoreConfig(frames=1, rows=1, joints=8, banks=4, depths=(32,) * 4, tags=(0, 2))
    places = [(v, b) for v in range(8) for b in range(4)]
    result, row = _filled(cfg, {1: [{"joint": v, "bank": b} for v, b in places]}, {"rsp.1": 32})
    first = result["row_done"][0] + StoreReader.LATENCY
    assert result["times"]["rsp.1"] == list(range(first, first + 32))
    assert [answer["vector"] for answer in result["rsp.1"]] == [compress(row[v, b]) for v, b in places]


def test_readers_take_turns():
    cfg = RowStoreConfig(frames=1, rows=1, joints=4, banks=4, depths=(16,) * 4, tags=(0, 0, 0))
    places = [{"joint": v, "bank": b} for v in range(4) for b in range(4)]
    result, _ = _filled(cfg, dict.fromkeys(range(3), places), {f"rsp.{k}": 16 for k in range(3)})
    first = result["row_done"][0] + StoreReader.LATENCY
    times = [result["times"][f"rsp.{k}"] for k in range(3)]
    assert sorted(sum(times, [])) == list(range(first, first + 48))
    assert all(later - earlier == 3 for reader in times for earlier, later in zip(reader, reader[1:]))


def test_a_stalled_reader_stalls_only_itself():
    cfg = RowStoreConfig(frames=1, rows=1, joints=4, banks=4, depths=(16,) * 4, tags=(0, 0), answers=4)
    places = [{"joint": v, "bank": b} for v in range(4) for b in range(4)]
    dut_found, row = _filled(cfg, {0: places[:4], 1: places}, {"rsp.1": 16})
    assert [answer["vector"] for answer in dut_found["rsp.1"]] == [compress(x) for x in row.reshape(-1, BANK)]


@pytest.mark.parametrize("ports", [1, 2])
def test_a_reader_without_fifo_gets_all_at_once(ports):
    """It gets a vector a cycle, also beside a reader that takes none of its own; there is no FIFO for it."""
    cfg = RowStoreConfig(frames=1, rows=1, joints=8, banks=4, depths=(32,) * 4, tags=(2, 0), answers=(0, 4),
                         ports=ports)
    places = [{"joint": v, "bank": b, "tag": n % 4} for n, (v, b) in enumerate(np.ndindex(8, 4))]
    result, row = _filled(cfg, {0: places, 1: [{"joint": 0}] * 4}, {"rsp.0": 32})
    times = result["times"]["rsp.0"]
    assert times[0] == result["row_done"][0] + StoreReader.DIRECT_LATENCY
    assert times[-1] - times[0] == 31 + (4 if ports == 1 else 0)
    assert [answer["vector"] for answer in result["rsp.0"]] == [compress(x) for x in row.reshape(-1, BANK)]
    assert [answer["tag"] for answer in result["rsp.0"]] == [place["tag"] for place in places]
    assert cfg.answer_shapes == ((146, 4),)


@pytest.mark.parametrize("ports", [1, 2, 3])
def test_every_port_answers_every_cycle(ports):
    """Three readers of a full row: each port gives one vector a cycle, and a reader alone on it all of these."""
    cfg = RowStoreConfig(frames=1, rows=2, joints=8, banks=8, depths=(64,) * 4, tags=(0,) * 3, ports=ports)
    row = random_vectors(np.random.default_rng(3), (8, 8), 0.5)
    result = _exercise(cfg, [row], [np.zeros((8, 8), bool)], share=2)
    times = [result["times"][f"rsp.{k}"] for k in range(3)]
    cycles = max(map(max, times)) - min(map(min, times)) + 1
    assert cycles <= 128 * -(-3 // ports) + 4
    assert cycles >= 128 * -(-3 // ports)
