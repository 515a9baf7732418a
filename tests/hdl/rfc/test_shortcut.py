"""The shortcut reader against the order written as loops, with a model of the store and with the store itself."""

import dataclasses
import functools
import random

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from random_vectors import compress, random_vectors

from hypgcn.rfc import RowStore, RowStoreConfig
from hypgcn.rfc.shortcut import ShortcutConfig, ShortcutReader
from hypgcn.rfc.store_reader import StoreReader
from hypgcn.rfc.store_writer import StoreWriter
from testbench import STREAM_PATTERNS, feed, run

CASES = {
    "one of everything": ShortcutConfig(rows=1, joints=1, banks=1, width=16, pass_groups=1, groups=1),
    "spatial, partial joint group and pass": ShortcutConfig(rows=3, joints=5, banks=3, width=4, conv_joints=2,
                                                            pass_groups=5, groups=11),
    "spatial, passes that share vectors": ShortcutConfig(rows=2, joints=4, banks=2, width=8, conv_joints=4,
                                                         pass_groups=3, groups=4),
    "spatial, passes within a vector": ShortcutConfig(rows=5, joints=3, banks=2, width=2, conv_joints=3,
                                                      pass_groups=2, groups=13),
    "spatial, a pass longer than all": ShortcutConfig(rows=2, joints=3, banks=2, width=8, conv_joints=3,
                                                      pass_groups=4, groups=3),
    "spatial, bursts": ShortcutConfig.of(16, rows=3, joints=9, width=8, conv_joints=5, pass_groups=1, groups=6),
    "temporal": ShortcutConfig(rows=8, joints=5, banks=2, width=4, pass_groups=8, groups=8),
    "whole vectors": ShortcutConfig(rows=2, joints=3, banks=3, width=16, conv_joints=2, pass_groups=2, groups=3),
    "single values": ShortcutConfig(rows=2, joints=2, banks=1, width=1, pass_groups=16, groups=16),
}


# The last readers: their compiled simulators serve all patterns of a case.
_reader = functools.lru_cache(maxsize=2)(ShortcutReader)


def _order(cfg, x):
    """Slices of the row x (joints, banks, BANK)."""
    x = x.reshape(cfg.joints, -1, cfg.width)
    for first in range(0, cfg.groups, cfg.pass_groups):
        for begin in range(0, cfg.joints, cfg.conv_joints):
            for joint in range(begin, min(begin + cfg.conv_joints, cfg.joints)):
                for group in range(first, min(first + cfg.pass_groups, cfg.groups)):
                    yield {"res": x[joint, group].tolist()}


def _rows(cfg, seed=4):
    return random_vectors(np.random.default_rng(seed), (cfg.rows, cfg.joints, cfg.banks), 0.6)


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("name", CASES)
def test_order(name, idle, stall):
    cfg = CASES[name]
    x = _rows(cfg)
    slots = np.resize(np.arange(cfg.rows), 5)[::-1].tolist()
    expected = [item for slot in slots for item in _order(cfg, x[slot])]

    def answer(request):
        return {"vector": compress(x[request["slot"], request["joint"], request["bank"]])}
    result = run(_reader(cfg), {"row": [{"slot": slot} for slot in slots]}, {"o": len(expected)}, seed=5,
                 idle=idle, stall=stall, responders={("req", "rsp"): answer})
    assert result["o"] == expected
    assert len(result["requests"]["req"]) == 5 * cfg.reads


@pytest.mark.parametrize("name", CASES)
def test_one_slice_a_cycle(name):
    """With a store that answers in every cycle there is no gap, neither between vectors nor between rows."""
    cfg = CASES[name]
    count = 3 * cfg.joints * cfg.groups
    result = run(ShortcutReader(cfg), {"row": [{"slot": 0}] * 3}, {"o": count},
                 responders={("req", "rsp"): lambda request: {"vector": compress(np.ones(16, int))}})
    times = result["times"]["o"]
    store = 1  # the responder answers one cycle after the request
    assert times == list(range(times[0], times[0] + count))
    assert times[0] == ShortcutReader.LATENCY + store


@pytest.mark.parametrize("name", CASES)
def test_answers_are_taken_at_once(name):
    """The store does not ask whether there is room: there is, however long nobody takes the slices."""
    cfg = CASES[name]
    dut, waited, asked = ShortcutReader(cfg), [], []

    async def monitor(ctx):
        async for _, _, valid, ready, *request in ctx.tick().sample(dut.rsp.valid, dut.rsp.ready, dut.req.valid,
                                                                    dut.req.ready):
            waited.append(valid and not ready)
            asked.append(all(request))

    rows = 3 + cfg.answers // cfg.reads
    result = run(dut, {"row": [{"slot": 0}] * rows}, {"o": rows * cfg.joints * cfg.groups}, seed=2, stall=0.97,
                 responders={("req", "rsp"): lambda request: {"vector": compress(np.ones(16, int))}},
                 background=[monitor], timeout=60_000)
    assert len(result["o"]) == rows * cfg.joints * cfg.groups and not any(waited)
    assert sum(asked) == rows * cfg.reads > cfg.answers


def test_a_burst_is_read_ahead():
    """The slices of a row leave one a cycle, though the store answers every third, when they had time before."""
    cfg = ShortcutConfig.of(16, rows=1, joints=25, width=8, conv_joints=13, pass_groups=1, groups=6)
    assert cfg.bursts and cfg.reads == cfg.ahead == 50
    assert ShortcutConfig.of(48, rows=1, joints=25, width=8, pass_groups=1, groups=6).ahead == 16
    assert ShortcutConfig.of(16, rows=1, joints=25, width=8, pass_groups=6, groups=6).ahead == 16
    dut = ShortcutReader(cfg)

    async def store(ctx):
        requests, taken, turn = 0, False, 0
        while True:
            ctx.set(dut.req.ready, turn % 3 == 0)
            ctx.set(dut.rsp.valid, requests > 0)
            asked = ctx.get(dut.req.valid) and turn % 3 == 0
            taken = requests > 0 and ctx.get(dut.rsp.ready)
            requests += asked - taken
            turn += 1
            await ctx.tick()

    async def rows(ctx):
        ctx.set(dut.row.valid, 1)
        await ctx.tick().repeat(2)
        await ctx.tick().until(dut.row.ready)
        ctx.set(dut.row.valid, 0)
        await ctx.tick().repeat(170)
        ctx.set(dut.o.ready, 1)
        for _ in range(cfg.joints * 2):
            assert ctx.get(dut.o.valid)
            await ctx.tick()

    run(dut, testbenches=[rows], background=[store], timeout=400)


class Pair(wiring.Component):
    """A row store and the shortcut reader on its second port."""

    def __init__(self, store, shortcut):
        self.store, self.shortcut = RowStore(store), ShortcutReader(shortcut)
        super().__init__({name: flow(stream.Signature(port.payload.shape())) for name, flow, port in (
            ("i", In, self.store.i), ("row", In, self.shortcut.row), ("o", Out, self.shortcut.o))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.store, m.submodules.shortcut = self.store, self.shortcut
        wiring.connect(m, wiring.flipped(self.i), self.store.i)
        wiring.connect(m, wiring.flipped(self.row), self.shortcut.row)
        wiring.connect(m, self.shortcut.req, self.store.req[1])
        wiring.connect(m, self.store.rsp[1], self.shortcut.rsp)
        wiring.connect(m, self.shortcut.o, wiring.flipped(self.o))
        return m


@functools.cache
def _pair(cfg):
    return Pair(RowStoreConfig(frames=2, rows=cfg.rows, joints=cfg.joints, banks=cfg.banks, depths=(9,) * 4,
                               tags=(3, 0), answers=(11, 0)), cfg)


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_with_the_store(idle, stall):
    """Rows are read when they are done; without stalls one slice leaves in every cycle also at ``width = 16``."""
    cfg = CASES["whole vectors"]
    x = _rows(cfg)
    dut = _pair(cfg)
    expected = [item for row in x for item in _order(cfg, row)]

    async def rows(ctx):
        for slot in range(cfg.rows):
            while not ctx.get(dut.store.row_done):
                await ctx.tick()
            await feed(ctx, dut.row, [{"slot": slot}], random.Random(slot), 0)
    result = run(dut, {"i": [compress(v) for v in x.reshape(-1, 16)]}, {"o": len(expected)}, seed=6,
                 idle=idle, stall=stall, testbenches=[rows])
    assert result["o"] == expected
    if not idle and not stall:
        times = result["times"]["o"][:9]
        first = 9 + StoreWriter.LATENCY - 1 + StoreReader.DIRECT_LATENCY + ShortcutReader.LATENCY
        assert times == list(range(first, first + 9))


def test_counts():
    cfg = CASES["spatial, partial joint group and pass"]
    assert cfg.slices == 4
    assert cfg.passes == ((0, 4), (5, 9), (10, 10))
    assert cfg.reads == 5 * (2 + 2 + 1)


GOOD = dataclasses.asdict(CASES["spatial, partial joint group and pass"])


@pytest.mark.parametrize("field,value,text", [
    ("rows", 0, "rows must be in 1..1024, not 0"),
    ("joints", 0, "joints must be in 1..64, not 0"),
    ("banks", 65, "banks must be in 1..64, not 65"),
    ("width", 3, "width must be one of 1, 2, 4, 8, 16, not 3"),
    ("width", 32, "width must be one of 1, 2, 4, 8, 16, not 32"),
    ("conv_joints", 6, "conv_joints must be in 1..5, not 6"),
    ("groups", 13, "groups must be in 1..12, not 13"),
    ("pass_groups", 13, "pass_groups must be in 1..12, not 13"),
])
def test_rejects_values(field, value, text):
    with pytest.raises(ValueError, match=text):
        ShortcutConfig(**{**GOOD, field: value})


def test_rejects_kinds():
    with pytest.raises(TypeError, match="width must be an integer, not 4.0"):
        ShortcutConfig(**{**GOOD, "width": 4.0})
