"""The page of a report: everything is in it, and a browser has nothing to say."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest
from chromium import probe
from raw_designs import raw_design

from hypgcn.design.presets import preset
from hypgcn.design.raw_input import RawInput
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.device import Device
from hypgcn.report.figures import Figures
from hypgcn.report.sections import accuracy_text, report_page

TITLES = ["In short", "Network", "Pruning", "Accuracy", "Folding", "Resources", "Where the cycles go", "Memory",
          "How it was made"]
VOID = {"meta", "link", "rect", "line"}


DEVICE = Device.load("xcku115")


def page(device=DEVICE, meta=None):
    design = preset("tiny")
    design = dataclasses.replace(design, meta=design.meta if meta is None else meta)
    return report_page(Figures.of(design, within(design, 256), device,
                                  chosen="chosen by the test", command="hypgcn report tiny --device xcku115"))


class Balanced(HTMLParser):
    """Every tag is closed; texts by the heading they stand below."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.heading = [], {"": []}, ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in VOID

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open and self.open[-1] == "h2":
            self.heading = text
            self.texts[text] = []
        elif text.strip():
            self.texts[self.heading].append(text.strip())


def test_sections_and_their_figures():
    parsed = Balanced(page()).texts
    assert list(parsed)[1:] == TITLES
    short = " ".join(parsed["In short"])
    assert "2 blocks, 3 classes" in short and "clips a second" in short and "chosen by the test" in short
    assert "By estimate, not by synthesis or routing; at an assumed 172 MHz." in parsed["In short"]
    for title in ("Resources", "Where the cycles go", "Memory"):
        assert any("By estimate" in text for text in parsed[title]), title
    assert "hypgcn report tiny --device xcku115" in parsed["How it was made"]
    assert "blocks[1].lanes" in parsed["Resources"] and "lanes" in parsed["Where the cycles go"]
    assert sum(text.startswith("block ") for text in parsed["Pruning"]) == 2


def test_accuracy_is_that_of_the_design_or_said_to_be_unknown():
    assert "does not record any" in " ".join(Balanced(page()).texts["Accuracy"])
    meta = {"weights": "trained", "test": {"clips": 464, "accuracy": {"float": 0.9353, "int8": 0.9073}}}
    parsed = Balanced(page(meta=meta)).texts
    assert "Top-1 on 464 test clips, as recorded by the command that evaluated the design." in parsed["Accuracy"]
    assert "93.53%" in parsed["Accuracy"] and "90.7% as int8" in parsed["In short"]


def test_accuracy_from_before_a_design_took_raw_joints_is_said_to_be_of_int8_clips():
    design = raw_design(RawInput(unit="mm"))
    assert accuracy_text(design) == "not recorded in the design"
    test = {"clips": 464, "accuracy": {"int8": 0.9073}}
    assert accuracy_text(dataclasses.replace(design, meta={"test": test})) == "90.7% as int8"
    before = dataclasses.replace(design, meta={"test": {**test, "input": "int8"}})
    assert accuracy_text(before) == "90.7% as int8, with int8 clips, not with raw joints"


def test_meta_is_shown_as_it_is_and_escaped():
    parsed = Balanced(page(meta={"commands": "a <b> & c", "list": [1, "x"], "none": []})).texts["How it was made"]
    assert {"commands", "a <b> & c", "1, x", "none"} <= set(parsed)


def test_a_design_that_does_not_fit_is_said_not_to():
    assert "does not fit: too many DSPs and LUTs" in page(dataclasses.replace(DEVICE, dsp=10, lut=100))
    assert "does not fit" not in page()


def test_the_same_page_for_the_same_design_and_nothing_from_elsewhere():
    assert page() == page()
    assert not re.search(r"https?://|<script|@import|url\(", page())


@pytest.mark.parametrize("width", [500, 1100])
def test_in_chromium(tmp_path, width):
    found, said = probe(tmp_path, page(), """
return { headings: [...document.querySelectorAll("h2")].map((heading) => heading.textContent),
  wide: [document.documentElement.scrollWidth, window.innerWidth],
  bars: [...document.querySelectorAll("section rect")].filter((bar) => bar.getBoundingClientRect().width > 1).length };
""", size=(width, 1500))
    assert said == []
    assert found["headings"] == TITLES and found["wide"][0] <= found["wide"][1] and found["bars"] > 20
