"""Labels and splits of clips whose files say nothing of them: from a table beside them, or from their folders."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..labels import checked_labels, checked_split

__all__ = ["LABELS", "catalogued"]

LABELS = "labels.csv"
_SPLITS = {"train": 0, "val": 1, "test": 1}


def _from_table(path: Path, names: Sequence[str], first: int | None) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    with open(path, encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    if not rows or not {"clip", "label"} <= rows[0].keys():
        raise ValueError(f"{path} must have the columns clip and label, and may have split, not "
                         f"{', '.join(map(str, rows[0])) if rows else 'nothing'}")
    found: dict[str, dict] = {}
    for row in rows:
        name = str(row["clip"]).strip().replace("\\", "/")
        for key in {name, name.rsplit(".", 1)[0]}:
            if key in found:
                raise ValueError(f"{path} must name every clip once, but names {name!r} twice")
            found[key] = row
    missing = [name for name in names if name not in found and name.rsplit("/", 1)[-1] not in found]
    if missing:
        raise ValueError(f"{path} must name every clip, but lacks {', '.join(missing[:5])}")
    chosen = [found.get(name) or found[name.rsplit("/", 1)[-1]] for name in names]
    label, class_names = checked_labels(np.array([str(row["label"]) for row in chosen]), (), path, first=first)
    split = np.zeros(len(names), np.uint8)
    if rows[0].get("split") is not None:
        split = checked_split(np.array([str(row["split"]) for row in chosen]), f"{path}: split")
    return label, split, class_names


def catalogued(root: Path, names: Sequence[str],
               first: int | None = None) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Labels (N,), splits (N,) and class names of the clips ``names``.

    They are in ``labels.csv`` in ``root``, with the columns ``clip``, ``label`` (a number or a name) and perhaps
    ``split``; else the folder of a clip is its class, and the folder ``train``, ``val`` or ``test`` above it its split.

    Parameters
    ----------
    root : Path
        Of the dataset.
    names : sequence of str
        Paths of the clips below ``root``, with ``/`` and without suffix.
    first : int or None
        Number of the first class.

    Raises
    ------
    ValueError
        Neither is there, or the table lacks a clip.
    """
    if (root / LABELS).is_file():
        return _from_table(root / LABELS, names, first)
    classes, split = [], []
    for name in names:
        folders = name.split("/")[:-1]
        below = folders[1:] if folders and folders[0] in _SPLITS else folders
        split.append(_SPLITS.get(folders[0], 0) if folders else 0)
        if not below:
            raise ValueError(f"{root} must say the class of each clip, but {name!r} has none: {LABELS} with the "
                             f"columns clip, label and perhaps split, or folders of classes (running/{name}), perhaps "
                             f"below train and val")
        classes.append(below[-1])
    label, class_names = checked_labels(np.array(classes), (), root, first=first)
    return label, np.array(split, np.uint8), class_names
