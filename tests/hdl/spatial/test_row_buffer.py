import numpy as np
import pytest

import testbench
from hypgcn.spatial.row_buffer import RowBuffer, RowBufferConfig
from hypgcn_sim.stimuli.beats import slice_beats

CORNERS = [(1, 1, 2), (1, 16, 16), (3, 17, 2), (5, 20, 4), (3, 33, 8), (5, 16, 8), (2, 20, 16), (25, 34, 4)]


def make_rows(cfg, count, seed, dense=1.0):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-128, 128, (count, cfg.joints, cfg.channels))
    return rows * (rng.random(rows.shape) < dense), rng


def words_of(row, cfg, order):
    padded = np.zeros((cfg.joints, cfg.groups * cfg.width), int)
    padded[:, :cfg.channels] = row
    # What a producer leaves in lanes beyond the last channel must not show.
    padded[:, cfg.channels:] = 77
    return [{"values": padded[j, g * cfg.width:(g + 1) * cfg.width].tolist(), "joint": j, "group": g,
             "last": n == len(order) - 1} for n, (j, g) in enumerate(order)]


def expected(rows, cfg):
    return slice_beats(rows, cfg.width)


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize(("joints", "channels", "width"), CORNERS)
def test_reorders(joints, channels, width, idle, stall):
    cfg = RowBufferConfig(joints=joints, channels=channels, width=width)
    rows, rng = make_rows(cfg, 3 if joints > 5 else 5, seed=3)
    places = [(j, g) for j in range(joints) for g in range(cfg.groups)]
    items = [word for row in rows for word in words_of(row, cfg, [places[n] for n in rng.permutation(len(places))])]
    want = expected(rows, cfg)
    result = testbench.run(RowBuffer(cfg), {"i": items}, {"o": len(want)}, seed=1, idle=idle, stall=stall)
    assert result["o"] == want


@pytest.mark.parametrize(("joints", "channels", "width"), CORNERS)
def test_full_rate(joints, channels, width):
    cfg = RowBufferConfig(joints=joints, channels=channels, width=width)
    rows, _ = make_rows(cfg, 5, seed=4)
    order = [(j, g) for g in range(cfg.groups) for j in range(joints)]
    items = [word for row in rows for word in words_of(row, cfg, order)]
    want = expected(rows, cfg)
    result = testbench.run(RowBuffer(cfg), {"i": items}, {"o": len(want)})
    per_row = len(want) // len(rows)
    starts = result["times"]["o"][::per_row]
    assert starts[0] == (cfg.cycles - 1) + 3
    assert (np.diff(starts) == cfg.cycles).all()


@pytest.mark.parametrize(("field", "value"), [("joints", 0), ("joints", 65), ("channels", 0), ("width", 3)])
def test_rejects(field, value):
    with pytest.raises(ValueError, match=field):
        RowBufferConfig(**{"joints": 5, "channels": 20, "width": 4, field: value})
