"""Estimated cost of input, head and absent persons: against Yosys' counts, and which of them a network has."""

from dataclasses import replace

import pytest
from hdl.measured import COUNTED, DESIGN, FOLDING, check

from hypgcn.absent import leaves_out
from hypgcn.cost import luts
from hypgcn.design.presets import preset
from hypgcn.io_cost import absent_persons, head, input_affine, io_units

ESTIMATED = {
    "input_affine": lambda: input_affine(DESIGN).resources,
    "absent_persons": lambda: absent_persons(DESIGN).resources,
    "head": lambda: head(DESIGN, FOLDING.head_width, absent=leaves_out(DESIGN, FOLDING.skip_absent)).resources,
}


@pytest.mark.parametrize("unit", ESTIMATED)
def test_against_yosys(unit):
    check(ESTIMATED[unit](), COUNTED[unit])


def test_absent_persons_only_where_they_are_left_out():
    design = preset("tiny")
    skips, every = io_units(design, 4), io_units(design, 4, skip_absent=False)
    assert set(skips) == {"absent", "input", "head"} and set(every) == {"input", "head"}
    assert skips["head"].resources.lut > every["head"].resources.lut
    assert skips["absent"].cycles == design.persons * design.frames * design.joints
    assert skips["input"].cycles == design.channels * skips["absent"].cycles


def test_head_takes_its_positions_or_its_classes():
    design = preset("tiny")
    last = design.blocks[-1]
    positions = design.persons * design.block_frames(len(design.blocks)) * design.joints
    assert head(design, 1).cycles == positions * last.out_banks * 16
    many = replace(design, classes=500, head=design.head.repeat(-(-500 // len(design.head)), axis=0)[:500],
                   head_bias=design.head_bias.repeat(-(-500 // len(design.head_bias)))[:500])
    assert head(many, 16).cycles == head(many, 8).cycles > positions * last.out_banks
    # With a register slice for whole vectors where the head takes several cycles for one.
    for width, slice_luts in ((4, luts.VECTOR), (16, 0)):
        assert io_units(design, width)["head"].resources.lut == pytest.approx(
            head(design, width, absent=True).resources.lut + slice_luts)
