"""Charts that can be read at the width of a page: their size, their text, and labels that keep apart.

A page shows a picture about 800 pixels wide, whatever its file has. So all are :data:`WIDTH` inches wide, at most
:data:`TALLEST` high, which is a screen, and their smallest text has :data:`SMALL` points: 9.7 pixels there.
"""

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..design.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DPI", "PAGE", "SMALL", "TALLEST", "TEXT", "TITLE", "WIDTH", "png", "save", "sheet", "spread_labels",
           "wrapped"]

WIDTH, TALLEST = 8.0, 9.0
"""Inches."""
PAGE = 800
"""Pixels of a page that :data:`WIDTH` is shown as."""
DPI = 150
"""Of files: sharp on screens with two pixels a pixel of the page, too."""
SMALL, TEXT, TITLE = 7.0, 8.0, 9.5
"""Points of ticks and notes, of labels and legends, and of titles."""
_RINGS = (10, 14, 20, 27, 35, 44, 54, 66, 80, 96)
"""Distances of a label from its point, in points."""
_PLACES = [(ring, 2 * np.pi * (turn / 16 + 0.25)) for ring in _RINGS for turn in range(16)]
"""Distances and directions that are tried for a label, in this order."""


@contextmanager
def sheet(height: float) -> "Iterator[Figure]":
    """An empty figure of ``height`` inches; while the block runs, texts have the sizes of this module."""
    import matplotlib
    from matplotlib.figure import Figure

    if not 0 < height <= TALLEST:
        raise ValueError(f"height must be above 0 and at most {TALLEST:g} inches, not {height:g}")
    sizes: Any = {"font.size": TEXT, "axes.labelsize": TEXT, "axes.titlesize": TITLE, "legend.fontsize": TEXT,
             "xtick.labelsize": SMALL, "ytick.labelsize": SMALL, "figure.titlesize": TITLE}
    with matplotlib.rc_context(sizes):
        yield Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def wrapped(title: str) -> str:
    """``title`` in lines that fit the width, at :data:`TITLE` points."""
    return textwrap.fill(title, 90)


def png(figure: "Figure") -> bytes:
    """Bytes of the picture, without date or program name: the same figure, the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = io.BytesIO()
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})
    return file.getvalue()


def save(figure: "Figure", path):
    """Write the picture; a file that holds it already is left alone, and a failure leaves the old one."""
    path, image = Path(path), png(figure)
    if path.is_file() and path.read_bytes() == image:
        return
    with replacing(path) as temporary:
        temporary.write_bytes(image)


def spread_labels(axes: "Axes", points: Sequence[tuple[float, float]], texts: Sequence[str]) -> list[str]:
    """Write a label beside each point, so that labels cover neither each other nor a line nor the legend.

    The places nearest to a point are tried first; a label that stands away from its point has a line to it. The limits
    of ``axes`` and all else in the figure must be final.

    Parameters
    ----------
    axes : Axes
    points : sequence of (x, y)
        In the coordinates of the data.
    texts : sequence of str
        For each point.

    Returns
    -------
    list of str
        Labels for which there is no place, and which are left out.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure: Any = axes.figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # gives the axes their place
    renderer, inside = canvas.get_renderer(), axes.get_window_extent()
    scale = figure.dpi / 72
    lines = [_dense(axes.transData.transform(line.get_xydata()), 4 * scale) for line in axes.lines]
    dots = np.concatenate([*lines, np.zeros((0, 2))])
    taken = np.concatenate([dots - 3 * scale, dots + 3 * scale], axis=1)  # x0, y0, x1, y1
    if (legend := axes.get_legend()) is not None:
        taken = np.concatenate([taken, [legend.get_window_extent(renderer).extents]])
    left_out = []
    for point, text in zip(points, texts, strict=True):
        label = axes.annotate(text, point, xytext=(0, 0), textcoords="offset points", fontsize=SMALL, ha="center",
                              va="center")
        size, (x, y) = label.get_window_extent(renderer), axes.transData.transform(point)
        for ring, angle in _PLACES:
            # A wide label beside its point begins there: its middle is half its width further out.
            across = np.cos(angle) * (ring * scale + size.width / 2)
            up = np.sin(angle) * (ring * scale + size.height / 4)
            x0, y0 = x + across - size.width / 2 - 1, y + up - size.height / 2 - 1
            x1, y1 = x0 + size.width + 2, y0 + size.height + 2
            held = x0 >= inside.x0 and x1 <= inside.x1 and y0 >= inside.y0 and y1 <= inside.y1
            if held and not ((taken[:, 0] < x1) & (taken[:, 2] > x0) & (taken[:, 1] < y1) & (taken[:, 3] > y0)).any():
                taken = np.concatenate([taken, [(x0, y0, x1, y1)]])
                label.set_position((across / scale, up / scale))
                if ring > _RINGS[0]:
                    axes.annotate("", point, xytext=(across / scale, up / scale), textcoords="offset points", zorder=1,
                                  arrowprops={"arrowstyle": "-", "color": "0.6", "linewidth": 0.6, "shrinkA": 5,
                                              "shrinkB": 2})
                break
        else:
            label.remove()
            left_out.append(text)
    return left_out


def _dense(corners: np.ndarray, step: float) -> np.ndarray:
    """Points along the line through ``corners``, (N, 2), at most ``step`` apart."""
    parts = [corners]
    for start, end in zip(corners, corners[1:]):
        count = int(np.hypot(*(end - start)) // step)
        parts.append(start + (end - start) * (np.arange(1, count + 1) / (count + 1))[:, None])
    return np.concatenate(parts)
