"""Configs, vectors and the golden model of requantisers of every form."""

from dataclasses import replace

import numpy as np

from hypgcn.arith import RequantConfig
from testbench import run

__all__ = ["CONFIGS", "check", "corners", "golden", "vectors"]


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
"""Both ends of accumulators, multipliers, biases and shortcuts, by what is special."""


def check(unit, count, *, idle=0.0, stall=0.0, items=None):
    """``unit`` gives what the golden model gives, at the rate and after the cycles that it is said to take."""
    cfg = unit.cfg
    items = items or vectors(cfg, count, seed=3)
    timeout = 2000 + 8 * cfg.cycles * len(items)
    result = run(unit, {"i": items}, {"o": len(items)}, seed=1, idle=idle, stall=stall, timeout=timeout)
    np.testing.assert_array_equal([item["values"] for item in result["o"]], golden(cfg, items))
    assert [item["meta"] for item in result["o"]] == [item["meta"] for item in items]
    if idle == stall == 0:
        first = unit.latency
        assert result["times"]["o"] == list(range(first, first + cfg.cycles * len(items), cfg.cycles))


def corners(form, shift):
    """A config of ``form``, and payloads with both ends of accumulator, multiplier, bias and shortcut together.

    Multipliers of 16 bits, among them all ones and single ones.
    """
    cfg = RequantConfig(lanes=2, acc_width=27, mult=(65535, 0, 1, 32768, 21845, 43690), shift=shift, low=-128,
                        bias=(0, 5, -(1 << shift), (1 << shift) - 1, -(1 << 40) + 1, (1 << 40) - 1), res_mult=4095,
                        res_shift=3, meta=3)
    ends = [-(1 << 26), -1, 0, 1, (1 << 26) - 1]
    items = [{"acc": [a, b], "res": [res, -res - 1], "group": group, "meta": (a + group) % 8}
             for a, b in zip(ends, ends[1:] + ends[:1]) for res in (-128, 127) for group in range(3)]
    # Results that are neither limit: accumulators around the tie of the first multiplier.
    items += [{"acc": [((n << shift) + (1 << shift - 1)) // 65535 % (1 << 26), n], "res": [0, 0], "group": 0, "meta": 0}
              for n in range(-4, 5)]
    return replace(cfg, form=form), items
