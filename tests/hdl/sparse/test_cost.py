"""Estimated cost of the units of the temporal unit: against Yosys' counts, and cycles counted by hand."""

import pytest
from hdl.measured import CONV, COUNTED, FOLDING, LARGE, check, model

from hypgcn.arith.cost import unpack_luts
from hypgcn.cost import Resources
from hypgcn.design.presets import preset
from hypgcn.planning.estimate import BlockModel
from hypgcn.rfc.cost import ENCODERS, register_slice
from hypgcn.sparse.cost import combiner, dispatcher, lane, lanes


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
