"""Scores over time as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hypgcn.design.files import replacing
from hypgcn.pages import chart

if TYPE_CHECKING:
    from .predict import ClipAnswer

__all__ = ["check_panels", "save_picture", "shown_classes"]

CLASSES = 8
"""Lines of a panel: more have colours that look alike."""
PANELS = 12


def shown_classes(probabilities: np.ndarray) -> list[int]:
    """At most :data:`CLASSES` classes, in rising order: those of the highest peaks.

    Parameters
    ----------
    probabilities : np.ndarray float (W, classes)
        Without NaN.
    """
    peaks = probabilities.max(axis=0)
    return sorted(np.argsort(-peaks, kind="stable")[:CLASSES].tolist())


def check_panels(clips: int):
    """Raise :exc:`ValueError` for more clips than a picture has panels that can be read."""
    if clips > PANELS:
        raise ValueError(f"picture must be of at most {PANELS} clips, not of {clips}: give fewer recordings")


def save_picture(path, answers: Sequence["ClipAnswer"], names: Sequence[str]):
    """Draw the probabilities of each clip's windows over its frames, a panel for each clip."""
    seen = np.concatenate([answer.probabilities[answer.seen] for answer in answers])
    chosen = shown_classes(seen) if len(seen) else []
    with chart.sheet(min(chart.TALLEST, 0.9 + 1.5 * len(answers))) as figure:
        alike = len({answer.frames for answer in answers}) == 1
        panels = figure.subplots(len(answers), 1, squeeze=False, sharex=alike)[:, 0]
        for axis, answer in zip(panels, answers):
            middle = [(first + end - 1) / 2 for first, end in answer.windows]
            for k in chosen:  # NaN leaves a gap where nobody is there
                axis.plot(middle, 100 * answer.probabilities[:, k], linewidth=1.3, marker=".", markersize=4,
                          label=names[k])
            axis.set_title(_shortened(answer.name, 90), fontsize=chart.SMALL, loc="left", pad=2)
            axis.set_xlim(0, answer.frames - 1 or 1)
            axis.set_ylim(-5, 105)
            axis.set_yticks((0, 50, 100))
            axis.grid(True, linewidth=0.4, alpha=0.5)
        if chosen:
            handles, labels = panels[0].get_legend_handles_labels()
            figure.legend(handles, [_shortened(name, 28) for name in labels], loc="outside upper center", ncols=3,
                          frameon=False)
        panels[-1].set_xlabel("frame (middle of the window)")
        figure.supylabel("probability (%)", fontsize=chart.TEXT)
        if Path(path).suffix == ".png":
            chart.save(figure, path)
            return
        with replacing(path) as temporary:
            figure.savefig(temporary, format=Path(path).suffix[1:])


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length - 1]}…"
