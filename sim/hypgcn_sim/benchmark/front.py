"""What the front page says of the results: a sentence and two short tables, from the measured JSON files."""

import re

from .table import MHZ, PAPER, PAPER_RATE, columns_markdown, paragraph

__all__ = ["headline", "short_accuracy", "short_table"]

_COLUMNS = ("device", "design", "fps_at_172mhz", "dsp", "bram36", "lut", "cycles")
_STEPS = ("dense", "pruned", "int8")
_BY = {"simulated": "counted in RTL simulation", "synthesised": "those that Yosys maps it to", "estimated": "estimated"}


def headline(rows: list[dict]) -> str:
    """A paragraph: how fast against what, and what of that is assumed.

    Parameters
    ----------
    rows : list of dict
        Of ``results/performance.json``; the row of the paper's device counts.
    """
    row, = (row for row in rows if row["device"] == PAPER["device"] and not row["variant"])
    shape = re.search(r"of (\d+) x (\d+) frames x (\d+) joints", row["clip"])
    if shape is None:
        raise ValueError(f"clip must say persons, frames and joints, as in '20 clips of 2 x 150 frames x 25 joints', "
                         f"not {row['clip']!r}")
    persons, frames, joints = shape.groups()
    rate = row["fps_at_172mhz"]
    return paragraph(
        f"**How fast.** {rate:,.1f} clips a second ({persons} people, {frames} frames, {joints} joints; design "
        f"`{row['design']}`) on an {row['device']}, where RFC-HyPGCN reports {PAPER_RATE:.1f}: {rate / PAPER_RATE:.1f} "
        f"times as many, with {row['dsp']:,} DSPs for its {PAPER['dsp']:,}, {row['lut']:,} LUTs for its "
        f"{PAPER['lut']:,} and {row['bram36']:,g} block RAMs for its {PAPER['bram36']:,}. Cycles are "
        f"{_BY[row['cycles']]}, resources {_BY[row['resources']]}; the clock, {MHZ} MHz as in the paper, is assumed: "
        f"this design has not been placed and routed.")


def short_table(rows: list[dict]) -> str:
    """Markdown of the rows beside the paper's, with what a first look needs."""
    caption = paragraph(f"Speed at an assumed clock of {MHZ} MHz, not routed; RFC-HyPGCN's figures are those of its "
                        f"paper, the other designs' cycles and resources by the ways in the last two columns:")
    return f"{caption}\n\n{columns_markdown([PAPER, *rows], (*_COLUMNS, 'resources'))}"


def short_accuracy(rows: list[dict]) -> str:
    """Markdown of ``results/accuracy.json``: of each network that was quantised its largest sum of streams."""
    lines = ["| network | recordings | streams | dense | pruned | int8 |", "| --- |" + " --- |" * 5]
    last = {}
    for row in rows:
        if row["step"] == "int8":
            last[row["network"], row["dataset"]] = row["stream"]
    for (network, dataset), stream in last.items():
        steps = {row["step"]: row["top1"] for row in rows
                 if (row["network"], row["dataset"], row["stream"]) == (network, dataset, stream)}
        cells = [f"{100 * steps[step]:.1f} %" if step in steps else "" for step in _STEPS]
        lines.append(f"| {' | '.join([network, dataset, stream, *cells])} |")
    if len(lines) == 2:
        return ""
    seen = max(row.get("clips_seen") or 0 for row in rows)
    caveat = (f" Up to {seen} test clips are training clips as well; the page of results has the accuracy without "
              f"them.") if seen else ""
    caption = paragraph("Top-1 on all test clips; int8 by the golden model's integers, which the RTL equals bit for "
                        f"bit.{caveat}")
    return "\n".join([caption, "", *lines])
