"""The plan of a lane says the same as its schedule, without the weight words."""

import pytest

from hypgcn.arith import PackedMacConfig
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import preset
from hypgcn.planning.estimate.activity import Activity
from hypgcn.planning.estimate.memory import rom_width
from hypgcn.planning.estimate.plan import LanePlan
from hypgcn.temporal.schedule import TemporalSchedule


@pytest.mark.parametrize(("name", "index"), [("tiny", 0), ("tiny", 1), ("small", 2), ("small", 3)])
@pytest.mark.parametrize(("pairs", "width"), [(1, 2), (3, 4), (8, 8)])
def test_same_as_the_schedule(name, index, pairs, width):
    if 2 * pairs < width:
        pairs = width // 2
    design = preset(name)
    block = design.blocks[index]
    schedule = TemporalSchedule.of(block, BlockFolding(lane_pairs=pairs, y_width=width))
    plan = LanePlan(block=block, joints=design.joints, frames=6, pairs=pairs, y_width=width,
                    mac=PackedMacConfig(acc_width=block.y_acc_width))
    assert plan.entries == len(schedule.entries) and plan.reads_x == schedule.reads_x
    assert len(plan.passes) == len(schedule.passes)
    assert plan.weight_bits == rom_width(schedule.words)
    assert plan.groups == len(schedule.steps)


def test_work_counts_taps_inside_the_clip():
    """One frame: of nine taps only the middle one is inside."""
    design = preset("small")
    block = design.blocks[1]
    plan = LanePlan(block=block, joints=20, frames=1, pairs=8, y_width=2, mac=PackedMacConfig(acc_width=20))
    work = plan.work(Activity.assumed(block, 20))
    assert work.h_reads == 20 * len(plan.passes) * int(block.taps[:, 4].sum()) and work.x_reads == 0
    assert work.cycles == 20 * sum(work.jobs) >= 20 * len(plan.passes)
