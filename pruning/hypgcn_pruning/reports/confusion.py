"""The confusion matrix as a picture."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hypgcn.design.files import write_file
from hypgcn.pages import chart

__all__ = ["confusion_picture", "save_confusion"]

NUMBERED = 20
"""Up to so many classes cells have their numbers."""
NAMED = 40
"""Up to so many classes rows and columns have their names: of more they could not be read."""
CONFUSED = 12
"""Pairs of classes that are listed where names have no place beside the matrix."""


def confusion_picture(confusion: np.ndarray, names: Sequence[str], title: str) -> bytes:
    """PNG of a confusion matrix; the same matrix, the same bytes.

    A row is a class, its colours are shares of the clips of that class, its numbers are clips. Of more than
    :data:`NAMED` classes the pairs that are confused most often are listed by name below the matrix.

    Parameters
    ----------
    confusion : np.ndarray int (classes, classes)
    names : sequence of str
        Of the classes, or empty.
    title : str
    """
    classes = len(confusion)
    named = [name if len(name) <= 28 else f"{name[:27]}…" for name in names] or [str(k) for k in range(classes)]
    pairs = _confused(confusion, named) if classes > NAMED else []
    beside = 0.3 + 0.058 * max(map(len, named)) if classes <= NAMED else 0.5  # inches of the names
    matrix = min(chart.WIDTH - beside - 1.3, 1.6 + 0.22 * classes)
    with chart.sheet(min(chart.TALLEST, matrix + beside + 0.6 + 0.15 * (len(pairs) and len(pairs) + 2))) as figure:
        axis = figure.subplots()
        shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
        image = axis.imshow(100 * shares, cmap="Blues", vmin=0, vmax=100)
        if classes <= NAMED:
            axis.set_xticks(range(classes), named, rotation=90)
            axis.set_yticks(range(classes), named)
        else:
            axis.set_xticks(range(0, classes, 10))
            axis.set_yticks(range(0, classes, 10))
        axis.set_xlabel("taken for" if classes <= NAMED else "taken for (number of the class, from 0)")
        axis.set_ylabel("recorded as" if classes <= NAMED else "recorded as (number of the class, from 0)")
        axis.set_title(textwrap.fill(title, 60))
        if classes <= NUMBERED:
            for row, column in np.argwhere(confusion):
                axis.text(column, row, str(confusion[row, column]), ha="center", va="center", fontsize=chart.SMALL,
                          color="white" if shares[row, column] > 0.5 else "black")
        bar = figure.colorbar(image, ax=axis, fraction=0.04, pad=0.02)
        bar.set_label("share of the class's clips (%)")
        if pairs:
            figure.supxlabel("\n".join(["confused most often, clips of all of the class:", *pairs]),
                             fontsize=chart.SMALL, linespacing=1.2)
        return chart.png(figure)


def _confused(confusion: np.ndarray, named: Sequence[str]) -> list[str]:
    """The cells beside the diagonal with the highest shares of their classes."""
    wrong = confusion - np.diag(confusion.diagonal())
    shares = wrong / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    found = [(-shares[row, column], row, column) for row, column in np.argwhere(wrong)]
    return [f"{named[row]}, taken for {named[column]}: {wrong[row, column]} of {confusion[row].sum()}"
            for _, row, column in sorted(found)[:CONFUSED]]


def save_confusion(path, confusion: np.ndarray, names: Sequence[str], title: str):
    """Write :func:`confusion_picture` to ``path``, which is left alone where it holds it already."""
    image, path = confusion_picture(confusion, names, title), Path(path)
    if not path.is_file() or path.read_bytes() != image:
        write_file(path, image)
