"""The confusion matrix as a picture."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hypgcn.design.files import write_file

__all__ = ["confusion_picture", "save_confusion"]

NUMBERED = 20
"""Up to so many classes cells have their numbers."""


def confusion_picture(confusion: np.ndarray, names: Sequence[str], title: str) -> bytes:
    """PNG of a confusion matrix; the same matrix, the same bytes.

    A row is a class, its colours are shares of the clips of that class, its numbers are clips.

    Parameters
    ----------
    confusion : np.ndarray int (classes, classes)
    names : sequence of str
        Of the classes, or empty.
    title : str
    """
    from matplotlib.figure import Figure
    classes = len(confusion)
    named = [name if len(name) <= 28 else f"{name[:27]}…" for name in names] or [str(k) for k in range(classes)]
    size, font = min(14.0, 3.5 + 0.33 * classes), 7 if classes <= NUMBERED else 6
    figure = Figure(figsize=(size, size), dpi=130, layout="constrained")
    axis = figure.subplots()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    image = axis.imshow(100 * shares, cmap="Blues", vmin=0, vmax=100)
    axis.set_xticks(range(classes), named, rotation=90, fontsize=font)
    axis.set_yticks(range(classes), named, fontsize=font)
    axis.set_xlabel("taken for", fontsize=8)
    axis.set_ylabel("recorded as", fontsize=8)
    axis.set_title(title, fontsize=9)
    if classes <= NUMBERED:
        for row, column in np.argwhere(confusion):
            axis.text(column, row, str(confusion[row, column]), ha="center", va="center", fontsize=7,
                      color="white" if shares[row, column] > 0.5 else "black")
    bar = figure.colorbar(image, ax=axis, fraction=0.04, pad=0.02)
    bar.set_label("share of the class's clips (%)", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def save_confusion(path, confusion: np.ndarray, names: Sequence[str], title: str):
    """Write :func:`confusion_picture` to ``path``, which is left alone where it holds it already."""
    image, path = confusion_picture(confusion, names, title), Path(path)
    if not path.is_file() or path.read_bytes() != image:
        write_file(path, image)
