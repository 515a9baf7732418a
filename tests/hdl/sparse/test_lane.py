import dataclasses
import functools
from collections import deque

import numpy as np
import pytest
from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from hdl.sparse.blocks import activations, block, vector
from random_vectors import answer

from hypgcn.design import BANK
from hypgcn.sparse.lane import Lane, LaneConfig
from hypgcn.sparse.layer import temporal_layer
from hypgcn.sparse.schedule import LaneSchedule
from testbench import PERIOD, STREAM_PATTERNS, run

JOINTS = 3


class Sums(wiring.Component):
    """A lane whose results are unpacked."""

    def __init__(self, cfg):
        self.cfg = cfg
        self.lane = Lane(cfg)
        members = {name: member for name, member in self.lane.signature.members.items() if name != "o"}
        width = 2 * cfg.schedule.lane_pairs
        super().__init__({**members, "o": Out(stream.Signature(data.ArrayLayout(signed(cfg.acc_width), width)))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.lane = lane = self.lane
        for name, member in lane.signature.members.items():
            if name != "o":
                port = wiring.flipped(getattr(self, name))
                wiring.connect(m, *((port, getattr(lane, name)) if member.flow == In else (getattr(lane, name), port)))
        m.d.comb += [self.o.valid.eq(lane.o.valid), lane.o.ready.eq(self.o.ready)]
        for pair in range(self.cfg.schedule.lane_pairs):
            for n, total in enumerate(self.cfg.mac_config.unpack(lane.o.payload[pair])):
                m.d.comb += self.o.payload[2 * pair + n].eq(total)
        return m


class Case:
    """A lane, what the stores hold, and the jobs."""

    def __init__(self, name, *, density=0.4, lane_pairs=2, count=12, seed=1, mac="single", fetches=8, h_rows=11,
                 depth=1, all_taps=False, **change):
        rng = np.random.default_rng(seed)
        self.block = b = block(name, **change)
        schedule = LaneSchedule.of(temporal_layer(b), lane_pairs, 2)
        self.cfg = LaneConfig(schedule=schedule, joints=JOINTS, h_rows=h_rows, h_banks=b.h_banks, x_rows=6,
                              x_banks=b.in_banks, acc_width=b.y_acc_width, mac=mac, depth=depth, fetches=fetches)
        self.h = activations(rng, (h_rows, JOINTS, b.h_channels), density)
        self.x = activations(rng, (6, JOINTS, b.in_channels), density, low=-128)
        self.jobs = []
        for _ in range(count):
            low, high = (0, b.taps.shape[1] - 1) if all_taps else sorted(rng.integers(0, b.taps.shape[1], 2).tolist())
            self.jobs.append({"slot": int(rng.integers(h_rows)), "tap_low": low, "tap_high": high,
                              "x_slot": int(rng.integers(6)), "joint": int(rng.integers(JOINTS)),
                              "index": int(rng.integers(len(schedule.passes)))})

    @functools.cached_property
    def unit(self):
        return Sums(self.cfg)

    def answer(self, rows):
        def read(request):
            values = rows[request["slot"], request["joint"], request["bank"] * BANK:][:BANK]
            return answer(vector(values, overflow=1))
        return read

    @property
    def responders(self):
        responders = {("h_req", "h_rsp"): self.answer(self.h)}
        if self.cfg.schedule.reads_x:
            responders["x_req", "x_rsp"] = self.answer(self.x)
        return responders

    def expected(self):
        b, sums = self.block, []
        for job in self.jobs:
            total = np.zeros(b.out_channels, np.int64)
            for tap in range(job["tap_low"], job["tap_high"] + 1):
                total += b.temporal[:, tap].astype(np.int64) @ self.h[(job["slot"] + tap) % len(self.h), job["joint"]]
            if b.res is not None:
                total += b.res.astype(np.int64) @ self.x[job["x_slot"], job["joint"]]
            slots = self.cfg.schedule.passes[job["index"]].slots
            sums.append([0 if channel is None else int(total[channel]) for channel in slots])
        return sums

    def tokens(self, job):
        """Cycles that the tokens of a job take."""
        p, counts = self.cfg.schedule.passes[job["index"]], []
        for entry in self.cfg.schedule.entries[p.first:p.stop]:
            if entry.source == "features" and job["tap_low"] <= entry.tap <= job["tap_high"]:
                row = self.h[(job["slot"] + entry.tap) % len(self.h)]
            elif entry.source == "x":
                row = self.x[job["x_slot"]]
            else:
                continue
            count = np.count_nonzero(row[job["joint"], entry.bank * BANK:(entry.bank + 1) * BANK])
            counts.append(-(-count // self.cfg.depth))
        return sum(counts[:-1]) + max(1, counts[-1]) if counts else 1


def check(case, **options):
    result = run(case.unit, {"job": case.jobs}, {"o": len(case.jobs)}, responders=case.responders, **options)
    assert result["o"] == case.expected()
    return result


@functools.lru_cache(maxsize=2)
def known(name, depth=1):
    """A case whose compiled simulator serves all patterns and densities."""
    return Case(name, depth=depth)


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize(("name", "depth"), [("none", 1), ("dropped", 2), ("identity", 2), ("conv", 1), ("conv", 2)])
def test_sums(name, depth, idle, stall):
    check(known(name, depth), idle=idle, stall=stall)


@pytest.mark.parametrize("density", [0.0, 0.05, 1.0])
@pytest.mark.parametrize(("name", "depth"), [("conv", 1), ("conv", 2), ("identity", 1)])
def test_densities(name, depth, density):
    case = Case(name, density=density, depth=depth)
    case.unit = known(name, depth).unit
    check(case, idle=0.2, stall=0.2)


@pytest.mark.parametrize("fetches", [2, 8])
@pytest.mark.parametrize("source", ["h", "x"])
def test_answers_are_taken_at_once(source, fetches):
    """Readers share a store, so a lane requests no more than it has room for, however long its own work is."""
    case = Case("conv", density=1.0, fetches=fetches, count=8, in_channels=16 * (fetches + 4))
    dut, waited = Sums(case.cfg), []
    rsp = getattr(dut, f"{source}_rsp")

    async def monitor(ctx):
        async for _, _, valid, ready in ctx.tick().sample(rsp.valid, rsp.ready):
            waited.append(valid and not ready)

    result = run(dut, {"job": case.jobs}, {"o": len(case.jobs)}, responders=case.responders, background=[monitor])
    assert result["o"] == case.expected() and not any(waited)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("mac", ["dsp48e2", "dsp48e1", "inferred", "single"])
def test_forms(mac, depth):
    check(Case("conv", mac=mac, depth=depth, lane_pairs=1, count=15))


@pytest.mark.parametrize("change", [
    {"lane_pairs": 10}, {"lane_pairs": 3, "fetches": 2}, {"kernel": 1, "keep_taps": 1, "h_rows": 1},
    {"kernel": 3, "h_rows": 3, "keep_taps": 3}, {"in_channels": 16, "out_channels": 16, "h_rows": 9},
    {"in_channels": 64, "out_channels": 64, "filters": 17, "count": 6}], ids=str)
def test_sizes(change):
    check(Case("identity", **change))


def test_nothing_inside_the_clip():
    """Every second job reads nothing: what its neighbours left behind does not count."""
    case = Case("identity", keep_taps=1, density=1.0)
    assert not case.block.taps[:, 5:].any()
    for index, job in enumerate(case.jobs):
        job["tap_low"], job["tap_high"] = (5, 8) if index % 2 else (0, 8)
    check(case)


@pytest.mark.parametrize("depth", [1, 2])
def test_extremes(depth):
    """Every product has its largest magnitude and the same sign."""
    for sign in (1, -1):
        case = Case("identity", all_taps=True, mac="dsp48e2", keep_taps=9, count=3, depth=depth)
        case.block.temporal[case.block.temporal != 0] = 127 * sign
        schedule = LaneSchedule.of(temporal_layer(case.block), 2, 2)
        case.cfg = dataclasses.replace(case.cfg, schedule=schedule, acc_width=case.block.y_acc_width)
        case.h[:] = 127
        check(case)


def run_with_latency(case, latency):
    """Cycles from the first to the last result, when a store answers each read after ``latency`` cycles."""
    dut = Sums(case.cfg)
    read = case.answer(case.h)

    async def store(ctx):
        waiting, cycle = deque(), 0
        ctx.set(dut.h_req.ready, 1)
        while True:
            ctx.set(dut.h_rsp.valid, bool(waiting) and waiting[0][0] <= cycle)
            if waiting:
                ctx.set(dut.h_rsp.payload, waiting[0][1])
            _, _, valid, slot, joint, bank, sent, taken = await ctx.tick().sample(
                dut.h_req.valid, dut.h_req.payload.slot, dut.h_req.payload.joint, dut.h_req.payload.bank,
                dut.h_rsp.valid, dut.h_rsp.ready)
            if sent and taken:
                waiting.popleft()
            if valid:
                waiting.append((cycle + latency, read({"slot": slot, "joint": joint, "bank": bank})))
            cycle += 1

    result = run(dut, {"job": case.jobs}, {"o": len(case.jobs)}, background=[store])
    assert result["o"] == case.expected()
    return result["times"]["o"][-1] - result["times"]["o"][0]


@pytest.mark.parametrize(("density", "depth"), [(0.35, 1), (0.7, 2)])
def test_never_starves(density, depth):
    """With 5 to 6 tokens a vector and a store that answers after 10 cycles, every cycle but a few carries a token."""
    case = Case("identity", density=density, depth=depth, all_taps=True, keep_taps=9, count=12)
    work = sum(case.tokens(job) for job in case.jobs[1:])
    cycles = run_with_latency(case, 10)
    assert cycles <= work * 1.01


def test_empty_vectors_cost_nothing():
    """Half of the vectors are empty: only the tokens of the others count."""
    case = Case("identity", all_taps=True, keep_taps=9, count=10, density=0.9)
    case.h[:, :, BANK:] = 0
    work = sum(case.tokens(job) for job in case.jobs[1:])
    cycles = run_with_latency(case, 8)
    assert cycles <= work * 1.02


def test_next_pass_is_summed_while_a_result_waits():
    case = Case("identity", all_taps=True, count=3, density=0.9)
    dut, reads = Sums(case.cfg), []
    answer = case.answer(case.h)

    def read(request):
        reads.append(request)
        return answer(request)

    async def sink(ctx):
        await ctx.delay(400 * PERIOD)
        passes = case.cfg.schedule.passes
        # The first result waits, the second pass is through but for its last token, the third is being read.
        assert len(reads) > sum(passes[job["index"]].stop - passes[job["index"]].first for job in case.jobs[:2])
        got = []
        ctx.set(dut.o.ready, 1)
        while len(got) < 3:
            _, _, valid, payload = await ctx.tick().sample(dut.o.valid, dut.o.payload)
            if valid:
                got.append(list(payload))
        assert got == case.expected()

    run(dut, {"job": case.jobs}, responders={("h_req", "h_rsp"): read}, testbenches=[sink])


@pytest.mark.parametrize(("change", "message"), [
    ({"h_rows": 8}, r"^h_rows must be at least the kernel, 9, not 8$"),
    ({"joints": 0}, r"^joints must be at least 1, not 0$"),
    ({"h_banks": 0}, r"^h_banks must be at least 1, not 0$"), ({"x_rows": 0}, r"^x_rows must be at least 1, not 0$"),
    ({"depth": 3}, r"^depth must be in 1..2, not 3$"),
    ({"x_banks": 0}, r"^x_banks must be at least 1, not 0$"), ({"fetches": 1}, r"^fetches must be at least 2, not 1$")])
def test_bad_config(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Case("identity").cfg, **change)
