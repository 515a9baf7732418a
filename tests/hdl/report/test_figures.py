"""What a report says of a design."""

import dataclasses

import pytest

from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import estimate
from hypgcn.report.figures import Figures

DESIGN = preset("tiny")
FOLDING = within(DESIGN, 256)


def figures(device="xcku115", folding=FOLDING):
    return Figures.of(DESIGN, folding, Device.load(device), chosen="by the test", command="hypgcn report tiny")


def test_estimates_are_those_of_the_design():
    found, expected = figures(), estimate(DESIGN, FOLDING)
    assert found.estimate.cycles == expected.cycles
    assert found.clips_per_second == pytest.approx(172e6 / expected.cycles)
    assert found.first_clip_ms == pytest.approx(expected.first_clip / 172e3)
    assert found.used["dsp"] == (expected.resources.dsp, 5520)
    assert found.storage.totals()["all"] == pytest.approx(expected.resources.bram36)


def test_resources_that_nobody_has_or_uses_are_left_out():
    assert list(figures().used) == ["dsp", "bram36", "lut"]
    assert "uram" in figures("xcu250").used


def test_units_and_fields_of_the_folding():
    found = figures()
    assert {"graph", "x_store", "lanes"} <= set(found.units) and len(found.units) == len(set(found.units))
    assert found.folding_rows()[0]["lanes"] == FOLDING.blocks[0].lanes and len(found.folding_rows()) == 2


def test_a_folding_of_another_device_is_refused():
    with pytest.raises(ValueError, match="folding must have a MAC that XC7Z020 can do, dsp48e1, not dsp48e2"):
        figures("xc7z020")
    assert figures(folding=dataclasses.replace(FOLDING, mac="inferred")).estimate.cycles > 0
