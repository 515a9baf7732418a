# amaranth: UnusedElaboratable=no
import numpy as np
import pytest
from amaranth.hdl import Signal, signed

from hypgcn.arith import Requant, RequantConfig, requant_tables
from hypgcn.arith.requant import _products
from testbench import STREAM_PATTERNS, run, simulate


def golden(cfg, items):
    """docs/numbers.md, in int64."""
    acc, res, group = (np.array([item[name] for item in items], np.int64) for name in ("acc", "res", "group"))
    mult = np.array(cfg.mult).reshape(cfg.groups, cfg.lanes)[group]
    bias = np.array(cfg.bias).reshape(cfg.groups, cfg.lanes)[group]
    total = acc * mult + bias + (res * cfg.res_mult << cfg.res_shift)
    return np.clip((total + (1 << cfg.shift - 1)) >> cfg.shift, cfg.low, cfg.high)


def vectors(cfg, count, seed):
    """Corner accumulators, accumulators near ties of the rounding, then random ones of all magnitudes."""
    rng = np.random.default_rng(seed)
    limit = 1 << cfg.acc_width - 1
    items = []
    for n in range(count):
        group = int(rng.integers(cfg.groups))
        acc = rng.integers(-limit, limit, cfg.lanes) >> rng.integers(0, cfg.acc_width, cfg.lanes)
        if n % 3 == 0:
            channel = group * cfg.lanes
            tie = (int(rng.integers(cfg.low, cfg.high + 1)) << cfg.shift) + (1 << cfg.shift - 1) - cfg.bias[channel]
            acc[0] = min(max(tie // (cfg.mult[channel] or 1) + int(rng.integers(-1, 2)), -limit), limit - 1)
        if n < 4:
            acc[:] = [0, -1, limit - 1, -limit][n]
        res = rng.integers(-128, 128, cfg.lanes)
        res[:] = res if n % 4 else [-128, 127][n // 4 % 2]
        items.append({"acc": acc.tolist(), "res": res.tolist(), "group": group, "meta": n % 32})
    return items


CONFIGS = {
    "one lane": RequantConfig(lanes=1, acc_width=9, mult=(1,), bias=(0,), shift=1, meta=5),
    "relu, groups": RequantConfig(
        lanes=4, acc_width=24, mult=(3000, 0, 65535, 1, 7, 4097, 12, 999, 5, 6, 7, 8),
        bias=(0, -(1 << 39), 12345, -77, 1, 2, 3, (1 << 40) - 1, 0, 0, -1, -2), shift=20, low=0, res_mult=4095,
        res_shift=13, meta=5),
    "extremes": RequantConfig(
        lanes=2, acc_width=27, mult=(65535, -65535), bias=(1 - (1 << 40), (1 << 40) - 1), shift=31, res_mult=2731,
        res_shift=24, meta=5),
    "biases of joints": RequantConfig(
        lanes=2, acc_width=20, mult=(3000, 5, 65535, 0, 7, 1) * 3, joints=3,
        bias=tuple((n - 9) * 54321 * (-1) ** n for n in range(18)), shift=16, res_mult=3, res_shift=9, meta=5),
    "biases of joints, one group": RequantConfig(
        lanes=2, acc_width=20, mult=(3000, 5) * 4, joints=4, bias=tuple(range(-4000, 4000, 1000)), shift=9, meta=5),
    "input affine": RequantConfig(lanes=1, acc_width=8, mult=(-65535, 300, -2), bias=(5, -9, 127), shift=9, meta=5),
}


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("name", CONFIGS)
def test_matches_numbers(name, idle, stall):
    cfg = CONFIGS[name]
    items = vectors(cfg, 150, seed=3)
    result = run(Requant(cfg), {"i": items}, {"o": len(items)}, seed=1, idle=idle, stall=stall, timeout=2000)
    np.testing.assert_array_equal([item["values"] for item in result["o"]], golden(cfg, items))
    assert [item["meta"] for item in result["o"]] == [item["meta"] for item in items]
    if idle == stall == 0:
        assert result["times"]["o"] == list(range(Requant.LATENCY, Requant.LATENCY + len(items)))


def test_multipliers_are_not_repeated_for_joints():
    """The words have the biases, and which multipliers belong to them."""
    tables = requant_tables((9, 8, 7), (1, 2, 3, -4, 5, 6), 1)
    assert tables == {"mult": (9, 8, 7, 0) * 2, "bias": (1, 2, 3, 0, -4, 5, 6, 0), "joints": 2}
    cfg = RequantConfig(lanes=2, acc_width=20, shift=1, **tables)
    assert cfg.joint_groups == 2 and cfg.table_layout.size == 2 * 4 + 1
    assert cfg.table_words == [0b0_0011_0010, 0b1_0001_0100, 0b0_0110_1101, 0b1_0001_0111]
    one = RequantConfig(lanes=2, acc_width=20, shift=1, **requant_tables((9, 8), (1, 2), 0))
    assert one.joints == 1 and one.table_layout.size == 2 * (5 + 3)


@pytest.mark.parametrize("joints", [2, 4])
def test_rejects_other_multipliers_for_a_joint(joints):
    with pytest.raises(ValueError, match=f"mult must be the same for each of {joints} joints"):
        RequantConfig(lanes=1, acc_width=20, mult=(1, 2, 1, 3, 1, 2), bias=(0,) * 6, shift=1, joints=joints)
    with pytest.raises(ValueError, match="joints must be at least 1, not 0"):
        RequantConfig(lanes=1, acc_width=20, mult=(1,), bias=(0,), shift=1, joints=0)


@pytest.mark.parametrize("shift", [1, 2, 8])
def test_rounds_half_up(shift):
    """Every accumulator of 11 bits, so every tie on both sides of zero, and both limits from both sides."""
    cfg = RequantConfig(lanes=1, acc_width=11, mult=(3,), bias=(-1,), shift=shift, low=-100, high=90)
    items = [{"acc": [acc], "res": [0], "group": 0} for acc in range(-1024, 1024)]
    result = run(Requant(cfg), {"i": items}, {"o": len(items)}, timeout=5000)
    np.testing.assert_array_equal([item["values"] for item in result["o"]], golden(cfg, items))


def test_products_of_constants():
    value = Signal(signed(8))

    async def testbench(ctx):
        for factor in [*range(1, 40), 255, 1365, 2731, 4094, 4095]:
            terms = _products(value, factor)
            assert len(terms) <= 4
            for number in (-128, -1, 0, 1, 127):
                ctx.set(value, number)
                assert sum(ctx.get(term) for term in terms) == number * factor
    simulate(Requant(CONFIGS["one lane"]), testbench)


@pytest.mark.parametrize("field,value,text", [
    ("lanes", 0, r"lanes must be in 1\.\.64, not 0"),
    ("acc_width", 28, r"acc_width must be in 2\.\.27, not 28"),
    ("shift", 0, r"shift must be in 1\.\.31, not 0"),
    ("low", -129, r"low must be in -128\.\.127, not -129"),
    ("high", 128, r"high must be in -128\.\.127, not 128"),
    ("low", 101, "low must be at most high = 100, not 101"),
    ("res_mult", 4096, r"res_mult must be in 0\.\.4095, not 4096"),
    ("res_shift", 25, r"res_shift must be in 0\.\.24, not 25"),
    ("mult", (1, 2, 3), "mult must hold a multiple of 2 values, not 3"),
    ("mult", (), "mult must hold a multiple of 2 values, not 0"),
    ("mult", (65536, 0), r"mult must be in -65535\.\.65535, not 65536"),
    ("bias", (0,), "bias must hold 2 values, one per mult, not 1"),
    ("bias", (0, 1 << 40), r"bias must be in -1099511627775\.\.1099511627775, not 1099511627776"),
])
def test_rejects(field, value, text):
    good = {"lanes": 2, "acc_width": 24, "mult": (1, 2), "bias": (0, 0), "shift": 4, "high": 100}
    with pytest.raises(ValueError, match=text):
        RequantConfig(**{**good, field: value})


def test_rejects_type():
    with pytest.raises(TypeError, match="shift must be an integer, not 4.0"):
        RequantConfig(lanes=1, acc_width=24, mult=(1,), bias=(0,), shift=4.0)
