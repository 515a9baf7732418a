"""Pictures as inline SVG."""

import re
from xml.etree import ElementTree

import pytest

from hypgcn.pages.svg import bars, grid, key


def rectangles(svg):
    return [{name: float(value) for name, value in element.attrib.items() if name in ("x", "y", "width", "height")}
            for element in ElementTree.fromstring(svg).iter("rect")]


def test_bars_are_to_scale():
    found = rectangles(bars("a", [("one", (10,), "ten"), ("two", (5,), "five"), ("none", (), "")]))
    assert [bar["width"] for bar in found] == [520.0, 260.0]
    assert found[0]["x"] == found[1]["x"] and found[0]["y"] < found[1]["y"]


def test_values_stand_below_or_behind_one_another():
    rows = [("one", (3, 1), "")]
    below, behind = rectangles(bars("a", rows)), rectangles(bars("a", rows, stacked=True))
    assert below[0]["x"] == below[1]["x"] and below[0]["y"] < below[1]["y"]
    assert behind[1]["x"] == behind[0]["x"] + behind[0]["width"] and behind[0]["y"] == behind[1]["y"]
    assert [bar["width"] for bar in behind] == [390.0, 130.0]


def test_texts_are_escaped_and_zeros_are_no_error():
    svg = bars('a "b" <c>', [("<one>", (0,), "&")])
    assert ElementTree.fromstring(svg).attrib["aria-label"] == 'a "b" <c>'
    assert "&lt;one&gt;" in svg and rectangles(svg)[0]["width"] == 0


@pytest.mark.parametrize("values", [(-1,), (1, 2, 3, 4, 5)])
def test_wrong_values(values):
    with pytest.raises(ValueError, match="rows must have at most 4 values of at least 0"):
        bars("a", [("one", values, "")])


def test_grids_and_keys():
    svg = grid("taps", [[True, False, True], [False, False, True]])
    found = rectangles(svg)
    assert len(found) == 6 and (found[5]["x"], found[5]["y"]) == (14, 7)
    assert svg.count("var(--first)") == 3
    assert re.findall(r"var\((--\w+)\)\">(\w+)", key(("a", "b"))) == [("--first", "a"), ("--second", "b")]
