"""Tables of the benchmark: for a terminal, and as Markdown for the pages, each beside the paper's figures."""

import textwrap

__all__ = ["MHZ", "PAPER", "PAPER_RATE", "cells", "columns_markdown", "markdown", "markdown_lines", "paragraph",
           "table", "variants_markdown"]

MHZ = 172
"""Clock of the paper in MHz; all rows are compared at it."""
PAPER_RATE = 271.25
PAPER = {"device": "XCKU115", "design": "RFC-HyPGCN", "variant": "the paper", "cycles_per_clip": 634_101,
         "fps_at_172mhz": PAPER_RATE, "dsp": 3544, "bram36": 1806, "lut": 176_776, "peak_gops_at_172mhz": 1142,
         "gops_per_dsp_peak": 0.322, "cycles": "reported", "resources": "reported"}
"""Figures of RFC-HyPGCN (Wen et al., ASAP 2021); cycles are its clock over its clips per second."""

DEEPEST = 12
"""Number of units whose deepest paths are printed."""
COLUMNS = (("device", "device", "{}"), ("design", "design", "{}"), ("variant", "variant", "{}"),
           ("cycles_per_clip", "cycles/clip", "{:,}"), ("fps_at_172mhz", "clips/s", "{:,.1f}"),
           ("dsp", "DSP", "{:,}"), ("bram36", "BRAM36", "{:,g}"), ("lut", "LUT", "{:,}"),
           ("dsp_utilisation", "DSP use", "{:.1%}"), ("peak_gops_at_172mhz", "GOPS", "{:,.0f}"),
           ("gops_per_dsp_peak", "GOPS/DSP", "{:.3f}"), ("dense_equivalent_gops_per_dsp", "dense/DSP", "{:.2f}"),
           ("single_person_fps_at_172mhz", "clips/s, one person", "{:,.1f}"),
           ("latency_last_frame_cycles", "latency", "{:,}"), ("max_logic_levels", "levels", "{}"),
           ("cycles", "cycles by", "{}"),
           ("resources", "resources by", "{}"))


def paragraph(text: str) -> str:
    """Markdown of ``text``, wrapped at 100 columns."""
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def cells(row: dict, columns) -> list[str]:
    """Texts of ``row`` for ``columns`` of key, title and form; empty where it has no value."""
    return ["" if row.get(key) is None else form.format(row[key]) for key, _, form in columns]


def table(rows: list[dict]) -> str:
    """Table for a terminal, the paper's row first; then the use of multipliers, deepest paths, and failures.

    Parameters
    ----------
    rows : list of dict
        Of :func:`hypgcn_sim.benchmark.measure.measure` and :func:`~hypgcn_sim.benchmark.measure.measure_variants`.
    """
    body = [cells(row, COLUMNS) for row in [PAPER, *rows]]
    titles = [title for _, title, _ in COLUMNS]
    widths = [max(len(line[at]) for line in [titles, *body]) for at in range(len(titles))]
    lines = ["  ".join(text.ljust(width) if at < 3 else text.rjust(width)
                       for at, (text, width) in enumerate(zip(line, widths))).rstrip() for line in [titles, *body]]
    for row in rows:
        if row.get("idle_products"):
            total = sum(idle for _, idle in row["idle_products"]) or 1
            largest = ", ".join(f"{unit} {idle / total:.0%}" for unit, idle in row["idle_products"][:6])
            lines.append(f"{row['design']} on {row['device']}: {row['clip']}; multipliers in use: lanes "
                         f"{row['lanes_utilisation'] or 0:.1%}, 1x1 arrays {row['arrays_utilisation'] or 0:.1%}; idle "
                         f"or useless products: {largest}")
        if paths := row.get("logic_levels"):
            lines.append(f"{row['design']} on {row['device']}: deepest paths in levels of logic:")
            lines += [f"  {path['levels']:3} {unit}: {path['from']} -> {path['to']}"
                      for unit, path in [("between parts", paths["parts"]["between parts"]),
                                         *list(paths["units"].items())[:DEEPEST]]]
        if row.get("reason"):
            lines.append(f"{row['variant']} on {row['device']}: {row['reason']}")
    return "\n".join(lines)


def markdown(rows: list[dict]) -> str:
    """Markdown of the measured rows beside the paper's, for the page of results.

    Parameters
    ----------
    rows : list of dict
        As for :func:`table`.
    """
    clips = "; ".join(sorted({row["clip"] for row in rows}))
    return "\n".join([
        paragraph(f"At an assumed clock of {MHZ} MHz, not routed; cycles from RTL simulation ({clips}; {_used(rows)}), "
                  f"beside the figures of RFC-HyPGCN:"), "",
        *markdown_lines([PAPER, *rows], [column for column in COLUMNS if column[0] != "variant"])])


def _used(rows: list[dict]) -> str:
    """How many of the clips the cycles are those of."""
    counts = sorted({len(row["cycles_of_each"]) for row in rows if row.get("cycles_of_each")})
    if not counts:
        return "their mean"
    return f"the mean of {' or '.join(map(str, counts))}, without the first two, while the network fills"


def columns_markdown(rows: list[dict], keys: tuple[str, ...]) -> str:
    """Markdown of ``rows`` with the columns ``keys`` alone, in the order of all columns."""
    return "\n".join(markdown_lines(rows, [column for column in COLUMNS if column[0] in keys]))


VARIANT_COLUMNS = (("variant", "variant", "{}"), ("cycles_per_clip", "cycles/clip", "{:,}"),
                   ("slowdown", "over the first row", "{:.2f} x"), ("dsp", "DSP", "{:,}"),
                   ("bram36", "BRAM36", "{:,g}"), ("lut", "LUT", "{:,}"), ("how", "how", "{}"))


def variants_markdown(rows: list[dict]) -> str:
    """Markdown of the variants.

    Parameters
    ----------
    rows : list of dict
        Of :func:`~hypgcn_sim.benchmark.measure.measure_variants`.
    """
    lines = markdown_lines(rows, VARIANT_COLUMNS)
    lacking = [f"{row['variant']}: {row['reason']}" for row in rows if row.get("reason")]
    return "\n".join([*lines, *(["", *map(paragraph, lacking)] if lacking else [])])


def markdown_lines(rows: list[dict], columns) -> list[str]:
    """Lines of a Markdown table of ``columns`` as for :func:`cells`."""
    return ["| " + " | ".join(title for _, title, _ in columns) + " |", "| --- |" + " --- |" * (len(columns) - 1),
            *("| " + " | ".join(cells(row, columns)) + " |" for row in rows)]
