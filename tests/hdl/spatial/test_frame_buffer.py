import functools

import numpy as np
import pytest

import testbench
from hypgcn.spatial.frame_buffer import FrameBuffer, FrameBufferConfig

# joints, channels, repeats (cycled over the channels)
CORNERS = [(1, 1, (1,)), (1, 2, (2, 1)), (3, 5, (1,)), (5, 3, (3, 1)), (5, 17, (1, 3)), (25, 4, (3,))]

# The last ones: their compiled simulators serve all patterns of a size.
_buffer = functools.lru_cache(maxsize=2)(FrameBuffer)


def config(joints, channels, repeats):
    every = tuple(repeats[c % len(repeats)] for c in range(channels))
    return FrameBufferConfig(joints=joints, channels=channels, repeats=every)


def make_rows(cfg, seed, densities=(0.4, 0.0, 1.0, 0.1, 0.7)):
    """Dense rows (joints, channels); the second is all zero, the third has no zero."""
    rng = np.random.default_rng(seed)
    rows = []
    for density in densities:
        row = rng.integers(1, 128, (cfg.joints, cfg.channels)) * rng.choice([-1, 1], (cfg.joints, cfg.channels))
        rows.append(row * (rng.random(row.shape) < density))
    return rows


def tokens_in(row, end):
    """Tokens joint by joint; ``end``: the row ends on a "token" or on an "empty"."""
    tokens = [{"channel": int(c), "joint": int(j), "value": int(row[j, c]), "empty": 0, "last": 0}
             for j, c in zip(*np.nonzero(row))]
    if end == "empty" or not tokens:
        tokens.append({"channel": 0, "joint": 0, "value": 0, "empty": 1, "last": 1})
    else:
        tokens[-1]["last"] = 1
    return tokens


def passes(row, cfg):
    expected = []
    for channel in range(cfg.channels):
        joints = np.flatnonzero(row[:, channel])
        one_pass = [{"joint": int(j), "value": int(row[j, channel]), "last": int(j == joints[-1])} for j in joints]
        expected += (one_pass or [{"joint": 0, "value": 0, "last": 1}]) * cfg.repeats[channel]
    return expected


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize(("joints", "channels", "repeats"), CORNERS)
def test_passes(joints, channels, repeats, idle, stall):
    cfg = config(joints, channels, repeats)
    rows = make_rows(cfg, seed=5)
    items = [token for n, row in enumerate(rows) for token in tokens_in(row, "empty" if n % 2 else "token")]
    want = [token for row in rows for token in passes(row, cfg)]
    result = testbench.run(_buffer(cfg), {"i": items}, {"o": len(want)}, seed=2, idle=idle, stall=stall)
    assert result["o"] == want


def test_counts_are_cleared_for_the_next_row():
    cfg = config(3, 2, (2,))
    rows = make_rows(cfg, seed=6, densities=(1.0, 1.0, 0.0, 0.0, 1.0, 0.0))
    items = [token for row in rows for token in tokens_in(row, "empty")]
    want = [token for row in rows for token in passes(row, cfg)]
    assert testbench.run(FrameBuffer(cfg), {"i": items}, {"o": len(want)})["o"] == want


@pytest.mark.parametrize(("joints", "channels", "repeats"), CORNERS[2:])
def test_no_gap_between_passes_and_rows(joints, channels, repeats):
    cfg = config(joints, channels, [max(2, n) for n in repeats])  # reading takes longer than filling
    rows = make_rows(cfg, seed=7, densities=(0.5,) * 5)
    items = [token for row in rows for token in tokens_in(row, "token")]
    count = sum(cfg.cycles(np.count_nonzero(row, axis=0)) for row in rows)
    result = testbench.run(FrameBuffer(cfg), {"i": items}, {"o": count})
    times = result["times"]["o"]
    assert times[0] == channels + (len(tokens_in(rows[0], "token")) - 1) + 5
    assert (np.diff(times) == 1).all()


@pytest.mark.parametrize("size", [2, 3, 8, 17])
def test_room_as_soon_as_a_row_is_read(size):
    """Filling takes as long as reading, so that a row is complete in the cycle in which another has been read."""
    cfg = config(size, 1, (1,))
    row = np.ones((size, 1), int)
    result = testbench.run(FrameBuffer(cfg), {"i": tokens_in(row, "token") * 8}, {"o": size * 8})
    times = np.array(result["times"]["o"]).reshape(8, size)
    filled, emptied = [], []                 # cycles of a row's last token and of its last read
    for k in range(8):
        begin = max(filled[-1] if k else 0, emptied[k - 2] if k > 1 else 0) + 1
        filled.append(begin + size - 1)
        emptied.append(max(filled[-1] + 3, emptied[-1] + 1 if k else 0) + size - 1)
        assert times[k].tolist() == list(range(emptied[-1] + 3 - size, emptied[-1] + 3))


@pytest.mark.parametrize(("field", "value"), [("joints", 0), ("channels", 0), ("channels", 1025), ("repeats", (1, 1)),
                                              ("repeats", (1, 0, 1))])
def test_rejects(field, value):
    with pytest.raises(ValueError, match=field):
        FrameBufferConfig(**{"joints": 5, "channels": 3, "repeats": (1, 1, 1), field: value})


def test_rejects_wrong_type():
    with pytest.raises(TypeError, match="joints must be an integer, not 2.5"):
        FrameBufferConfig(joints=2.5, channels=3, repeats=(1, 1, 1))
