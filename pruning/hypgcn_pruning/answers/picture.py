"""Scores over time as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hypgcn.design.files import replacing

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
    from matplotlib.figure import Figure
    seen = np.concatenate([answer.probabilities[answer.seen] for answer in answers])
    chosen = shown_classes(seen) if len(seen) else []
    figure = Figure(figsize=(7, 0.6 + 2 * len(answers)), dpi=150, layout="constrained")
    panels = figure.subplots(len(answers), 1, squeeze=False)[:, 0]
    for axis, answer in zip(panels, answers):
        middle = [(first + end - 1) / 2 for first, end in answer.windows]
        for k in chosen:  # NaN leaves a gap where nobody is there
            axis.plot(middle, 100 * answer.probabilities[:, k], linewidth=1.3, marker=".", markersize=4, label=names[k])
        axis.set_title(answer.name, fontsize=8, loc="left")
        axis.set_xlim(0, answer.frames - 1 or 1)
        axis.set_ylim(-3, 103)
        axis.set_ylabel("probability (%)", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.grid(True, linewidth=0.4, alpha=0.5)
    if chosen:
        panels[0].legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    panels[-1].set_xlabel("frame (middle of the window)", fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, format=Path(path).suffix[1:])
