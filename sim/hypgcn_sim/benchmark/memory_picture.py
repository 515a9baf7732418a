"""The block RAMs of the stores as a picture: a bar per store by what its memories hold, beside other ways to store."""

from pathlib import Path

import numpy as np

__all__ = ["save_memory_picture"]

COLOURS = {"header": "#7f7f7f", "base": "#c7c7c7", "data0": "#1f4e79", "data1": "#2f7fb8", "data2": "#7ab8dd",
           "data3": "#cfe5f2"}
OTHERS = {"uncompressed_bram36": ("with zeros", "|", "#c8553d"),
          "per_reader_bram36": ("one per reader", "d", "#2b7a4b")}


def save_memory_picture(report: dict, path: Path, title: str):
    """``report``: :meth:`hypgcn.planning.estimate.Storage.report`; the same bytes for the same figures."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    stores = report["stores"]
    figure, axes = pyplot.subplots(figsize=(9, 0.28 * len(stores) + 1.6))
    place, left = np.arange(len(stores)), np.zeros(len(stores))
    for name, colour in COLOURS.items():
        size = np.array([sum(part["bram36"] for part in store["memories"] if part["name"] == name) for store in stores])
        label = f"mini-bank {name[-1]}" if name.startswith("data") else name
        axes.barh(place, size, left=left, color=colour, label=label, height=0.7)
        left += size
    for key, (label, marker, colour) in OTHERS.items():
        axes.plot([store[key] for store in stores], place, marker, color=colour, label=label,
                  markersize=12 if marker == "|" else 5, markeredgewidth=2 if marker == "|" else 0)
    axes.set_yticks(place, [store["store"] for store in stores], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("BRAM36")
    axes.set_title(title, fontsize=9)
    axes.legend(fontsize=7, loc="best")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)
