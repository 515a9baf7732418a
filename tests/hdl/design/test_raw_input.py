"""Fields of a raw input: ranges, files, and what of a design depends on them."""

import dataclasses
import json

import numpy as np
import pytest
from raw_designs import raw_design

from hypgcn.design import Design
from hypgcn.design.presets import preset
from hypgcn.design.raw_input import RawInput


@pytest.mark.parametrize("fields,text", [
    (dict(unit="inch"), "raw.unit must be one of 'mm', '1/8 pixel', not 'inch'"),
    (dict(centring="last"), "raw.centring must be one of 'first', 'every', not 'last'"),
    (dict(missing="guess"), "raw.missing must be one of 'hold', 'zero', not 'guess'"),
    (dict(patience=5000), "raw.patience must be in 0..4096, not 5000"),
    (dict(centre=64), "raw.centre must be in 0..63, not 64"),
    (dict(centre=0, parents=(0, 0)), "raw.centre must be none with raw.parents, because a bone is the same wherever "
                                     "the body is, not 0"),
    (dict(missing="zero", patience=3), "raw.patience must be 0 with raw.missing 'zero', which holds nothing, not 3"),
])
def test_ranges(fields, text):
    with pytest.raises(ValueError) as caught:
        RawInput(**{"unit": "mm", **fields})
    assert str(caught.value) == text


def test_kinds():
    with pytest.raises(TypeError, match="raw.motion must be true or false, not 1"):
        RawInput(unit="mm", motion=1)
    with pytest.raises(TypeError, match="raw.centre must be an integer, not 1.5"):
        RawInput(unit="mm", centre=1.5)


@pytest.mark.parametrize("fields,text", [
    (dict(centre=5), "raw.centre must be in 0..4, not 5"),
    (dict(parents=(0, 0)), "raw.parents must have one entry for each of the 5 joints, not 2"),
    (dict(parents=(0, 0, 0, 9, 0)), r"raw.parents\[3\] must be in 0..4, not 9"),
])
def test_joints_of_the_design(fields, text):
    with pytest.raises(ValueError, match=text):
        raw_design(RawInput(unit="mm", **fields))
    with pytest.raises(TypeError, match="raw must be a RawInput or None, not dict"):
        dataclasses.replace(preset("tiny"), raw={"unit": "mm"})


@pytest.mark.parametrize("fields,widths", [
    ({}, (16, 16)), (dict(centre=0), (17, 17)), (dict(parents=(0,) * 5), (17, 17)), (dict(motion=True), (16, 17)),
    (dict(centre=0, motion=True), (17, 18)),
])
def test_widths(fields, widths):
    raw = RawInput(unit="mm", **fields)
    assert (raw.place_width, raw.value_width) == widths
    design = raw_design(raw)
    assert (design.element_width, design.input_width, design.clip_type) == (16, widths[1], np.int16)


def test_int8_is_the_default_and_its_hash_stays():
    design = preset("tiny")
    assert design.raw is None and (design.element_width, design.input_width, design.clip_type) == (8, 8, np.int8)
    assert design.hash == "8bc50a3b9ea2b026c3939b47babe4c0452608144ecc89e558cdcd9e4c177f29c"


def test_files(tmp_path):
    design = raw_design(RawInput(unit="1/8 pixel", parents=(0, 0, 1, 2, 3), motion=True, patience=7))
    design.save(tmp_path)
    loaded = Design.load(tmp_path)
    assert loaded.raw == design.raw and loaded.hash == design.hash
    assert design.hash != dataclasses.replace(design, raw=None).hash
    assert design.hash != dataclasses.replace(design, raw=dataclasses.replace(design.raw, patience=8)).hash


@pytest.mark.parametrize("entry,text", [
    ([], r"raw must be the fields of a raw input, not \[\]"),
    ({}, "raw must have unit and no other fields than unit, centre, centring, parents, motion, missing, patience, not "
         "none"),
    ({"unit": "mm", "turn": 1}, "raw must have unit and no other fields than .*, not unit, turn"),
])
def test_damaged_files(tmp_path, entry, text):
    raw_design(RawInput(unit="mm")).save(tmp_path)
    data = json.loads((tmp_path / "design.json").read_text(encoding="utf-8"))
    (tmp_path / "design.json").write_text(json.dumps({**data, "raw": entry}), encoding="utf-8")
    with pytest.raises(ValueError, match=text):
        Design.load(tmp_path)


def test_clips_are_checked():
    design = raw_design(RawInput(unit="mm"))
    with pytest.raises(ValueError, match="clip must be int16, not int8: quantise it with"):
        design.check_clip(np.zeros(design.clip_shape, np.int8))
    with pytest.raises(ValueError, match=r"clip must have shape \(2, 6, 5, 3\) \(persons, frames, joints, channels\)"):
        design.check_clip(np.zeros((1, 1), np.int16))
