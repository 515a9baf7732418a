import functools

import numpy as np
import pytest

import testbench
from hypgcn.design import bits_signed
from hypgcn.design.limits import chain_depth
from hypgcn.spatial.array import ConvArray
from hypgcn.spatial.array_config import ConvArrayConfig
from hypgcn.stream import Queue

FORMS = ("dsp48e2", "dsp48e1", "inferred", "single")
# joints, entries, outputs, conv_joints, conv_pairs, width
CORNERS = [(1, 1, 1, 1, 1, 2), (3, 2, 5, 1, 1, 2), (3, 7, 16, 2, 2, 4), (5, 12, 17, 5, 2, 4), (5, 9, 20, 2, 12, 8),
           (5, 4, 16, 3, 4, 2), (2, 5, 40, 2, 8, 16)]
MORE = [(5, 20, 16, 5, 4, 8), (4, 30, 16, 2, 2, 2), (3, 12, 8, 1, 2, 2), (5, 3, 8, 1, 1, 2), (5, 13, 16, 5, 8, 8)]


# with conv_depth: the last step full and not, more places than entries, two entries a step and the most
DEEP = [(3, 7, 16, 2, 2, 4, 2), (5, 12, 17, 5, 2, 4, 3), (2, 3, 9, 2, 2, 2, 8), (6, 40, 16, 3, 4, 2, 8),
        (1, 8, 4, 1, 1, 2, 4)]

# The last ones: their compiled simulators serve all patterns of a shape.
_array = functools.lru_cache(maxsize=2)(ConvArray)


@functools.lru_cache(maxsize=2)
def config(joints, entries, outputs, conv_joints, conv_pairs, width, conv_depth=1, *, seed=0, mac="inferred",
           extreme=False):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-127, 128, (outputs, entries)).astype(np.int8)
    if extreme:
        weights = np.where(weights < 0, -127, 127).astype(np.int8)
    width_acc = max(9, bits_signed(int(np.abs(weights.astype(int)).sum(axis=1).max()) * 128))
    return ConvArrayConfig(joints=joints, weights=weights, conv_joints=conv_joints, conv_pairs=conv_pairs, width=width,
                           conv_depth=conv_depth, acc_width=width_acc, mac=mac)


def make_rows(cfg, count, seed):
    rng = np.random.default_rng(seed)
    rows = [rng.integers(-128, 128, (cfg.entries, cfg.joints)) for _ in range(count)]
    rows[1] *= 0
    rows[2][:] = -128
    return rows


def words(row, cfg):
    """Expected words for one row of entries (E, V), in the order of the array."""
    acc = np.zeros((cfg.joints, cfg.groups * cfg.width), np.int64)
    acc[:, :cfg.outputs] = row.T @ cfg.weights.astype(np.int64).T
    expected = []
    for first_group in range(0, cfg.groups, cfg.pass_groups):
        for first in range(0, cfg.joints, cfg.conv_joints):
            for joint in range(first, min(first + cfg.conv_joints, cfg.joints)):
                for group in range(first_group, min(first_group + cfg.pass_groups, cfg.groups)):
                    values = acc[joint, group * cfg.width:(group + 1) * cfg.width]
                    expected.append({"acc": values.tolist(), "joint": joint, "group": group, "last": 0})
    expected[-1]["last"] = 1
    return expected


def check(cfg, count=4, idle=0.0, stall=0.0):
    rows = make_rows(cfg, count, seed=2)
    want = [word for row in rows for word in words(row, cfg)]
    items = [entry.tolist() for row in rows for entry in row]
    result = testbench.run(_array(cfg), {"i": items}, {"o": len(want)}, seed=3, idle=idle, stall=stall)
    assert result["o"] == want
    return result["times"]["o"], len(want) // count


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize("shape", CORNERS + DEEP[:3])
def test_matches_product(shape, idle, stall):
    check(config(*shape), idle=idle, stall=stall)


@pytest.mark.parametrize("mac", FORMS)
def test_forms_and_extremes(mac):
    check(config(3, 40, 6, 2, 2, 4, mac=mac, extreme=True), count=3)
    check(config(3, 40, 6, 2, 2, 4, 3, mac=mac, extreme=True), count=3)
    check(config(3, 40, 6, 2, 2, 4, chain_depth(mac).high, mac=mac, extreme=True), count=3)


def test_full_size():
    check(config(25, 12, 34, 7, 3, 2), count=3)


@pytest.mark.parametrize("shape", CORNERS + MORE + DEEP)
def test_cycles(shape):
    cfg = config(*shape)
    times, per_row = check(cfg, count=6)
    ends = np.array(times[per_row - 1::per_row])
    assert abs(np.diff(ends)[1:].mean() - cfg.cycles) <= 0.5, (np.diff(ends), cfg.cycles)


@pytest.mark.parametrize("depth", [1, 2])
def test_latency(depth):
    cfg = config(2, 5, 4, 2, 2, 4, depth)
    row = make_rows(cfg, 3, seed=2)[0]
    result = testbench.run(ConvArray(cfg), {"i": row.tolist()}, {"o": 2})
    assert result["times"]["o"][0] == cfg.entries - 1 + cfg.steps + cfg.delay + 3 + Queue.LATENCY
