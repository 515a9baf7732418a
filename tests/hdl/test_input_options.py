"""Options for what a core takes: raw joints on request, and nothing that would have no effect."""

import argparse
import dataclasses

import pytest

from hypgcn.design.clip import Preparation
from hypgcn.design.presets import preset
from hypgcn.input_options import add_input_options, input_words, with_input


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_input_options(parser)
    return parser.parse_args(words)


@pytest.fixture
def design():
    tiny = preset("tiny")
    preparation = Preparation(frames=tiny.frames, scale="none", centre=1, centring="every")
    return dataclasses.replace(tiny, meta={"preparation": preparation.to_dict()})


def test_as_it_is(design):
    assert with_input(design, parsed()) is design
    raw = with_input(design, parsed("--input", "raw"))
    assert with_input(raw, parsed()) is raw


def test_raw(design):
    raw = with_input(design, parsed("--input", "raw")).raw
    assert (raw.unit, raw.centre, raw.missing, raw.patience) == ("mm", 1, "hold", 30)
    made = with_input(design, parsed("--input", "raw", "--unit", "1/8 pixel", "--step", "0.002", "--missing", "zero"))
    assert (made.raw.unit, made.raw.missing, made.raw.patience, made.input_scale) == ("1/8 pixel", "zero", 0, 0.002)
    assert with_input(design, parsed("--input", "raw", "--patience", "4")).raw.patience == 4


@pytest.mark.parametrize("name,value,shown", [
    ("unit", "mm", "'mm'"), ("step", "0.5", "0.5"), ("missing", "zero", "'zero'"), ("patience", "3", "3")])
def test_settings_of_raw_joints_need_them(design, name, value, shown):
    with pytest.raises(ValueError, match=f"--{name} must be left out without --input raw, not {shown}"):
        with_input(design, parsed(f"--{name}", value))


@pytest.mark.parametrize("words", [
    [], ["--input", "raw"], ["--input", "raw", "--unit", "1/8 pixel", "--step", "0.002", "--missing", "zero"],
    ["--input", "raw", "--patience", "4"]])
def test_words_that_say_the_same(words):
    assert input_words(parsed(*words)) == words
