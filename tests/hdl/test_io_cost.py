"""Estimated cost of input, head and absent persons: against Yosys' counts, and which of them a network has."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hdl.measured import COUNTED, DESIGN, FOLDING, check

from hypgcn.absent import leaves_out
from hypgcn.cost import luts
from hypgcn.design.ensemble import Ensemble
from hypgcn.design.presets import preset, random_design
from hypgcn.design.raw_input import RawInput
from hypgcn.io_cost import absent_persons, ensemble_units, head, input_affine, io_units, raw_preparation

ESTIMATED = {
    "input_affine": lambda: input_affine(DESIGN).resources,
    "absent_persons": lambda: absent_persons(DESIGN).resources,
    "head": lambda: head(DESIGN, FOLDING.head_width, absent=leaves_out(DESIGN, FOLDING.skip_absent)).resources,
}


RAW = {row["unit"]: row for row in json.loads((Path(__file__).parent / "cost/raw_units.json").read_text(
    encoding="utf-8"))}
"""Preparations of raw joints, and the input affine and the unit for absent persons behind two of them, mapped by
:func:`hypgcn_sim.synthesis.units.synthesise`."""
BONES = (1, 1, 1, 2, 2, 4, 5, 6, 2, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18)
HOLD, ZERO = dict(unit="mm", patience=30), dict(unit="mm", missing="zero")
PREPARATIONS = {
    "joint": RawInput(centre=1, **HOLD), "bone": RawInput(parents=BONES, **HOLD),
    "joint_motion": RawInput(centre=1, motion=True, **HOLD),
    "bone_motion": RawInput(parents=BONES, motion=True, **HOLD),
    "joint_zero": RawInput(centre=1, **ZERO), "bone_zero": RawInput(parents=BONES, **ZERO),
    "plain_zero": RawInput(**ZERO), "first": RawInput(centre=1, centring="first", **HOLD),
    "two_joint": RawInput(centre=1, **HOLD),
    "two_bone": RawInput(parents=tuple(max(0, joint - 1) for joint in range(25)), **HOLD),
}


def raw_design(name):
    """The design that :data:`RAW` has the counts of: the small one, or two persons of 25 joints in 150 frames."""
    two = random_design(1, name="two", frames=150, joints=25, persons=2, classes=2, widths=(4,), strides=(1,))
    return replace(two if name.startswith("two") else DESIGN, raw=PREPARATIONS[name])


@pytest.mark.parametrize("name", PREPARATIONS)
def test_raw_preparation_against_yosys(name):
    design = raw_design(name)
    check(raw_preparation(design, design.raw).resources, RAW[f"{name}.raw"])


@pytest.mark.parametrize("name", ["joint", "bone_motion"])
def test_wider_coordinates_against_yosys(name):
    design = raw_design(name)
    check(input_affine(design).resources, RAW[f"{name}.input"])
    check(absent_persons(design).resources, RAW[f"{name}.absent"])


ENSEMBLE = {row["unit"]: row for row in json.loads((Path(__file__).parent / "cost/ensemble_units.json").read_text(
    encoding="utf-8"))}
"""What two and four small networks of raw joints share, mapped likewise: ``scores`` is the shell's result output with
the scores of the networks, less the same without."""


@pytest.mark.parametrize("count", [2, 4])
def test_what_an_ensemble_shares_against_yosys(count):
    design = replace(raw_design("joint"), logit_scale=1.0)
    ensemble = Ensemble(name="e", streams=tuple(f"s{index}" for index in range(count)), designs=(design,) * count,
                        weights=(Fraction(1),) * count)
    assert ensemble.logit_widths == (27,) * count     # as those that were mapped
    for unit, cost in ensemble_units(ensemble).items():
        check(cost.resources, ENSEMBLE[f"{'two' if count == 2 else 'four'}.{unit}"])


def test_wide_scores_take_a_second_multiplier():
    design = replace(raw_design("joint"), logit_scale=1.0)
    wide = replace(design, head_bias=design.head_bias * 0 + 2 ** 35)
    ensemble = Ensemble(name="e", streams=("a", "b"), designs=(design, wide), weights=(Fraction(1),) * 2)
    assert ensemble_units(ensemble)["sum"].resources.dsp == 3


def test_raw_joints_are_a_unit_of_their_own():
    design = raw_design("joint_motion")
    assert set(io_units(design, 4)) == {"raw_input", *io_units(DESIGN, 4)}
    assert io_units(design, 4)["raw_input"].cycles == design.frames * (design.joints + 1) + design.joints


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
