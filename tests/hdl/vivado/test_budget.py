"""The folding that is chosen for a part: the form of its multipliers, within its resources."""

import pytest
from ensembles import small_ensemble

from hypgcn.design.presets import preset, random_design
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.allocator.streams import estimate_streams, streams_within
from hypgcn.planning.defaults import DEFAULT_MULTIPLIERS
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import estimate
from hypgcn.planning.part import Part
from hypgcn.vivado.budget import SHARE, choose_folding, resources_of

DESIGN = random_design(1, name="smallest", frames=4, joints=5, classes=2, widths=(16, 24), strides=(1, 2), kernel=3)


@pytest.mark.parametrize(("part", "mac"), [
    ("xc7z020clg400-1", "dsp48e1"), ("xa7a35tcpg236-1", "dsp48e1"), ("xck26-sfvc784-2LV-c", "dsp48e2"),
    ("xcvc1902-vsva2197-2MP-e-S", "inferred"),
])
def test_form_and_budget_follow_from_the_part(part, mac):
    """A DSP48E2 was written for a Zynq-7000."""
    part = Part.parse(part)
    folding = choose_folding(DESIGN, part)
    assert folding.mac == mac
    used = estimate(DESIGN, folding, multiplier=part.resources.multiplier).resources
    for name in ("dsp", "bram36", "lut"):
        assert getattr(used, name) <= getattr(part.resources, name) * SHARE / 100


def test_a_large_part_has_the_default_folding():
    design = preset("tiny")
    part = Part.parse("xcu250-figd2104-2L-e")
    assert choose_folding(design, part) == within(design, 3544)


def test_requantisers_for_devices_of_few_multipliers():
    """All of their own take 16 multipliers."""
    few = Device(name="few", mac="dsp48e1", multiplier=25, dsp=15, bram36=100, lut=100_000, ff=200_000)
    folding = choose_folding(DESIGN, Part.parse("xc7z020clg400-1"), few)
    assert {block.y_requant for block in folding.blocks} - {"dsp"}
    assert estimate(DESIGN, folding, multiplier=25).resources.dsp <= 15 * SHARE / 100


def test_the_networks_of_an_ensemble_divide_the_share():
    part = Part.parse("xc7a35tcpg236-1")
    pair = small_ensemble(frames=4, widths=(16,))
    foldings = choose_folding(pair, part)
    assert [folding.mac for folding in foldings] == ["dsp48e1", "dsp48e1"]
    used = estimate_streams(pair, foldings, part.resources.multiplier).resources
    for name in ("dsp", "bram36", "lut"):
        assert getattr(used, name) <= getattr(part.resources, name) * SHARE / 100
    large = Part.parse("xcu250-figd2104-2L-e")
    assert choose_folding(pair, large) == streams_within(pair, DEFAULT_MULTIPLIERS)


def test_resources_that_are_not_known_are_asked_for():
    part = Part.parse("xcvu57p-fsvk2892-2-e")
    with pytest.raises(ValueError, match=r"resources of xcvu57p are not known \(known: .*xcku115.*\); give them in a "
                                         "TOML file with --device, or a folding with --folding"):
        resources_of(part)
    assert resources_of(part, Device.load("xcvu37p")).dsp == 9024
    with pytest.raises(ValueError, match="cannot do the folding's mac 'dsp48e2'"):
        resources_of(Part.parse("xc7z020clg400-1"), Device.load("xcvu37p"))
