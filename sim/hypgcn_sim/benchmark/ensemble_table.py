"""Tables of the benchmark's rows of ensembles: for a terminal, and as Markdown for the pages."""

from .table import MHZ, cells, markdown_lines, paragraph

__all__ = ["streams_markdown", "streams_table", "streams_title"]

COLUMNS = (("device", "device", "{}"), ("title", "streams", "{}"), ("cycles_per_clip", "cycles/clip", "{:,}"),
           ("estimate", "estimated", "{}"), ("fps_at_172mhz", "clips/s", "{:,.1f}"),
           ("dsp", "DSP", "{:,}"), ("bram36", "BRAM36", "{:,g}"), ("lut", "LUT", "{:,}"), ("limits", "of", "{}"),
           ("dsp_utilisation", "DSP use", "{:.1%}"), ("latency_last_frame_cycles", "latency", "{:,}"),
           ("max_logic_levels", "levels", "{}"), ("clips_that_lost_values", "clips that lost values", "{:,}"),
           ("cycles", "cycles by", "{}"), ("resources", "resources by", "{}"))
OF_A_STREAM = (("device", "device", "{}"), ("ensemble", "ensemble", "{}"), ("stream", "stream", "{}"),
               ("cycles_per_clip_estimated", "cycles/clip, estimated", "{:,}"), ("dsp", "DSP", "{:,}"),
               ("bram36", "BRAM36", "{:,g}"), ("lut", "LUT", "{:,}"), ("dsp_utilisation", "DSP use", "{:.1%}"),
               ("lanes_utilisation", "lanes", "{:.1%}"), ("arrays_utilisation", "1x1 arrays", "{:.1%}"))


def streams_title(row: dict) -> str:
    """The networks of a row: streams with their designs."""
    return ", ".join(f"{part['stream']} {part['design']}" for part in row["streams"])


def _complete(row: dict) -> dict:
    """``row`` with the cells that are made of several of its fields."""
    mean = sum(row["cycles_of_each_estimated"]) / max(1, len(row["cycles_of_each_estimated"]))
    limits = row["budget"]
    return {**row, "title": streams_title(row),
            "limits": " / ".join(f"{limits[name]:,}" for name in ("dsp", "bram36", "lut")),
            "estimate": f"{mean:,.0f} ({mean / row['cycles_per_clip'] - 1:+.1%})" if mean else None}


def _parts(row: dict) -> list[dict]:
    """Rows of the networks, and of what they share."""
    same = {"device": row["device"], "ensemble": row["ensemble"]}
    return [*({**same, **part} for part in row["streams"]), {**same, "stream": "shared", **row["shared"]}]


def _stand_ins(rows: list[dict]) -> list[str]:
    """Sentences about streams that have the design of another one."""
    return [f"In {row['ensemble']}, {part['stream']} is the network of {part['same_design_as']} once more."
            for row in {row["hash"]: row for row in rows}.values() for part in row["streams"]
            if part["same_design_as"]]


def streams_table(rows: list[dict]) -> str:
    """Table for a terminal, with a line for each network.

    Parameters
    ----------
    rows : list of dict
        Of :func:`hypgcn_sim.benchmark.ensemble.measure_ensemble`.
    """
    lines = []
    for row in rows:
        complete = _complete(row)
        lines.append(f"{row['ensemble']} on {row['device']}: {row['clip']}; {row['sums_and_scores_compared']:,} sums "
                     f"and scores equal to golden")
        lines += [f"  {title}: {cell}" for (_, title, _), cell in zip(COLUMNS[2:], cells(complete, COLUMNS[2:]))
                  if cell]
        for part in _parts(row):
            named = zip(OF_A_STREAM[3:], cells(part, OF_A_STREAM[3:]))
            lines.append(f"  {part['stream']}: " + ", ".join(f"{cell} {title}" for (_, title, _), cell in named
                                                             if cell))
    return "\n".join([*lines, *_stand_ins(rows)])


def streams_markdown(rows: list[dict]) -> str:
    """Markdown of the rows, and of their networks.

    Parameters
    ----------
    rows : list of dict
        As for :func:`streams_table`.
    """
    clips = "; ".join(sorted({row["clip"] for row in rows}))
    compared = " and ".join(f"{count:,}" for count in sorted({row["sums_and_scores_compared"] for row in rows}))
    caption = paragraph(
        f"Networks of several streams in one core, at an assumed clock of {MHZ} MHz, not routed; cycles from RTL "
        f"simulation back to back ({clips}; the mean without the first two, while the networks fill), {compared} sums "
        f"and scores equal to golden. The budget (DSP / BRAM36 / LUT) is for all networks and what they share; "
        f"\"estimated\" is for the same clips. {' '.join(_stand_ins(rows))}".strip())
    parts = paragraph("The networks of each, and what they share (fork of the joints, sum of the scores, memory of the "
                      "networks' own scores); the rest of the shell is not counted. Use of multipliers is useful "
                      "products of two a cycle:")
    return "\n".join([caption, "", *markdown_lines([_complete(row) for row in rows], COLUMNS), "", parts, "",
                      *markdown_lines([part for row in rows for part in _parts(row)], OF_A_STREAM)])
