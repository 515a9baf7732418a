import random

import pytest

from hypgcn.sparse.window import Window, WindowConfig
from testbench import STREAM_PATTERNS, run

CASES = [   # frames, stride, kernel, h_rows, x_rows
    (1, 1, 9, 9, 5), (2, 1, 9, 9, 5), (2, 2, 9, 12, 8), (5, 1, 9, 9, 5), (5, 2, 9, 9, 6), (13, 1, 9, 10, 5),
    (13, 2, 9, 9, 5), (12, 2, 9, 14, 7), (9, 1, 3, 3, 2), (9, 2, 3, 4, 3), (8, 2, 3, 3, 2), (4, 1, 1, 1, 1),
    (4, 2, 1, 2, 2), (5, 2, 1, 2, 2), (7, 2, 5, 5, 3), (16, 2, 7, 8, 8)]
SEQUENCES = 4


def rows_expected(cfg, flags):
    """(payload, H rows needed since reset, H and X rows that may be released after it) of every output row."""
    pad, rows = cfg.pad, []
    for sequence in range(SEQUENCES):
        start = sequence * cfg.frames
        for t in range(cfg.out_frames):
            center, last = t * cfg.stride, t == cfg.out_frames - 1
            newest = cfg.frames - 1 if last else min(cfg.frames - 1, center + pad)
            inside = [tap for tap in range(cfg.kernel) if 0 <= center + tap - pad < cfg.frames]
            rows.append(({
                "slot": (start + center - pad) % cfg.h_rows, "tap_low": inside[0], "tap_high": inside[-1],
                "x_slot": (start + center) % cfg.x_rows, "overflow": flags[start + newest]},
                start + newest + 1,
                start + (cfg.frames if last else max(0, center + cfg.stride - pad)),
                start + (cfg.frames if last else center + cfg.stride)))
    return rows


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_and_releases(case, idle, stall):
    cfg = WindowConfig(**dict(zip(("frames", "stride", "kernel", "h_rows", "x_rows"), case)))
    rng = random.Random(5)
    total = SEQUENCES * cfg.frames
    flags = [rng.getrandbits(1) for _ in range(total)]
    expected = rows_expected(cfg, flags)
    dut = Window(cfg)
    seen = {"done": 0, "h": 0, "x": 0, "offered": 0, "retired": 0}

    async def store(ctx):
        """Rows of H arrive while there is room, in the store and (because H is made of X) among the rows of X."""
        while seen["done"] < total or seen["x"] < total or seen["h"] < total:
            room = seen["done"] - seen["h"] < cfg.h_rows and seen["done"] - seen["x"] < cfg.x_rows
            done = room and seen["done"] < total and rng.random() >= idle
            retired = seen["retired"] < seen["offered"] and rng.random() >= stall
            ctx.set(dut.h_done, done)
            ctx.set(dut.h_overflow, flags[seen["done"]] if done else 1)
            ctx.set(dut.retired, retired)
            _, _, h, x, valid, ready = await ctx.tick().sample(dut.h_release, dut.x_release, dut.o.valid, dut.o.ready)
            if valid:
                assert seen["done"] >= expected[seen["offered"]][1]
            seen["done"] += done
            seen["h"] += h
            seen["x"] += x
            seen["offered"] += valid and ready
            seen["retired"] += retired
            before = expected[seen["retired"] - 1][2:] if seen["retired"] else (0, 0)
            assert seen["h"] <= min(before[0], seen["done"])
            assert seen["x"] <= min(before[1], seen["done"])
        ctx.set(dut.h_done, 0)
        ctx.set(dut.retired, 0)
        for _ in range(20):
            _, _, h, x = await ctx.tick().sample(dut.h_release, dut.x_release)
            assert (h, x) == (0, 0)

    result = run(dut, sinks={"o": len(expected)}, idle=idle, stall=stall, testbenches=[store])
    assert result["o"] == [payload for payload, *_ in expected]


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("case", [(3, 5, 2, 6), (3, 6, 2, 7), (1, 2, 2, 3), (4, 4, 1, 3), (1, 1, 2, 2)], ids=str)
def test_rows_of_x_at_a_stride_of_their_own(case, idle, stall):
    """Output row t reads row t of the features and row t * x_stride of X, and frees as many."""
    frames, x_frames, x_stride, x_rows = case
    cfg = WindowConfig(frames=frames, stride=1, kernel=1, h_rows=2, x_rows=x_rows, x_stride=x_stride,
                       x_frames=x_frames)
    rng, dut, total = random.Random(6), Window(cfg), SEQUENCES * frames
    slots = [(n * x_frames + t * x_stride) % x_rows for n in range(SEQUENCES) for t in range(frames)]
    seen = {"done": 0, "h": 0, "x": 0, "offered": 0, "retired": 0}

    async def store(ctx):
        while seen["retired"] < total or seen["x"] < SEQUENCES * x_frames:
            done = seen["done"] < total and seen["done"] - seen["h"] < 2 and rng.random() >= idle
            retired = seen["retired"] < seen["offered"] and rng.random() >= stall
            ctx.set(dut.h_done, done)
            ctx.set(dut.retired, retired)
            _, _, h, x, valid, ready = await ctx.tick().sample(dut.h_release, dut.x_release, dut.o.valid, dut.o.ready)
            for name, more in (("done", done), ("h", h), ("x", x), ("offered", valid and ready), ("retired", retired)):
                seen[name] += more
            whole, part = divmod(seen["retired"], frames)
            assert seen["x"] <= whole * x_frames + part * x_stride and seen["h"] <= seen["retired"]

    result = run(dut, sinks={"o": total}, idle=idle, stall=stall, testbenches=[store], timeout=3000)
    assert [row["x_slot"] for row in result["o"]] == slots


@pytest.mark.parametrize(("change", "message"), [
    ({"x_stride": 2}, "x_stride and x_frames must be 0, or the frames of X and the stride that makes 5 of them, not 2"),
    ({"x_stride": 2, "x_frames": 8}, "makes 5 of them, not 2 and 8"),
    ({"frames": 0}, r"^frames must be at least 1, not 0$"),
    ({"stride": 3}, r"^stride must be in 1..2, not 3$"),
    ({"kernel": 4}, r"^kernel must be odd and positive, not 4$"),
    ({"h_rows": 8}, r"^h_rows must be at least 9, not 8"),
    ({"x_rows": 4}, r"^x_rows must be at least 5, not 4"),
    ({"kernel": 1, "stride": 2, "x_rows": 1}, r"^x_rows must be at least 2, not 1"),
])
def test_bad_config(change, message):
    with pytest.raises(ValueError, match=message):
        WindowConfig(**{"frames": 5, "stride": 1, "kernel": 9, "h_rows": 9, "x_rows": 5} | change)
