"""Whether a picture can be read at the width of a page: sizes of its text, labels over labels, its height."""

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from hypgcn.pages import chart

SMALLEST = 9.0
"""Pixels of a text's size where the picture is 800 pixels wide."""


def drawn(monkeypatch) -> list:
    """Figures that are written from now on."""
    figures: list = []
    png = chart.png

    def keep(figure):
        figures.append(figure)
        return png(figure)

    monkeypatch.setattr(chart, "png", keep)
    return figures


def texts(figure) -> dict:
    """Texts that are drawn, with their boxes in pixels of the file: ``{Text: Bbox}``."""
    found: dict = {}
    draw = Text.draw

    def record(self, renderer, *args, **kwargs):
        if self.get_visible() and self.get_text().strip():
            found[self] = self.get_window_extent(renderer)
        return draw(self, renderer, *args, **kwargs)

    Text.draw = record
    try:
        FigureCanvasAgg(figure).draw()
    finally:
        Text.draw = draw
    return found


def words(figure) -> list[str]:
    """What the picture says."""
    return [text.get_text() for text in texts(figure)]


def problems(figure) -> list[str]:
    """What keeps the picture from being read; empty where nothing does."""
    wide, high = figure.get_size_inches()
    wrong = [] if wide == chart.WIDTH else [f"{wide:g} inches wide"]
    wrong += [f"{high:g} inches high"] if high > chart.TALLEST else []
    found = texts(figure)
    if not found:
        wrong.append("no text")
    for text, box in found.items():
        name = repr(text.get_text())
        if (size := text.get_fontsize() * chart.PAGE / (72 * wide)) < SMALLEST:
            wrong.append(f"{name} has {size:.1f} pixels")
        if box.x0 < -1 or box.y0 < -1 or box.x1 > figure.bbox.x1 + 1 or box.y1 > figure.bbox.y1 + 1:
            wrong.append(f"{name} leaves the picture")
    for (one, first), (other, second) in combinations(found.items(), 2):
        if first.shrunk(0.98, 0.9).overlaps(second.shrunk(0.98, 0.9)):
            wrong.append(f"{one.get_text()!r} lies over {other.get_text()!r}")
    return wrong
