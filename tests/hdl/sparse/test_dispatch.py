import random

import pytest

from hypgcn.sparse.dispatch import Dispatcher, DispatcherConfig
from testbench import STREAM_PATTERNS, run


def config(**change):
    return DispatcherConfig(**{"lanes": 3, "joints": 4, "passes": 2, "kernel": 9, "h_rows": 11, "x_rows": 6,
                               "shortcut": True, **change})


def window_rows(cfg, count, rng):
    return [{"slot": rng.randrange(cfg.h_rows), "tap_low": rng.randrange(cfg.kernel),
             "tap_high": rng.randrange(cfg.kernel), "x_slot": rng.randrange(cfg.x_rows), "overflow": rng.getrandbits(1)}
            for _ in range(count)]


def check(cfg, rows, busy=None, **options):
    """``busy``: cycles that each lane holds each job."""
    jobs = [{**{name: row[name] for name in ("slot", "tap_low", "tap_high", "x_slot")}, "joint": joint, "index": index}
            for row in rows for joint in range(cfg.joints) for index in range(cfg.passes)]
    dut = Dispatcher(cfg)
    taken = [[] for _ in range(cfg.lanes)]

    def lane(k):
        rng = random.Random(k)
        port = dut.job[k]

        async def work(ctx):
            held, held_job = 0, None
            async for _, _, valid, ready, *values in ctx.tick().sample(
                    port.valid, port.ready, *(getattr(port.payload, name) for name in jobs[0])):
                job = dict(zip(jobs[0], values))
                if held:
                    assert valid
                    assert job == held_job
                if valid and ready:
                    taken[k].append(job)
                    valid = held = 0
                held, held_job = (held + 1, job) if valid else (0, None)
                ctx.set(port.ready, held >= busy[k] if busy else rng.random() < 0.3)
        return work

    sinks = {"order": len(jobs), "row": len(rows)}
    if cfg.shortcut:
        sinks["x_row"] = len(rows)
    result = run(dut, {"i": rows}, sinks, background=[lane(k) for k in range(cfg.lanes)], tail=60, **options)
    assert result["row"] == [{"overflow": row["overflow"]} for row in rows]
    if cfg.shortcut:
        assert result["x_row"] == [{"slot": row["x_slot"]} for row in rows]
    lanes = [item["lane"] for item in result["order"]]
    assert [item["chosen"] for item in result["order"]] == [1 << lane for lane in lanes]
    assert [len(jobs) for jobs in taken] == [lanes.count(k) for k in range(cfg.lanes)]
    per_lane = [iter(jobs_of_lane) for jobs_of_lane in taken]
    assert [next(per_lane[k]) for k in lanes] == jobs
    return lanes, result


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("change", [
    {}, {"lanes": 1}, {"lanes": 5, "shortcut": False}, {"lanes": 2, "joints": 1, "passes": 1},
    {"lanes": 8, "joints": 3, "passes": 1, "kernel": 1, "h_rows": 1, "x_rows": 1}], ids=str)
def test_jobs_in_order(change, idle, stall):
    cfg = config(**change)
    check(cfg, window_rows(cfg, 6, random.Random(2)), idle=idle, stall=stall)


def test_lanes_take_turns():
    cfg = config()
    lanes, _ = check(cfg, window_rows(cfg, 4, random.Random(2)), busy=[7, 7, 7])
    assert lanes == [n % 3 for n in range(len(lanes))]


def test_fast_lanes_get_more():
    cfg = config(joints=20, lanes=2)
    lanes, _ = check(cfg, window_rows(cfg, 3, random.Random(2)), busy=[30, 10])
    assert lanes.count(1) > 2 * lanes.count(0)


@pytest.mark.parametrize("busy", [[30, 10, 1], [40, 1, 1, 1], [1, 30, 1, 40, 5], [3] * 8], ids=str)
def test_at_most_one_lane_is_passed_over(busy):
    """Results are retired in the order of the jobs: jobs that follow each other in one lane block all others."""
    cfg = config(joints=20, lanes=len(busy))
    lanes, _ = check(cfg, window_rows(cfg, 3, random.Random(2)), busy=busy)
    window = len(busy) - 1
    assert all(len(set(lanes[n:n + window])) == window for n in range(len(lanes) - window))
    assert len(busy) == 8 or len({lanes[n:n + window + 1].count(0) for n in range(len(lanes) - window)}) > 1


def test_one_job_a_cycle():
    cfg = config(lanes=8, joints=16)
    _, result = check(cfg, window_rows(cfg, 3, random.Random(2)), busy=[1] * 8)
    assert result["times"]["order"][-1] == 1 + 3 * 32 - 1 + 2 * 1


@pytest.mark.parametrize("name", ["lanes", "joints", "passes", "kernel", "h_rows", "x_rows"])
def test_bad_config(name):
    with pytest.raises(ValueError, match=f"^{name} must be at least 1, not 0$"):
        config(**{name: 0})
