import functools

import numpy as np
import pytest

from hypgcn.golden.temporal.scales import running_max
from hypgcn.sparse.max_rows import MaxRows, MaxRowsConfig
from testbench import STREAM_PATTERNS, run

CASES = [   # frames, joints, channels, width, first, maximum
    (4, 2, 20, 4, 9, 6), (1, 2, 8, 4, 0, 8), (2, 1, 2, 2, 0, 1), (3, 1, 4, 4, 1, 2), (3, 1, 30, 16, 15, 2),
    (5, 3, 6, 2, 5, 1), (3, 2, 17, 8, 0, 17), (2, 1, 3, 2, 1, 2)]
SEQUENCES = 3


@functools.lru_cache(maxsize=len(CASES))
def unit(case):
    names = "frames", "joints", "channels", "width", "first", "maximum"
    return MaxRows(MaxRowsConfig(**dict(zip(names, case))))


def slices(rows, flags, cfg):
    """Beats of rows (T, V, C) with a flag each."""
    beats = []
    for row, flag in zip(rows, flags):
        for joint in row:
            padded = np.zeros(cfg.groups * cfg.width, int)
            padded[:cfg.channels] = joint
            beats += [{"values": part.tolist(), "overflow": int(flag),
                       "last": int((group + 1) * cfg.width % 16 == 0 or group == cfg.groups - 1)}
                      for group, part in enumerate(padded.reshape(-1, cfg.width))]
    return beats


@pytest.mark.parametrize(("idle", "stall"), STREAM_PATTERNS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_golden(case, idle, stall):
    dut = unit(case)
    cfg = dut.cfg
    rng = np.random.default_rng(3)
    given, expected = [], []
    for _ in range(SEQUENCES):
        rows = rng.integers(0, 128, (cfg.frames, cfg.joints, cfg.channels)) * rng.integers(
            0, 2, (cfg.frames, cfg.joints, 1))
        flags = np.sort(rng.integers(0, 2, cfg.frames))
        given += slices(rows, flags, cfg)
        ahead = np.append(flags[1:], flags[-1])
        expected += slices(running_max(rows, cfg.first, cfg.maximum), ahead, cfg)
    out = run(dut, {"i": given}, {"o": len(expected)}, idle=idle, stall=stall, timeout=20_000, tail=30)
    assert out["o"] == expected


def test_a_slice_a_cycle_and_a_row_more():
    dut = unit(CASES[0])
    cfg = dut.cfg
    rows = np.ones((cfg.frames, cfg.joints, cfg.channels), int)
    beats = slices(rows, [0] * cfg.frames, cfg) * 4
    times = run(dut, {"i": beats}, {"o": len(beats)})["times"]["o"]
    assert times[-1] - times[0] <= (4 * (cfg.frames + 1) - 1) * cfg.slices


@pytest.mark.parametrize(("change", "message"), [
    ({"frames": 0}, "frames must be at least 1, not 0"), ({"joints": 65}, "joints must be in 1..64, not 65"),
    ({"channels": 0}, "channels must be in 1..1024, not 0"), ({"width": 3}, "width must be one of 2, 4, 8, 16, not 3"),
    ({"first": 6, "maximum": 3}, "first and maximum must be a range of the 8 channels, at least one, not 6 and 3"),
    ({"maximum": 0}, "at least one, not 0 and 0")])
def test_bad_config(change, message):
    with pytest.raises(ValueError, match=message):
        MaxRowsConfig(**{"frames": 2, "joints": 2, "channels": 8, "width": 4, "first": 0, "maximum": 2, **change})
