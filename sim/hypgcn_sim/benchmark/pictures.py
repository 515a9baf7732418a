"""Pictures of the benchmark: block RAMs of the stores, activity of the units, throughput of foldings."""

from pathlib import Path

import numpy as np

from hypgcn.pages import chart

__all__ = ["save_memory_picture", "save_scaling_picture", "save_utilisation_picture"]

MEMORY_COLOURS = {"header": "#7f7f7f", "base": "#c7c7c7", "data0": "#1f4e79", "data1": "#2f7fb8", "data2": "#7ab8dd",
                  "data3": "#cfe5f2"}
MEMORY_NAMES = {"header": "which channels are not zero (header)", "base": "where a vector's entries begin (base)",
                **{f"data{bank}": f"entries, mini-bank {bank}" for bank in range(4)}}
ALTERNATIVES = {"uncompressed_bram36": ("the same with its zeros", "|", "#c8553d"),
                "per_reader_bram36": ("the same, a store for each reader", "d", "#2b7a4b")}
ACTIVITY_COLOURS = {"busy": "#2b7a4b", "starved": "#d9d9d9", "blocked": "#c8553d"}
ACTIVITY_NAMES = {"busy": "busy (number: % of the cycles)", "starved": "starved: waits for its input",
                  "blocked": "blocked: its result waits"}
_BAR = 0.19
"""Inches of a bar with its gap."""


def save_memory_picture(report: dict, path: Path, title: str):
    """A bar per store by what its memories hold, beside other ways to store the same.

    Parameters
    ----------
    report : dict
        Of :meth:`hypgcn.planning.estimate.Storage.report`.
    path : Path
        The PNG file; the same bytes for the same figures.
    title : str
        Title of the picture.
    """
    stores, totals = report["stores"], report["totals"]
    with chart.sheet(min(chart.TALLEST, 1.7 + _BAR * len(stores))) as figure:
        axes = figure.subplots()
        place, left = np.arange(len(stores)), np.zeros(len(stores))
        ports = [_ports(store) for store in stores]
        for name, colour in MEMORY_COLOURS.items():
            size = np.array([copies * sum(memory["bram36"] for memory in store["memories"] if memory["name"] == name)
                             for store, copies in zip(stores, ports)])
            axes.barh(place, size, left=left, color=colour, label=MEMORY_NAMES[name], height=0.75)
            left += size
        for key, (label, marker, colour) in ALTERNATIVES.items():
            axes.plot([store[key] for store in stores], place, marker, color=colour, label=label, clip_on=False,
                      markersize=9 if marker == "|" else 5, markeredgewidth=2 if marker == "|" else 0)
        axes.set_yticks(place, [_store_name(store["store"], copies) for store, copies in zip(stores, ports)])
        axes.set_ylim(len(stores) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
        axes.set_xlabel(f"block RAMs of 36 kbit of each store; all stores {totals['stores']:g}, with their zeros "
                        f"{totals['uncompressed']:g}, a store for each reader {totals['per_reader']:g}")
        figure.suptitle(chart.wrapped(title))
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
        chart.save(figure, path)


def _ports(store: dict) -> int:
    """Read ports of a store: each has all of its memories."""
    one = sum(memory["bram36"] for memory in store["memories"])
    return round(store["bram36"] / one) if one else 1


def _store_name(name: str, ports: int) -> str:
    block, _, unit = name.removesuffix("_store").partition(".")
    return f"{block} {unit.upper()}" + (f", {ports} ports" if ports > 1 else "")


def save_utilisation_picture(used: dict, path: Path, title: str):
    """Busy, starved and blocked cycles of every unit: a row for each block, a column for each kind of unit.

    Parameters
    ----------
    used : dict
        Of :func:`hypgcn_sim.fullscale.utilisation.report`.
    path : Path
        The PNG file; the same bytes for the same figures.
    title : str
        Title of the picture.
    """
    cells: dict[str, dict[str, dict]] = {}
    for row in used["units"]:
        block, dot, unit = row["unit"].partition("].")
        cells.setdefault(f"{block}]" if dot else "", {})[unit if dot else row["unit"]] = row
    alone = cells.pop("", {})
    kinds = list(dict.fromkeys(unit for units in cells.values() for unit in units))
    with chart.sheet(min(chart.TALLEST, 1.6 + 0.42 * len(cells))) as figure:
        axes = figure.subplots()
        for line, units in enumerate(cells.values()):
            for column, kind in enumerate(kinds):
                if kind in units:
                    _cell(axes, column, line, units[kind])
        for column, (name, row) in enumerate(alone.items()):
            _cell(axes, column, len(cells) + 0.45, row)
            axes.text(column + 0.45, len(cells) + 0.4, name, fontsize=chart.SMALL, ha="center", va="bottom")
        axes.set_xlim(0, max(len(kinds), len(alone), 1))
        axes.set_ylim(len(cells) + (1.3 if alone else 0), -0.05)
        axes.set_xticks(np.arange(len(kinds)) + 0.45, kinds)
        axes.set_yticks(np.arange(len(cells)) + 0.4, list(cells))
        axes.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
        for side in axes.spines.values():
            side.set_visible(False)
        figure.suptitle(chart.wrapped(title))
        handles = [axes.barh(0, 0, color=colour, label=ACTIVITY_NAMES[state])
                   for state, colour in ACTIVITY_COLOURS.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
        chart.save(figure, path)


def _cell(axes, column: float, line: float, row: dict):
    """A bar of the three states, with the busy cycles and the multipliers of the unit in it."""
    left = column
    for state, colour in ACTIVITY_COLOURS.items():
        axes.barh(line + 0.4, 0.9 * row[state], left=left, height=0.72, color=colour)
        left += 0.9 * row[state]
    text = f"{100 * row['busy']:.0f}" + (f"\n{row['dsp']} DSP" if row.get("dsp") else "")
    axes.text(column + 0.45, line + 0.4, text, fontsize=chart.SMALL, ha="center", va="center", linespacing=1.0,
              bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "alpha": 0.75, "linewidth": 0})


def save_scaling_picture(rows: list[dict], path: Path, title: str):
    """Clips a second against multipliers, both on logarithmic scales, beside multipliers that are never idle.

    Parameters
    ----------
    rows : list of dict
        Of :func:`hypgcn_sim.benchmark.scaling.measure_scaling`.
    path : Path
        The PNG file; the same bytes for the same figures.
    title : str
        Title of the picture.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    rows = sorted(rows, key=lambda row: row["dsp"])
    multipliers = [row["dsp"] for row in rows]
    with chart.sheet(4.5) as figure:
        axes = figure.subplots()
        axes.plot(multipliers, [row["ideal_fps_at_172mhz"] for row in rows], "--", color="#7f7f7f",
                  label="if every multiplier were useful in every cycle")
        axes.plot(multipliers, [row["fps_at_172mhz"] for row in rows], "o-", color="#1f4e79", markersize=5,
                  label="simulated")
        rates = [row[name] for row in rows for name in ("fps_at_172mhz", "ideal_fps_at_172mhz")]
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(min(multipliers) * 0.8, max(multipliers) * 3.5)       # room for the text beside the last point
        axes.set_ylim(min(rates) * 0.6, max(rates) * 1.4)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:,.0f}")
            axis.set_minor_formatter(NullFormatter())
        how = " and ".join(sorted({row["resources"] for row in rows}))
        axes.set_xlabel(f"multipliers (DSP); these, block RAMs and LUTs are {how}")
        axes.set_ylabel("clips a second at an assumed 172 MHz")
        axes.set_title(chart.wrapped(title))
        axes.grid(which="both", alpha=0.25)
        axes.legend(loc="upper left")
        for row in rows:
            axes.annotate(f"{row['fps_at_172mhz']:,.0f} clips/s, {row['dsp']:,} DSP,\n{row['bram36']:g} BRAM36, "
                          f"{row['lut']:,} LUT", (row["dsp"], row["fps_at_172mhz"]), fontsize=chart.SMALL,
                          xytext=(8, -16), textcoords="offset points")
        chart.save(figure, path)
