"""The page of a report on an ensemble: each stream, what they share, the budget, the sum."""

import dataclasses

import pytest
from chromium import probe
from ensembles import small_ensemble
from hdl.report.test_sections import TITLES, Balanced

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.planning.allocator.streams import estimate_streams, streams_within
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import estimate
from hypgcn.report.ensemble import EnsembleFigures, ensemble_page
from hypgcn.report.figures import SHARES

DEVICE = Device.load("xcku115")
ENSEMBLE = small_ensemble(frames=4, joints=5, persons=1)
FOLDINGS = streams_within(ENSEMBLE, 60)
OWN = ["In short", "Streams", "Sum", "Budget"]


def figures(device=DEVICE, ensemble=ENSEMBLE):
    return EnsembleFigures.of(ensemble, FOLDINGS, device, chosen="by the test", command="hypgcn report two")


def test_estimates_are_of_all_networks_and_what_they_share():
    found, expected = figures(), estimate_streams(ENSEMBLE, FOLDINGS)
    assert found.cycles == expected.cycles and found.clips_per_second == pytest.approx(172e6 / expected.cycles)
    assert [part.estimate.cycles for part in found.streams] == [part.cycles for part in expected.estimates]
    assert found.used == {name: (getattr(expected.resources, name), getattr(DEVICE, name)) for name in SHARES[:3]}
    parts = sum(estimate(design, folding).resources.dsp for design, folding in zip(ENSEMBLE.designs, FOLDINGS))
    assert found.used["dsp"][0] == parts + 2     # one multiplier of the sum for each stream


@pytest.mark.parametrize("slow", [0, 1])
def test_cycles_are_those_of_the_slowest_network(slow):
    foldings = [Folding(blocks=(BlockFolding(lanes=4, conv_pairs=4),)) for _ in ENSEMBLE.streams]
    foldings[slow] = Folding(blocks=(BlockFolding(),))
    found = EnsembleFigures.of(ENSEMBLE, tuple(foldings), DEVICE, chosen="", command="")
    cycles = [part.estimate.cycles for part in found.streams]
    assert found.cycles == cycles[slow] > cycles[1 - slow]


def test_sections_of_all_and_of_each_stream():
    parsed = Balanced(ensemble_page(figures())).texts
    assert list(parsed)[1:] == OWN + [f"{stream}: {title}" for stream in ENSEMBLE.streams for title in TITLES[1:]]
    short = " ".join(parsed["In short"])
    assert "2: joint, bone-motion; 3 classes, clips of 1 person, 4 frames, 5 joints" in short and "by the test" in short
    assert "hypgcn report two" in parsed["bone-motion: How it was made"]
    assert ENSEMBLE.designs[1].hash in parsed["bone-motion: How it was made"]
    for title in ("In short", "Streams", "Budget", "joint: Resources"):
        assert any("By estimate" in text for text in parsed[title]), title


def test_a_row_for_each_stream_one_for_what_they_share_and_one_for_all():
    found = figures()
    texts = Balanced(ensemble_page(found)).texts["Streams"]
    rows = texts[texts.index("LUTs") + 1:-1]
    joint, motion, shared, whole = (rows.index(name) for name in ("joint", "bone-motion", "shared", "all"))
    names = [design.name for design in ENSEMBLE.designs]
    assert f"{names[0]}," in rows[joint:motion] and "1" in rows[joint:motion]
    cycles = [f"{part.estimate.cycles:,.0f}" for part in found.streams]
    assert cycles[0] in rows[joint:motion] and cycles[1] in rows[motion:shared]
    dsp = [f"{part.estimate.resources.dsp}" for part in found.streams]
    assert dsp[0] in rows[joint:motion] and dsp[1] in rows[motion:shared] and rows[shared + 1] == "2"
    assert rows[whole:whole + 4] == ["all", "2", f"{found.cycles:,.0f}", f"{found.used['dsp'][0]}"]


def test_the_integers_of_the_sum():
    texts = Balanced(ensemble_page(figures())).texts["Sum"]
    text = " ".join(texts)
    assert f"shifted right by {ENSEMBLE.shift} and rounded: {ENSEMBLE.score_width} bits" in text
    assert f"Times {ENSEMBLE.score_scale:.6g} it is the weighted sum of logits." in text
    rows = texts[texts.index("multiplier") + 1:]
    widths = [str(width) for width in ENSEMBLE.logit_widths]
    assert rows == ["joint", "1", "0.01", widths[0], f"{ENSEMBLE.mults[0]:,}",
                    "bone-motion", "2", "0.003", widths[1], f"{ENSEMBLE.mults[1]:,}"]


def test_the_budget_is_of_all_together():
    """Each network fits, but not both."""
    most = max(part.estimate.resources.dsp for part in figures().streams)
    page = ensemble_page(figures(dataclasses.replace(DEVICE, dsp=most + 1)))
    assert "does not fit: too many DSPs" in page and "does not fit" not in ensemble_page(figures())
    with pytest.raises(ValueError, match="folding must have a MAC that XC7Z020 can do, dsp48e1, not dsp48e2"):
        figures(Device.load("xc7z020"))
    texts = Balanced(ensemble_page(figures())).texts["Budget"]
    assert {"fork", "sum", "scores", "every joint to all networks", "shared", "joint"} <= set(texts)


def test_long_names_are_short_beside_a_bar():
    long = "joint-motion-of-the-second-camera"[:32]
    found = figures(ensemble=dataclasses.replace(ENSEMBLE, streams=("joint", long)))
    texts = Balanced(ensemble_page(found)).texts
    assert "joint-motio\u2026" in texts["Budget"] and long not in texts["Budget"] and long in texts["Streams"]


def test_the_same_page_for_the_same_ensemble():
    assert ensemble_page(figures()) == ensemble_page(figures())


@pytest.mark.parametrize("width", [500, 1100])
def test_in_chromium(tmp_path, width):
    found, said = probe(tmp_path, ensemble_page(figures()), """
return { headings: [...document.querySelectorAll("h2")].map((heading) => heading.textContent),
  wide: [document.documentElement.scrollWidth, window.innerWidth],
  bars: [...document.querySelectorAll("section rect")].filter((bar) => bar.getBoundingClientRect().width > 1).length };
""", size=(width, 1500))
    assert said == []
    assert found["headings"][:4] == OWN and found["wide"][0] <= found["wide"][1] and found["bars"] > 40
