"""Budgets of ``hypgcn bench``: of the device, of the paper, or as they are given."""

from argparse import Namespace

import pytest

from hypgcn.design.presets import random_design
from hypgcn.planning.budget import PLENTY, Budget
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import estimate
from hypgcn_sim.commands import bench
from hypgcn_sim.commands.bench import BUDGETS, LUT_RESERVE, device_budgets, device_files


def options(**given):
    return Namespace(**{"device": None, "quick": False, "folding": [], "dsp": None, "bram36": None, "lut": None,
                        **given})


def test_the_papers_budget_is_that_of_one_network_alone():
    device = Device.load("xcku115")
    whole = Budget.of(device)
    for defaults, expected in ((BUDGETS, Budget(dsp=3544, bram36=900, lut=176_776)), ({}, whole)):
        found = device_budgets(options(), defaults)
        assert list(found) == ["xcku115", "xcku040"]
        at, budget, allowed = found["xcku115"]
        assert (at, budget) == (device, expected)
        assert allowed == Budget(dsp=budget.dsp, bram36=budget.bram36, lut=int(budget.lut * (1 - LUT_RESERVE)))
        assert found["xcku040"][1] == Budget.of(Device.load("xcku040"))


@pytest.mark.parametrize("given,expected", [
    ({"dsp": "1000"}, Budget(dsp=1000, bram36=900, lut=176_776)),
    ({"bram36": "50%", "lut": "10%"}, Budget(dsp=3544, bram36=1080, lut=66_336)),
])
def test_limits_that_are_given_go_before(given, expected):
    assert device_budgets(options(device=["XCKU115"], **given), BUDGETS)["xcku115"][1] == expected


def test_quick_foldings_have_a_limit_of_multipliers_alone():
    (device, budget, _), = device_budgets(options(quick=True), BUDGETS).values()
    assert device == Device.load("xcku115") and budget == Budget(dsp=256, bram36=PLENTY, lut=PLENTY)


def test_foldings_are_for_the_device(tmp_path, monkeypatch):
    """Of few multipliers: 16 are the least with requantisers that have some of their own."""
    design = random_design(1, name="smallest", frames=4, joints=5, classes=2, widths=(16, 24), strides=(1, 2), kernel=3)
    (tmp_path / "few.toml").write_text('name = "few"\nmac = "dsp48e1"\nmultiplier = 25\ndsp = 12\nbram36 = 100\n'
                                       "lut = 100_000\nff = 200_000\n", encoding="utf-8")
    monkeypatch.setattr(bench, "choice", lambda args, design, count: [])
    (point,) = bench._points(options(device=[str(tmp_path / "few.toml")]), design).values()
    assert point.folding.mac == "dsp48e1" and {block.y_requant for block in point.folding.blocks} - {"dsp"}
    assert estimate(design, point.folding, multiplier=25).resources.dsp <= 12


def test_files_by_device():
    args = options(folding=["XCKU115=a=b.json", "xcku040=c.json"])
    assert device_files(args, ["xcku115", "xcku040"], str.upper) == {"xcku115": "A=B.JSON", "xcku040": "C.JSON"}
    with pytest.raises(ValueError, match="--folding must be for one of xcku115, not xcku040"):
        device_files(args, ["xcku115"], lambda path: pytest.fail("nothing is read"))
