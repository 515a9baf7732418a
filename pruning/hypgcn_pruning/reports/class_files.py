"""Accuracies of the classes and confusion matrices of rows of accuracy, as files in a folder beside the rows."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hypgcn.design.files import write_json

from .class_figures import class_rows
from .confusion import save_confusion

__all__ = ["class_file", "save_classes"]

_PARTS = ("dataset", "protocol", "network", "stream", "step", "weights")


def class_file(table: Path, row: dict) -> Path:
    """File of ``row`` in the list at ``table``: ``results/accuracy_classes/nw-ucla_..._joint_int8.json``."""
    parts = [re.sub(r"[^0-9a-z+.=]+", "-", str(row[name]).lower()).strip("-") for name in _PARTS if row.get(name)]
    return table.with_name(f"{table.stem}_classes") / f"{'_'.join(parts)}.json"


def save_classes(table: Path, row: dict, confusion: np.ndarray, names: Sequence[str]):
    """Write the classes of ``row`` as JSON, and its confusion matrix as a picture beside it (``.png``).

    Parameters
    ----------
    table : Path
        The list that has the row.
    row : dict
    confusion : np.ndarray int (classes, classes)
        Clips of each class (rows) by the class that they are taken for.
    names : sequence of str
        Of the classes, or empty.
    """
    path = class_file(table, row)
    classes = [{**entry, "accuracy": entry["accuracy"]["row"]} for entry in class_rows({"row": confusion}, names)]
    write_json(path, {**{name: row[name] for name in _PARTS if name in row}, "classes": classes,
                      "confusion": confusion.tolist(), "command": row["command"]})
    save_confusion(path.with_suffix(".png"), confusion, names,
                   f"{row['dataset']}, {row['stream']}, {row['step']}: top-1 {100 * row['top1']:.2f} % of "
                   f"{row['clips']} clips")
