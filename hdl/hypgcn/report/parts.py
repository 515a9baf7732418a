"""What the sections of a report are made of: tables, counts of resources, and headings."""

from collections.abc import Iterable, Sequence

from ..pages.document import escape
from ..planning.device_table import CLOCK_MHZ

__all__ = ["BY_ESTIMATE", "RESOURCES", "Section", "count", "quiet", "table", "used_text"]

BY_ESTIMATE = f"By estimate, not by synthesis or routing; at an assumed {CLOCK_MHZ:g} MHz."
RESOURCES = {"dsp": "DSPs", "bram36": "BRAM36", "lut": "LUTs", "uram": "UltraRAMs"}
"""Names of resources for people, by those of :class:`~hypgcn.cost.Resources`."""


class Section:
    """A section of the page.

    Parameters
    ----------
    title : str
    *parts : str
        HTML.
    """

    def __init__(self, title: str, *parts: str):
        self.title, self.parts = title, parts

    def html(self, of: str = "") -> str:
        """HTML, with ``of`` in front of the title: the network it is about, where there are several."""
        title = f"{of}: {self.title}" if of else self.title
        return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(self.parts) + "\n</section>"


def table(head: Sequence[str], rows: Iterable[Sequence], *, text: int = 1) -> str:
    """Table whose first ``text`` columns are texts and the others numbers; cells are HTML."""
    def cells(row, tag):
        return "".join(f"<{tag}{'' if place < text else ' class=' + chr(34) + 'number' + chr(34)}>{cell}</{tag}>"
                       for place, cell in enumerate(row))
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells(head, "th")}</tr></thead><tbody>{body}</tbody></table></div>'


def count(name: str, value: float) -> str:
    """``value`` of a resource: block RAMs have halves, the others are whole."""
    return f"{round(2 * value) / 2:,.1f}".removesuffix(".0") if name == "bram36" else f"{value:,.0f}"


def quiet(text: str) -> str:
    """A paragraph in small grey letters."""
    return f'<p class="quiet">{escape(text)}</p>'


def used_text(resources: dict[str, tuple[float, int]], device: str) -> tuple[str, str]:
    """What is used of a device called ``device``, and HTML of a warning where it has not as much."""
    used = ", ".join(f"{count(name, used)} of {there:,} {RESOURCES[name]} ({used / there:.0%})" if there else
                     f"{count(name, used)} {RESOURCES[name]}, of which {device} has none"
                     for name, (used, there) in resources.items())
    over = [RESOURCES[name] for name, (used, there) in resources.items() if used > there]
    return used, f'<p class="bad">does not fit: too many {escape(" and ".join(over))}</p>' if over else ""
