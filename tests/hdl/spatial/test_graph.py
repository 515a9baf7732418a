import functools

import numpy as np
import pytest

import testbench
from hypgcn.design import bits_signed
from hypgcn.golden.arith.requant import round_shift
from hypgcn.spatial.graph import GraphUnit
from hypgcn.spatial.graph_config import GraphConfig
from hypgcn_sim.unit_tests.faults import plant

FORMS = ("dsp48e2", "dsp48e1", "inferred", "single")

# The last ones: their compiled simulators serve all patterns of a configuration.
_unit = functools.lru_cache(maxsize=2)(GraphUnit)


@functools.lru_cache(maxsize=2)
def config(joints, subsets, at_once, kept, copy, *, parts=1, seed=0, mac="inferred", extreme=False, threshold=20):
    rng = np.random.default_rng(seed)
    graph = rng.integers(-127, 128, (subsets, joints, joints)).astype(np.int8)
    if extreme:
        graph = np.where(graph < 0, -127, 127).astype(np.int8)
    width = max(9, bits_signed(int(np.abs(graph.astype(int)).sum(axis=1).max()) * 128))
    return GraphConfig(joints=joints, subsets=subsets, at_once=at_once, parts=parts, graph=graph, shift=7,
                       acc_width=width, threshold=threshold, kept=kept, copy=copy, mac=mac)


def make_rows(cfg, seed, densities=(0.5, 0.0, 1.0, 0.1)):
    rng = np.random.default_rng(seed)
    shape = (cfg.joints, len(cfg.kept))
    rows = [rng.integers(-128, 128, shape) * (rng.random(shape) < density) for density in densities]
    rows.append(np.full(shape, -128))
    return rows


def tokens(row, cfg):
    items = []
    for channel, passes in enumerate(cfg.repeats):
        joints = np.flatnonzero(row[:, channel])
        one_pass = [{"joint": int(j), "value": int(row[j, channel]), "last": int(j == joints[-1])} for j in joints]
        items += (one_pass or [{"joint": 0, "value": 0, "last": 1}]) * passes
    return items


def entries(row, cfg):
    z = np.clip(round_shift(np.einsum("vc,kvw->kwc", row, cfg.graph.astype(np.int64)), cfg.shift), -128, 127)
    z = np.where(np.abs(z) <= cfg.threshold, 0, z)
    expected = []
    for channel, (kept, copy) in enumerate(zip(cfg.kept, cfg.copy)):
        expected += [z[k, :, channel].tolist() for k in range(cfg.subsets) if kept]
        expected += [row[:, channel].tolist()] if copy else []
    return expected


def check(cfg, seed=1, idle=0.0, stall=0.0, rows=None):
    rows = make_rows(cfg, seed) if rows is None else rows
    want = [entry for row in rows for entry in entries(row, cfg)]
    assert len(want) == len(rows) * cfg.entries
    items = [token for row in rows for token in tokens(row, cfg)]
    result = testbench.run(_unit(cfg), {"i": items}, {"o": len(want)}, seed=seed, idle=idle, stall=stall)
    assert result["o"] == want
    return result


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize(("joints", "subsets", "at_once"), [(1, 1, 1), (3, 3, 1), (5, 3, 3), (3, 4, 2), (5, 3, 2)])
@pytest.mark.parametrize(("kept", "copy"), [((1, 1, 1), (0, 0, 0)), ((1, 0, 1), (1, 1, 0))])
def test_matches_golden(joints, subsets, at_once, kept, copy, idle, stall):
    check(config(joints, subsets, at_once, kept, copy), idle=idle, stall=stall)


@pytest.mark.parametrize(("joints", "subsets", "at_once", "kept", "copy"), [
    (3, 3, 3, (0,), (1,)), (2, 8, 8, (1, 1), (0, 1)), (3, 3, 2, (0,), (1,)), (1, 3, 2, (1,), (1,)),
    (4, 5, 3, (1, 1), (0, 1)), (2, 8, 5, (1, 0), (1, 1)), (3, 8, 7, (1,), (0,))])
def test_corners(joints, subsets, at_once, kept, copy):
    check(config(joints, subsets, at_once, kept, copy), idle=0.4, stall=0.6)


@pytest.mark.parametrize(("idle", "stall"), testbench.STREAM_PATTERNS)
@pytest.mark.parametrize(("joints", "parts"), [(2, 2), (5, 2), (4, 4), (5, 4), (9, 3)])
@pytest.mark.parametrize(("kept", "copy"), [((1, 1, 1), (0, 0, 0)), ((1, 0, 1, 1), (1, 1, 0, 1))])
def test_a_word_in_parts(joints, parts, kept, copy, idle, stall):
    cfg = config(joints, 3, 1, kept, copy, parts=parts)
    assert (cfg.passes, cfg.outputs) == (3 * parts, -(-joints // parts))
    check(cfg, idle=idle, stall=stall)


@pytest.mark.parametrize("mac", FORMS)
def test_forms_and_extremes(mac):
    check(config(5, 3, 3, (1, 1), (1, 0), mac=mac, extreme=True))
    check(config(5, 2, 1, (1, 1), (1, 0), parts=2, mac=mac, extreme=True))


def _identity(threshold, kept, copy):
    """Z of a joint is its X: the graph is twice the identity, and the shift 1."""
    return GraphConfig(joints=4, subsets=1, at_once=1, graph=2 * np.eye(4, dtype=np.int8)[None], shift=1, acc_width=10,
                       threshold=threshold, kept=kept, copy=copy, mac="inferred")


@pytest.mark.parametrize("threshold", [0, 1, 6, 64, 126, 127])
def test_every_value_at_the_dead_zone(threshold):
    """All 256 values of Z: those of both signs up to the threshold become 0, and copies of X do not."""
    rows = list(np.arange(-128, 128).reshape(-1, 4, 1))
    result = check(_identity(threshold, (1,), (1,)), rows=rows)
    z, x = (np.array(result["o"][part::2]).ravel() for part in (0, 1))
    assert sorted(set(range(-128, 128)) - set(z.tolist())) == [n for n in range(-threshold, threshold + 1) if n]
    assert x.tolist() == list(range(-128, 128))


def test_a_dead_zone_off_by_one_is_found():
    with plant("dead_zone_off_by_one"), pytest.raises(AssertionError):
        check(_identity(6, (1,), (0,)), rows=list(np.arange(-8, 8).reshape(-1, 4, 1)))


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_full_size(at_once):
    check(config(25, 3, at_once, (1, 0), (0, 1)))


@pytest.mark.parametrize(("subsets", "at_once", "kept", "copy", "parts"), [
    (3, 1, (1,) * 6, (0,) * 6, 1), (3, 3, (1,) * 6, (0,) * 6, 1), (3, 3, (1, 0, 1, 1), (1, 1, 0, 1), 1),
    (1, 1, (1,) * 5, (1,) * 5, 1), (3, 2, (1,) * 6, (0,) * 6, 1), (3, 2, (1, 0, 1, 1), (1, 1, 0, 1), 1),
    (7, 4, (1, 1), (1, 0), 1), (3, 1, (1, 0, 1, 1), (1, 1, 0, 1), 2), (1, 1, (1, 0, 1), (1, 1, 0), 3)])
@pytest.mark.parametrize("density", [0.0, 0.3, 1.0])
def test_cycles(subsets, at_once, kept, copy, parts, density):
    cfg = config(5, subsets, at_once, kept, copy, parts=parts)
    rows = make_rows(cfg, 3, (density,) * 6)[:-1]
    result = check(cfg, rows=rows)
    ends = result["times"]["o"][cfg.entries - 1::cfg.entries]
    want = [cfg.cycles(np.count_nonzero(row, axis=0)) for row in rows[1:]]
    assert np.diff(ends).tolist() == want


def test_latency():
    cfg = config(5, 3, 3, (1,), (1,))
    dut = GraphUnit(cfg)
    rows = [np.array([[1], [0], [2], [0], [3]])]
    result = testbench.run(dut, {"i": tokens(rows[0], cfg)}, {"o": cfg.entries})
    assert result["times"]["o"][0] == 2 + dut.LATENCY  # the third token is taken in cycle 2
