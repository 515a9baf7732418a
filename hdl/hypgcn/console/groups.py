"""Groups of the commands in ``hypgcn --help``, in the order of work."""

import shutil
import textwrap
from collections.abc import Mapping

__all__ = ["GROUPS", "listing"]

GROUPS = {
    "offline: from recordings to a design": (
        "motion", "import", "train", "prune", "quantise", "compile", "evaluate", "predict", "accuracy", "tradeoff",
        "missing", "architectures"),
    "hardware: from a design to RTL, and what it costs": (
        "presets", "ensemble", "activity", "devices", "allocate", "estimate", "verilog", "lint", "synth"),
    "simulate: the RTL against the golden model": (
        "sim", "run", "testset", "fullscale", "golden", "fuzz", "formal", "bench", "variants", "scaling", "power"),
    "deliver: to Vivado, to a board, to people": (
        "vivado", "board", "report", "view", "demo", "live", "live-measure"),
    "this installation": ("doctor", "completion"),
}
"""Commands by what they are for. One that is in no group is listed last, under ``others``."""


def listing(texts: Mapping[str, str], width: int | None = None) -> str:
    """Commands by group, a line or more for each.

    Parameters
    ----------
    texts : {command: short text}
    width : int or None
        Columns; ``None``: those of the terminal.
    """
    width = width or shutil.get_terminal_size().columns - 2
    indent = max(map(len, texts)) + 4
    named = {name for names in GROUPS.values() for name in names}
    groups = {**GROUPS, "others": tuple(name for name in texts if name not in named)}
    parts = []
    for title, names in groups.items():
        lines = [textwrap.fill(texts[name], max(width, indent + 20), initial_indent=f"  {name}".ljust(indent),
                               subsequent_indent=" " * indent) for name in names if name in texts]
        if lines:
            parts.append("\n".join([f"{title}", *lines]))
    return "\n\n".join(parts)
