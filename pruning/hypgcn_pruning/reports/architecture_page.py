"""The tables of :mod:`~.architectures` as Markdown, and their place in a page."""

from collections.abc import Sequence
from pathlib import Path

__all__ = ["MARK", "architecture_tables", "write_tables"]

MARK = "<!-- architectures -->", "<!-- end of architectures -->"
"""Lines of a page between which the tables stand."""


def architecture_tables(rows: Sequence[dict]) -> str:
    """Markdown of the rows of :func:`~.architectures.measure_architectures`: what loads, and what it costs."""
    lines = ["| model | files of | loads | what is lost, or why it is refused |", "| --- | --- | --- | --- |"]
    lines += [f"| {row['model']} | {row['framework']} | {'yes' if row['loads'] else 'refused'} | {row['lost']} |"
              for row in rows]
    measured = [row for row in rows if row["loads"] and row["forms"]]
    if not measured:
        return "\n".join(lines)
    devices = [entry["device"] for entry in next(iter(measured[0]["forms"].values()))]
    heads = [f"{device}: {what}" for device in devices for what in ("cycles", "clips/s", "DSP", "BRAM36", "LUT")]
    lines += ["", f"| model | files of | form | {' | '.join(heads)} |", "| --- " * (3 + len(heads)) + "|"]
    for row in measured:
        shape = row["shape"]
        what = f"{row['model']} ({shape['frames']} frames, {shape['joints']} joints, {shape['taps']} taps)"
        for form, entries in row["forms"].items():
            cells = [cell for entry in entries for cell in _cells(entry)]
            lines.append(f"| {what} | {row['framework']} | {form} | {' | '.join(cells)} |")
    if missing := [f"{row['model']} ({row['framework']})" for row in rows if row["loads"] and not row["forms"]]:
        lines += ["", f"Not estimated yet: {'; '.join(missing)}."]
    return "\n".join(lines)


def _cells(entry: dict) -> list[str]:
    if not entry["fits"]:
        return [f"does not fit: {entry['limit']}", "", "", "", ""]
    used = entry["used"]
    return [f"{entry['cycles']:,}", f"{entry['clips_per_second_at_172mhz']:,.0f}",
            *(f"{used[name]:,g}" for name in ("dsp", "bram36", "lut"))]


def write_tables(page: Path, rows: Sequence[dict]):
    """Put the tables of ``rows`` between the marks of ``page``.

    Raises
    ------
    ValueError
        The page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    start, end = text.find(MARK[0]), text.find(MARK[1])
    if not 0 <= start < end:
        raise ValueError(f"{page} must have the lines {MARK[0]} and {MARK[1]}, between which the tables stand")
    page.write_text(f"{text[:start]}{MARK[0]}\n{architecture_tables(rows)}\n{text[end:]}", encoding="utf-8",
                    newline="\n")
