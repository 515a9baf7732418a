"""Estimated cost of the units of the temporal unit: against Yosys' counts, and cycles counted by hand."""

from dataclasses import replace

import pytest
from hdl.measured import CONV, COUNTED, FOLDING, LARGE, check, model

from hypgcn.arith.cost import unpack_luts
from hypgcn.cost import Memory, Resources
from hypgcn.design.presets import preset
from hypgcn.planning.estimate import BlockModel
from hypgcn.rfc.cost import ENCODERS, register_slice
from hypgcn.sparse.cost import combiner, dispatcher, lane, lanes, max_rows
from hypgcn.sparse.max_rows import MaxRowsConfig


def one_lane():
    """A lane as it was synthesised: with the separation of its sums."""
    folding = FOLDING.blocks[CONV]
    shape = model(CONV).shape
    plan = shape.plan(shape.temporal_layer, folding.lane_pairs, folding.y_width)
    return lane(plan) + Resources(lut=unpack_luts(plan.pairs, plan.mac.acc_width))


ESTIMATED = {"temporal_lane": one_lane}


@pytest.mark.parametrize("unit", ESTIMATED)
def test_against_yosys(unit):
    check(ESTIMATED[unit](), COUNTED[unit])


def test_large_combiner_against_yosys():
    """The combiner with its requantisers, without the encoder and the register slice behind."""
    combine = BlockModel.of(preset("full"), 5).temporal(8, 6, 4)["combine"].resources
    check(combine + Resources(lut=-ENCODERS[4]) + register_slice(4).resources * -1, LARGE["combine"])


def test_lanes_share_the_work_of_all_persons():
    block = model(CONV)
    plan, work = block.shape.plan(block.shape.temporal_layer, 4, 4), block.work(4, 4)
    one = lane(plan)
    three = lanes(3, one, work, persons=2)
    assert three.cycles == 2 * work.on(3) and three.x_reads == 2 * work.x_reads
    assert three.resources == one * 3


def test_a_lane_of_two_is_less_than_two_lanes():
    """Twice the multipliers and weights, but one accumulator, wrap counter and read-address generator."""
    shape = model(CONV).shape
    one, two = (lane(shape.plan(shape.temporal_layer, 4, 4, depth)) for depth in (1, 2))
    assert two.dsp == 2 * one.dsp and two.bram36 <= 2 * one.bram36
    assert one.lut < two.lut < 1.5 * one.lut


def test_more_lanes_take_more_around_them():
    shape = model(CONV).shape
    plan = shape.plan(shape.temporal_layer, 4, 4)
    assert plan.reads_x
    for few, many in ((dispatcher(plan, 2, identity=False), dispatcher(plan, 9, identity=False)),
                      (combiner(plan, 2, rows=1), combiner(plan, 9, rows=1))):
        assert few.resources.lut < many.resources.lut
    assert dispatcher(plan, 2, identity=True).resources.lut < dispatcher(plan, 2, identity=False).resources.lut
    assert combiner(plan, 2, rows=5).cycles == 5 * plan.joints * plan.groups


def test_a_running_maximum_takes_a_row_more_of_each_person():
    cfg = MaxRowsConfig(frames=10, joints=25, channels=64, width=4, first=48, maximum=10)
    cost = max_rows(cfg, persons=2)
    assert cost.cycles == 2 * 11 * 25 * 16
    assert cost.resources.bram36 == Memory("ram", 4 * 7 + 1 + 4 * 7, 400).primitives.bram36
    assert max_rows(replace(cfg, maximum=1), persons=2).resources.lut < cost.resources.lut


@pytest.mark.parametrize(("width", "maximum", "lut", "bram36"), [
    (4, 10, 209, 1.0), (16, 42, 747, 3.5), (16, 1, 191, 2.0)])
def test_running_maxima_against_yosys(width, maximum, lut, bram36):
    """Counted on ``MaxRows`` alone, 25 joints of 64 channels, by ``hypgcn_sim.synthesis.units.synthesise``."""
    cfg = MaxRowsConfig(frames=75, joints=25, channels=64, width=width, first=12, maximum=maximum)
    found = max_rows(cfg, persons=1).resources
    assert found.lut == pytest.approx(lut, rel=0.1) and found.bram36 == bram36
