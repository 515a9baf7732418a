"""The plan of a lane equals its schedule, without the weight words; in-order retirement by hand and by simulation."""

import numpy as np
import pytest
from hdl.sparse.test_unit import Case

from hypgcn.arith import PackedMacConfig
from hypgcn.cost import rom_width
from hypgcn.design.presets import preset, random_block
from hypgcn.planning.estimate import Activity
from hypgcn.sparse.lane_plan import LanePlan, in_order_slowdown, tokens
from hypgcn.sparse.layer import temporal_layer
from hypgcn.sparse.schedule import LaneSchedule, Position


@pytest.mark.parametrize(("name", "index"), [("tiny", 0), ("tiny", 1), ("small", 2), ("small", 3)])
@pytest.mark.parametrize(("pairs", "width"), [(1, 2), (3, 4), (8, 8)])
def test_same_as_the_schedule(name, index, pairs, width):
    if 2 * pairs < width:
        pairs = width // 2
    design = preset(name)
    block = design.blocks[index]
    schedule = LaneSchedule.of(temporal_layer(block), pairs, width)
    plan = LanePlan(layer=temporal_layer(block), joints=design.joints, frames=6, pairs=pairs, width=width,
                    mac=PackedMacConfig(acc_width=block.y_acc_width))
    assert plan.entries == len(schedule.entries) and plan.reads_x == schedule.reads_x
    assert len(plan.passes) == len(schedule.passes)
    assert plan.weight_bits == rom_width(schedule.words)
    assert plan.groups == len(schedule.steps)
    assert plan.positions == [Position.of([step.slots[n] for step in schedule.steps]) for n in range(width)]


def test_work_counts_taps_inside_the_clip():
    """One frame: of nine taps only the middle one is inside."""
    design = preset("small")
    block = design.blocks[1]
    plan = LanePlan(layer=temporal_layer(block), joints=20, frames=1, pairs=8, width=2,
                    mac=PackedMacConfig(acc_width=20))
    activity = Activity.assumed(block, 20)
    work = plan.work(activity.h_banks, activity.x_banks)
    assert work.h_reads == 20 * len(plan.passes) * int(block.taps[:, 4].sum()) and work.x_reads == 0
    assert work.cycles == 20 * sum(work.jobs) >= 20 * len(plan.passes)


@pytest.mark.parametrize(("jobs", "lanes", "want"), [
    ((5.0,), 1, 1.0), ((5.0,), 7, 1.0), ((5.0, 5.0, 5.0), 4, 1.0), ((9.0, 1.0), 1, 1.0),
    ((10.0, 10.0, 1.0, 1.0), 2, 1.0), ((10.0, 1.0, 1.0, 1.0), 2, 1.0),
    # One lane has the long job. The other keeps two results, and waits with the third: 11 cycles for a joint.
    ((10.0, *(1.0,) * 6), 2, 22 / 16),
])
def test_slowdown_by_hand(jobs, lanes, want):
    assert in_order_slowdown(jobs, lanes) == pytest.approx(want, rel=0.02)


def test_cycles_of_a_vector_by_chance():
    """Mean of half the non-zeros, rounded up, over random vectors; exact where all are zero or none is."""
    nonzeros = np.array([0.0, 0.5, 2.0, 5.0, 11.0, 16.0])
    vectors = np.random.default_rng(1).random((200_000, 1, 16)) < nonzeros[:, None] / 16
    found = tokens(nonzeros, 2)
    assert found == pytest.approx(np.ceil(vectors.sum(-1) / 2).mean(0), rel=0.01)
    assert found[[0, -1]].tolist() == [0, 8] and tokens(nonzeros, 1).tolist() == nonzeros.tolist()


def test_a_position_knows_what_its_steps_have_in_common():
    assert Position.of([0, 4, 8]) == Position(pairs=(0, 2, 4), second=frozenset({0}), used=frozenset({1}))
    assert Position.of([None, 5, 4]) == Position(pairs=(2,), second=frozenset({0, 1}), used=frozenset({0, 1}))
    assert Position.of([None]) == Position(pairs=(0,), second=frozenset({0}), used=frozenset({0}))


@pytest.mark.slow       # minutes, for what the cases by hand show, but against the hardware
def test_slowdown_against_the_unit():
    """A long pass and three short ones: two lanes are twice as fast as one, three are not three times."""
    block = random_block(3, joints=3, in_channels=16, out_channels=32, keep_taps=9)
    block.temporal[8:, :4] = 0
    block.temporal[8:, 5:] = 0
    cycles, expected = [], []
    for lanes in (1, 2, 3):
        case = Case(block, joints=3, frames=9, sequences=1, density=0.5, mac="inferred", lanes=lanes, lane_pairs=4,
                    y_width=8, x_rows=12, h_rows=14)
        cycles.append(case.check()["cycles"])
        plan = LanePlan(layer=temporal_layer(block), joints=3, frames=9, pairs=4, width=8,
                        mac=PackedMacConfig(acc_width=block.y_acc_width))
        activity = Activity.measured(case.x.reshape(9, 3, -1), case.h[0])
        work = plan.work(activity.h_banks, activity.x_banks)
        assert len(work.jobs) == 4
        expected.append(work.on(lanes))
    assert cycles == pytest.approx(expected, rel=0.05)
    assert cycles[1] < 0.53 * cycles[0] and cycles[2] > 0.38 * cycles[0]
