import numpy as np
import pytest
from hdl.spatial.rows import Rows

import testbench
from hypgcn.spatial.loader import RowLoader, RowLoaderConfig

CORNERS = {
    "one": (1, (1,)),
    "first of three": (3, (1, 0, 0)),
    "all of 17": (5, (1,) * 17),
    "last of 17": (3, (0,) * 16 + (1,)),
    "middle bank skipped": (2, (0, 1) * 8 + (0,) * 16 + (1, 1, 0, 1)),
    "some of 20": (5, tuple(np.random.default_rng(0).integers(0, 2, 20).tolist())),
}


def make_rows(cfg, seed, densities=(0.5, 0.0, 1.0, 0.1, 0.7)):
    rng = np.random.default_rng(seed)
    shape = (cfg.joints, len(cfg.needed))
    return [rng.integers(1, 128, shape) * rng.choice([-1, 1], shape) * (rng.random(shape) < density)
            for density in densities]


def tokens_of(tokens):
    """Rows as lists of (joint, channel, value), cut at ``last``."""
    rows = [[]]
    for token in tokens:
        if not token["empty"]:
            rows[-1].append((token["joint"], token["channel"], token["value"]))
        if token["last"]:
            rows.append([])
    return rows


def check(cfg, rows, idle=0.0, stall=0.0):
    flags = [n % 3 == 1 for n in range(len(rows))]
    slowest = sum(cfg.cycles(row) for row in rows)
    dut = RowLoader(cfg)
    store = Rows(rows, flags, cfg.rows, seed=3, idle=idle)
    result = testbench.run(dut, {}, {"o": slowest, "overflow": len(rows)}, seed=4, idle=idle, stall=stall,
                      responders={("req", "rsp"): store.answer}, testbenches=[store.announce(dut, dut.row_read)])
    assert result["overflow"] == flags
    got = tokens_of(result["o"])
    assert len(got) == len(rows) + 1
    assert got[-1] == []
    for row, tokens in zip(rows, got):
        needed = row[:, np.flatnonzero(cfg.needed)]
        assert tokens == [(j, c, needed[j, c]) for j in range(cfg.joints) for c in np.flatnonzero(needed[j])]
    assert len(result["requests"]["req"]) == len(rows) * cfg.joints * len(cfg.masks)
    return result


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize("name", CORNERS)
def test_needed_tokens_of_every_row(name, idle, stall):
    joints, needed = CORNERS[name]
    cfg = RowLoaderConfig(rows=1 if joints == 3 else 5, joints=joints, needed=needed)
    check(cfg, make_rows(cfg, seed=1), idle, stall)


def test_one_token_a_cycle():
    cfg = RowLoaderConfig(rows=6, joints=5, needed=CORNERS["some of 20"][1])
    rows = make_rows(cfg, 2, (0.6,) * 5)
    times = check(cfg, rows)["times"]["o"]
    # One output per cycle, also for vectors without needed values; the test's store answers every cycle.
    assert (np.diff(times) == 1).all()


def test_flags_of_rows_wait_for_room():
    cfg = RowLoaderConfig(rows=3, joints=1, needed=(1,))
    rows = make_rows(cfg, 3, (1.0,) * 25)
    check(cfg, rows, stall=0.6)


@pytest.mark.parametrize(("field", "value"), [("rows", 0), ("joints", 65), ("needed", (0, 0))])
def test_rejects(field, value):
    with pytest.raises(ValueError, match=field):
        RowLoaderConfig(**{"rows": 3, "joints": 5, "needed": (1, 0), field: value})
