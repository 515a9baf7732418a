"""The page of the limits, ``docs/limits.md``, made from :data:`hypgcn.design.limits.GROUPS`.

``python -m hypgcn.emission.limits_page [ROOT]`` brings that of a checkout up to date (``make limits``).
"""

import sys

from ..design.limits import GROUPS, Choices, Limit
from .update import update_files

__all__ = ["PAGE", "markdown", "write"]

PAGE = "docs/limits.md"
_HEAD = """\
# Limits

<!-- Written by hypgcn.emission.limits_page from hdl/hypgcn/design/limits.py. Do not edit: make limits. -->

What a design, a folding and the shell may be. A value outside is refused when it is loaded or made,
with one line that names the field and its range. Fields are those of `design.json`, of a folding's
file, and of the generator's options. A device may end earlier: `hypgcn allocate` says whether a
design fits, and a board or a DMA may have narrower limits of its own ([boards](boards.md),
[integration](integration.md)).
"""


def markdown() -> str:
    """Text of the page: one table a group."""
    parts = [_HEAD]
    for title, limits in GROUPS.items():
        rows = [f"| {_names(limit)} | {limit.what} | {_values(limit)} | {limit.reason} |" for limit in limits]
        parts.append("\n".join([f"## {title}", "", "| field | what | values | why no others |",
                                "| --- | --- | --- | --- |", *rows, ""]))
    return "\n".join(parts)


def _names(limit: Limit | Choices) -> str:
    return ", ".join(f"`{name}`" for name in limit.name.split(", "))


def _values(limit: Limit | Choices) -> str:
    if isinstance(limit, Choices):
        return ", ".join(f"`{value}`" if isinstance(value, str) else str(value) for value in limit.values)
    return f"{limit.low:,} to {limit.high:,}"


def write(root) -> list[str]:
    """Write the page below the folder ``root`` where it differs, and return its name if it did."""
    return update_files(root, {PAGE: markdown()})


if __name__ == "__main__":
    print("\n".join(write(sys.argv[1] if len(sys.argv) > 1 else ".")) or "nothing changed")
