import random

import pytest
from hdl.sparse.blocks import block

from hypgcn.sparse.address_generator import ReadAddressGenerator
from hypgcn.sparse.lane import LaneConfig
from hypgcn.sparse.layer import temporal_layer
from hypgcn.sparse.schedule import LaneSchedule
from testbench import STREAM_PATTERNS, run


def config(name, lane_pairs=2, h_rows=11, **change):
    b = block(name, **change)
    schedule = LaneSchedule.of(temporal_layer(b), lane_pairs, 2)
    return LaneConfig(schedule=schedule, joints=3, h_rows=h_rows, h_banks=b.h_banks, x_rows=6,
                      x_banks=b.in_banks, acc_width=b.y_acc_width)


def jobs(cfg, count, rng, low=None, high=None):
    top = cfg.schedule.kernel - 1
    drawn = []
    for _ in range(count):
        taps = sorted((rng.randint(0, top), rng.randint(0, top)))
        drawn.append({"slot": rng.randrange(cfg.h_rows), "tap_low": taps[0] if low is None else low,
                      "tap_high": taps[1] if high is None else high, "x_slot": rng.randrange(cfg.x_rows),
                      "joint": rng.randrange(3), "index": rng.randrange(len(cfg.schedule.passes))})
    return drawn


def expected(cfg, jobs):
    """(announcements, requests to H, requests to X); the entry of a null is ignored."""
    fetches, h, x = [], [], []
    for job in jobs:
        p = cfg.schedule.passes[job["index"]]
        entries = cfg.schedule.entries
        reads = [e for e in range(p.first, p.stop) if entries[e].source == "x"
                 or entries[e].source == "features" and job["tap_low"] <= entries[e].tap <= job["tap_high"]]
        for e in reads:
            entry = entries[e]
            from_x = int(entry.source == "x")
            fetches.append({"entry": e, "from_x": from_x, "null": 0, "last": int(e == reads[-1])})
            slot = job["x_slot"] if from_x else (job["slot"] + entry.tap) % cfg.h_rows
            (x if from_x else h).append({"slot": slot, "joint": job["joint"], "bank": entry.bank, "tag": 0})
        if not reads:
            fetches.append({"entry": None, "from_x": 0, "null": 1, "last": 1})
    return fetches, h, x


def check(cfg, jobs, **options):
    announced, h, x = expected(cfg, jobs)
    sinks = {"o": len(announced), "h_req": len(h)}
    if cfg.schedule.reads_x:
        sinks["x_req"] = len(x)
    result = run(ReadAddressGenerator(cfg), {"job": jobs}, sinks, **options)
    for item in result["o"]:
        if item["null"]:
            item["entry"] = None
    assert result["o"] == announced
    assert result["h_req"] == h
    if cfg.schedule.reads_x:
        assert result["x_req"] == x
    return result


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("name", ["identity", "none", "conv", "dropped"])
def test_requests(name, idle, stall):
    cfg = config(name)
    check(cfg, jobs(cfg, 30, random.Random(name)), idle=idle, stall=stall)


@pytest.mark.parametrize("change", [
    {"h_rows": 9}, {"kernel": 1, "h_rows": 1}, {"kernel": 3, "h_rows": 3, "lane_pairs": 10}, {"keep_taps": 9}], ids=str)
def test_sizes(change):
    cfg = config("identity", **change)
    check(cfg, jobs(cfg, 20, random.Random(1)))


def test_one_entry_a_cycle():
    cfg = config("none", lane_pairs=9, keep_taps=9)
    entries = len(cfg.schedule.entries)
    result = check(cfg, jobs(cfg, 5, random.Random(1), low=0, high=8))
    assert entries == 27
    assert result["times"]["h_req"] == list(range(6, 6 + 5 * entries))
