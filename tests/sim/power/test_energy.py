import math

import pytest

from hypgcn_sim.power.accesses import Accesses
from hypgcn_sim.power.energy import ACCESS_BIT, MULTIPLICATION, Range, estimate_energy


def test_units_add_up_to_the_total():
    found = estimate_energy({"a": 100.0, "b": 10.0}, {"b": Accesses(400, 40, 4, 1), "c": Accesses(rom_reads=8)}, 2)
    assert [row["unit"] for row in found["units"]] == ["b", "a", "c"]
    for bound in ("low", "high"):
        assert math.isclose(sum(row["estimate_nj"][bound] for row in found["units"]),
                            found["total"]["estimate_nj"][bound])
    energy = found["total"]["estimate_nj"]
    assert energy["low"] < energy["middle"] < energy["high"]
    assert (found["total"]["multiplications"], found["total"]["read_bits"], found["total"]["written_bits"]) == (
        110.0, 206.0, 20.5)
    low = 110 * MULTIPLICATION.low + (445 + 8) / 2 * ACCESS_BIT.low
    assert math.isclose(energy["low"], low / 1000)


def test_nothing_takes_no_energy():
    assert estimate_energy({}, {}, 1)["total"]["estimate_nj"] == {"low": 0, "middle": 0, "high": 0}


def test_ranges():
    assert Range(1.0, 4.0).middle == 2.0
    assert Range(1.0, 4.0).times(3).plus(Range(1.0, 1.0)) == Range(4.0, 13.0)
    # The sources, scaled by hand: 0.3 pJ and 10 pJ / 64 at 45 nm and 0.9 V, 130 pJ / 36 at 65 nm and 1 V.
    assert (MULTIPLICATION.low, MULTIPLICATION.high) == pytest.approx((0.1486, 2.080), rel=1e-3)
    assert (ACCESS_BIT.low, ACCESS_BIT.high) == pytest.approx((0.0774, 1.003), rel=1e-3)
