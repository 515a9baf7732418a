# amaranth: UnusedElaboratable=no
from dataclasses import replace

import pytest
from hdl.arith.requant_vectors import CONFIGS, check, corners

from hypgcn.arith import RequantArray, RequantConfig
from testbench import STREAM_PATTERNS


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("name", CONFIGS)
def test_matches_numbers(name, idle, stall):
    check(RequantArray(replace(CONFIGS[name], form="logic")), 150, idle=idle, stall=stall)


@pytest.mark.parametrize("shift", [1, 2, 3, 14, 15, 16, 31])
def test_corners(shift):
    """Shifts below, within and above the places of the rows: bits that are dropped, kept, and not reached."""
    cfg, items = corners("logic", shift)
    check(RequantArray(cfg), len(items), items=items)


@pytest.mark.parametrize("mult,rows", [((0,), 1), ((1,), 1), ((3,), 1), ((4,), 2), ((-1,), 1), ((-2, 1), 2),
                                       ((-4, 1), 2), ((255,), 4), ((-255, 7), 5)])
def test_rows_of_few_bits(mult, rows):
    """A row for two bits of the multiplier, the sign included; its latency follows."""
    cfg = RequantConfig(lanes=1, acc_width=9, mult=mult, bias=(7,) * len(mult), shift=2, meta=5, form="logic")
    unit = RequantArray(cfg)
    assert cfg.rows == rows and unit.latency == 4 + (rows + 1) // 2
    check(unit, 80)


def test_an_extra_one_of_each_row_is_found(monkeypatch):
    monkeypatch.setattr(RequantConfig, "row_excess", 0)
    with pytest.raises(AssertionError):
        check(RequantArray(replace(CONFIGS["one lane"], form="logic")), 150)
