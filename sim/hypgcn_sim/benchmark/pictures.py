"""Pictures of the benchmark: block RAMs of the stores, and activity of the units."""

from pathlib import Path

import numpy as np

__all__ = ["save_memory_picture", "save_scaling_picture", "save_utilisation_picture"]

MEMORY_COLOURS = {"header": "#7f7f7f", "base": "#c7c7c7", "data0": "#1f4e79", "data1": "#2f7fb8", "data2": "#7ab8dd",
                  "data3": "#cfe5f2"}
ALTERNATIVES = {"uncompressed_bram36": ("with zeros", "|", "#c8553d"),
                "per_reader_bram36": ("one per reader", "d", "#2b7a4b")}
ACTIVITY_COLOURS = {"busy": "#2b7a4b", "starved": "#d9d9d9", "blocked": "#c8553d"}


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
    pyplot = _pyplot()
    stores = report["stores"]
    figure, axes = pyplot.subplots(figsize=(9, 0.28 * len(stores) + 1.6))
    place, left = np.arange(len(stores)), np.zeros(len(stores))
    for name, colour in MEMORY_COLOURS.items():
        size = np.array([sum(memory["bram36"] for memory in store["memories"] if memory["name"] == name)
                         for store in stores])
        label = f"mini-bank {name[-1]}" if name.startswith("data") else name
        axes.barh(place, size, left=left, color=colour, label=label, height=0.7)
        left += size
    for key, (label, marker, colour) in ALTERNATIVES.items():
        axes.plot([store[key] for store in stores], place, marker, color=colour, label=label,
                  markersize=12 if marker == "|" else 5, markeredgewidth=2 if marker == "|" else 0)
    axes.set_yticks(place, [store["store"] for store in stores], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("BRAM36")
    axes.set_title(title, fontsize=9)
    axes.legend(fontsize=7, loc="best")
    _save(pyplot, figure, path)


def save_utilisation_picture(used: dict, path: Path, title: str):
    """A stacked bar per unit: busy, starved and blocked cycles.

    Parameters
    ----------
    used : dict
        Of :func:`hypgcn_sim.fullscale.utilisation.report`.
    path : Path
        The PNG file; the same bytes for the same figures.
    title : str
        Title of the picture.
    """
    pyplot = _pyplot()
    rows = used["units"]
    figure, axes = pyplot.subplots(figsize=(10, 0.16 * len(rows) + 1.6))
    place, left = np.arange(len(rows)), np.zeros(len(rows))
    for state, colour in ACTIVITY_COLOURS.items():
        share = np.array([100 * row[state] for row in rows])
        axes.barh(place, share, left=left, color=colour, label=state, height=0.8)
        left += share
    labels = [row["unit"] + (f"  {row['dsp']} DSP" if row.get("dsp") else "") for row in rows]
    axes.set_yticks(place, labels, fontsize=6)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("% of the cycles")
    axes.set_title(title, fontsize=9)
    axes.legend(loc="lower right", fontsize=7, ncols=3)
    _save(pyplot, figure, path)


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
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(7, 4.2))
    rows = sorted(rows, key=lambda row: row["dsp"])
    multipliers = [row["dsp"] for row in rows]
    axes.plot(multipliers, [row["ideal_fps_at_172mhz"] for row in rows], "--", color="#7f7f7f",
              label="every multiplier useful in every cycle")
    axes.plot(multipliers, [row["fps_at_172mhz"] for row in rows], "o-", color="#1f4e79", label="simulated")
    for row in rows:
        axes.annotate(f"{row['fps_at_172mhz']:,.0f} clips/s, {row['dsp']:,} DSP,\n{row['bram36']:g} BRAM36, "
                      f"{row['lut']:,} LUT", (row["dsp"], row["fps_at_172mhz"]), fontsize=7,
                      xytext=(8, -16), textcoords="offset points")
    rates = [row[name] for row in rows for name in ("fps_at_172mhz", "ideal_fps_at_172mhz")]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(multipliers) * 0.8, max(multipliers) * 3.5)       # room for the text beside the last point
    axes.set_ylim(min(rates) * 0.6, max(rates) * 1.4)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(pyplot.LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:,.0f}")
        axis.set_minor_formatter(pyplot.NullFormatter())
    axes.set_xlabel("DSPs")
    axes.set_ylabel("clips/s at 172 MHz")
    axes.set_title(title, fontsize=9)
    axes.grid(which="both", alpha=0.25)
    axes.legend(loc="upper left", fontsize=8)
    _save(pyplot, figure, path)


def _pyplot():
    """Matplotlib without a display."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    return pyplot


def _save(pyplot, figure, path: Path):
    """Write a figure without the version of the software, and forget it."""
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)
