"""Pictures of a page as inline SVG, in the colours of the page, light and dark."""

from collections.abc import Sequence

from .document import escape

__all__ = ["COLOURS", "bars", "grid", "key"]

COLOURS = ("var(--first)", "var(--second)", "var(--third)", "var(--fourth)")
"""In the order of series; names of ``page.css``."""
_LEFT, _WIDTH, _RIGHT, _ROW, _GAP = 90, 520, 110, 22, 6


def key(names: Sequence[str]) -> str:
    """HTML of a legend: a coloured square before each name, in the order of :data:`COLOURS`."""
    return "<p>" + "".join(f'<span class="key" style="--colour: {colour}">{escape(name)}</span>'
                           for name, colour in zip(names, COLOURS)) + "</p>"


def bars(title: str, rows: Sequence[tuple[str, Sequence[float], str]], *, stacked: bool = False) -> str:
    """Horizontal bars, a row each, to the scale of the largest.

    Parameters
    ----------
    title : str
        What the picture shows, for who cannot see it.
    rows : sequence of (str, sequence of float, str)
        Name, values of at least 0 (at most four), and the text behind the bars.
    stacked : bool
        Values of a row stand behind one another; else below one another.
    """
    if any(len(values) > len(COLOURS) or min(values, default=0) < 0 for _, values, _ in rows):
        raise ValueError(f"rows must have at most {len(COLOURS)} values of at least 0")
    total = (sum if stacked else max)
    largest = max((total(values) for _, values, _ in rows if values), default=0) or 1
    parts, top = [], 4.0
    for name, values, text in rows:
        height = _ROW if stacked or len(values) < 2 else 11 * len(values)
        parts.append(f'<text x="{_LEFT - 8}" y="{top + height / 2 + 4:g}" text-anchor="end">{escape(name)}</text>')
        left, down = float(_LEFT), top
        for value, colour in zip(values, COLOURS):
            size, thick = _WIDTH * value / largest, height if stacked else height / len(values)
            parts.append(f'<rect x="{left:.1f}" y="{down:.1f}" width="{size:.1f}" height="{thick - 1:.1f}" '
                         f'style="fill: {colour}"/>')
            left, down = (left + size, down) if stacked else (left, down + thick)
        end = _LEFT + _WIDTH * total(values) / largest if values else _LEFT
        parts.append(f'<text class="quiet" x="{end + 6:.1f}" y="{top + height / 2 + 4:g}">{escape(text)}</text>')
        top += height + _GAP
    width = _LEFT + _WIDTH + _RIGHT
    return (f'<svg viewBox="0 0 {width} {top:g}" role="img" aria-label="{escape(title)}">'
            f'<line class="axis" x1="{_LEFT}" y1="0" x2="{_LEFT}" y2="{top:g}"/>{"".join(parts)}</svg>')


def grid(title: str, cells: Sequence[Sequence[bool]], *, size: int = 7) -> str:
    """A small picture of a pattern: a square for each cell, filled where it is set.

    Parameters
    ----------
    title : str
    cells : sequence of rows of bool
    size : int
        Of a cell, in pixels.
    """
    columns = max((len(row) for row in cells), default=0)
    squares = "".join(
        f'<rect x="{column * size}" y="{line * size}" width="{size - 1}" height="{size - 1}" '
        f'style="fill: {COLOURS[0] if cell else "var(--line)"}"/>'
        for line, row in enumerate(cells) for column, cell in enumerate(row))
    return (f'<svg width="{columns * size}" height="{len(cells) * size}" role="img" aria-label="{escape(title)}">'
            f"{squares}</svg>")
