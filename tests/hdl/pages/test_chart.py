"""Size of charts, bytes of their files, labels that keep apart; and that the checker of pictures sees what is wrong."""

import numpy as np
import pytest
from legible import problems, texts, words

from hypgcn.pages import chart


def scatter(points, height=4.0):
    with chart.sheet(height) as figure:
        axes = figure.subplots()
        axes.plot(*zip(*points), marker="o", markersize=4, label="line")
        axes.margins(0.1, 0.3)
        axes.legend(loc="upper right")
        left_out = chart.spread_labels(axes, points, [f"network_{k}" for k in range(len(points))])
    return figure, left_out


def test_labels_of_points_that_lie_together():
    points = [(3 + 0.02 * k, 90 + 0.05 * (k % 3)) for k in range(9)] + [(9, 80)]
    figure, left_out = scatter(points)
    assert not left_out and not problems(figure)
    assert {f"network_{k}" for k in range(10)} <= set(words(figure))
    line = figure.axes[0].transData.transform(points)
    boxes = [box for text, box in texts(figure).items() if text.get_text().startswith("network")]
    assert not any(box.contains(*place) for box in boxes for place in line)


def test_labels_without_a_place_are_named():
    figure, left_out = scatter([(1 + k / 1e4, 1) for k in range(80)], height=1.5)
    assert 0 < len(left_out) < 80 and not set(left_out) & set(words(figure))
    assert not problems(figure)


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    image = chart.png(scatter([(1, 2), (2, 3)])[0])
    assert image == chart.png(scatter([(1, 2), (2, 3)])[0]) and image.startswith(b"\x89PNG")
    assert b"tIME" not in image and b"matplotlib" not in image.lower()
    chart.save(scatter([(1, 2), (2, 3)])[0], tmp_path / "a.png")
    before = (tmp_path / "a.png").stat().st_mtime_ns
    chart.save(scatter([(1, 2), (2, 3)])[0], tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == image and (tmp_path / "a.png").stat().st_mtime_ns == before


@pytest.mark.parametrize("height", [0, 9.5, -1])
def test_heights_that_cannot_be_seen_at_once(height):
    with pytest.raises(ValueError, match="height must be above 0 and at most 9 inches"), chart.sheet(height):
        pass


def test_sizes_stay_inside():
    import matplotlib
    before = matplotlib.rcParams["font.size"]
    with chart.sheet(2):
        assert matplotlib.rcParams["xtick.labelsize"] == chart.SMALL
    assert matplotlib.rcParams["font.size"] == before


@pytest.mark.parametrize(("fault", "text"), [
    (lambda axes: axes.text(0.5, 0.5, "small", fontsize=6), "'small' has 8.3 pixels"),
    (lambda axes: [axes.text(0.5, 0.5, word) for word in ("one", "other")], "'one' lies over 'other'"),
    (lambda axes: axes.text(0.95, 0.5, "much too long for the place that is left here"), "leaves the picture"),
    (lambda axes: axes.figure.set_size_inches(14, 4), "14 inches wide"),
    (lambda axes: axes.figure.set_size_inches(8, 21), "21 inches high"),
    (lambda axes: (axes.set_xticks(np.arange(0, 1, 0.02)), axes.set_xticklabels([f"tick {k}" for k in range(50)])),
     "lies over"),
    (lambda axes: axes.set_axis_off(), "no text"),
])
def test_the_checker_sees_what_is_wrong(fault, text):
    with chart.sheet(3) as figure:
        figure.set_layout_engine("none")
        axes = figure.subplots()
        axes.set_xlim(0, 1)
        fault(axes)
    assert any(text in found for found in problems(figure)), problems(figure)


def test_the_checker_finds_nothing_where_nothing_is():
    with chart.sheet(3) as figure:
        axes = figure.subplots()
        axes.plot([0, 1], [5, 7])
        axes.set_xlabel("some words")
    assert problems(figure) == []
