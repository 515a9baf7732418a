"""Lanes that wait for each other: by hand, and against the unit in simulation."""

from dataclasses import replace
from pathlib import Path

import pytest
from hdl.temporal.test_unit import Case

from hypgcn.arith import PackedMacConfig
from hypgcn.design import Design
from hypgcn.planning.estimate import Activity
from hypgcn.planning.estimate.in_order import in_order
from hypgcn.planning.estimate.plan import LanePlan

DESIGN = Design.load(Path(__file__).parents[4] / "checkpoints" / "nwucla_small" / "design")


@pytest.mark.parametrize(("jobs", "lanes", "want"), [
    ((5.0,), 1, 1.0), ((5.0,), 7, 1.0), ((5.0, 5.0, 5.0), 4, 1.0), ((9.0, 1.0), 1, 1.0),
    ((10.0, 1.0), 3, 30 / 22),      # the lane of the short jobs waits for the long ones: 10 cycles for two joints
    ((10.0, 10.0, 1.0, 1.0), 2, 1.0),
])
def test_by_hand(jobs, lanes, want):
    assert in_order(jobs, lanes) == pytest.approx(want, rel=0.02)


def test_against_the_unit():
    """A block with five long and six short passes: a sixth lane brings much less than a sixth more."""
    block = replace(DESIGN.blocks[2], h_depths=(20,) * 4)
    cycles, expected, sixths = [], [], []
    for lanes in (5, 6):
        case = Case(block, joints=5, frames=9, sequences=1, density=0.25, mac="inferred", lanes=lanes, lane_pairs=3,
                    y_width=2, x_rows=12, h_rows=14)
        cycles.append(case.check()["cycles"])
        plan = LanePlan(block=block, joints=5, frames=9, pairs=3, y_width=2,
                        mac=PackedMacConfig(acc_width=block.y_acc_width))
        work = plan.work(Activity.measured(case.x.reshape(9, 5, -1), case.h[0]))
        assert len(work.jobs) == 11
        expected.append(work.on(lanes))
        sixths.append(1 / lanes)
    assert cycles[1] / cycles[0] == pytest.approx(expected[1] / expected[0], rel=0.05)
    assert cycles[1] / cycles[0] > 1.05 * sixths[1] / sixths[0]
