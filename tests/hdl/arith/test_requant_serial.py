# amaranth: UnusedElaboratable=no
from dataclasses import replace

import pytest
from hdl.arith.requant_vectors import CONFIGS, check, corners

from hypgcn.arith import RequantConfig, RequantSerial
from testbench import STREAM_PATTERNS


def one_lane(cfg):
    """``cfg`` for one lane, whose groups are channels."""
    return replace(cfg, form="serial").one


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("name", CONFIGS)
def test_matches_numbers(name, idle, stall):
    check(RequantSerial(one_lane(CONFIGS[name])), 100, idle=idle, stall=stall)


@pytest.mark.parametrize("shift", [1, 2, 14, 15, 16, 31])
def test_corners(shift):
    """With a shift below 15, bits that leave the sum count."""
    cfg, items = corners("serial", shift)
    items = [{**item, "acc": [acc], "res": [res], "group": 2 * item["group"] + lane} for item in items
             for lane, (acc, res) in enumerate(zip(item["acc"], item["res"]))]
    check(RequantSerial(cfg.one), len(items), items=items)


@pytest.mark.parametrize("mult,cycles", [((0,), 3), ((1,), 3), ((2,), 4), ((-1,), 4), ((-4, 1), 6), ((255,), 10)])
def test_a_cycle_for_each_bit(mult, cycles):
    """And two to take a value and to begin; one more where the shortcut is multiplied."""
    cfg = RequantConfig(lanes=1, acc_width=9, mult=mult, bias=(7,) * len(mult), shift=2, meta=5, form="serial")
    assert cfg.cycles == cycles and replace(cfg, res_mult=9).cycles == cycles + 1
    check(RequantSerial(cfg), 80)


def test_the_next_value_is_computed_while_one_waits():
    """A value that waits and one that is finished: no more are taken, and none is lost."""
    cfg = one_lane(CONFIGS["one lane"])
    check(RequantSerial(cfg), 60, stall=0.9)


def test_rejects_lanes():
    with pytest.raises(ValueError, match="lanes must be 1, not 4: a serial multiplier takes one value at a time"):
        RequantSerial(CONFIGS["relu, groups"])
