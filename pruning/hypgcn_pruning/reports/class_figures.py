"""What a network does with each class: top-5, accuracies of the classes, and which class is taken for which."""

from collections.abc import Sequence

import numpy as np

__all__ = ["class_rows", "confusion_matrix", "mean_class_accuracy", "top_k", "weakest"]


def top_k(scores: np.ndarray, labels: np.ndarray, k: int = 5) -> float | None:
    """Share of the clips whose label is among the ``k`` highest scores.

    Parameters
    ----------
    scores : np.ndarray (N, classes)
        Numbers of any kind; of equal ones the lower class comes first.
    labels : np.ndarray int (N,)
    k : int

    Returns
    -------
    float or None
        0..1; None where there are ``k`` classes or fewer, of which every answer would be right.
    """
    classes = scores.shape[1]
    if classes <= k:
        return None
    own = scores[np.arange(len(labels)), labels][:, None]
    before = np.arange(classes) < labels[:, None]
    ahead = ((scores > own) | ((scores == own) & before)).sum(axis=1)
    return round(float((ahead < k).mean()), 4)


def confusion_matrix(votes: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Clips of each class (rows) by the class that they are taken for (columns), int64 (classes, classes)."""
    return np.bincount(labels * classes + votes, minlength=classes * classes).reshape(classes, classes)


def mean_class_accuracy(confusion: np.ndarray) -> float:
    """Mean over the classes that have clips of the share that is right, 0..1."""
    clips = confusion.sum(axis=1)
    return round(float((confusion.diagonal()[clips > 0] / clips[clips > 0]).mean()), 4)


def _names(names: Sequence[str], classes: int) -> list[str]:
    return list(names) or [str(k) for k in range(classes)]


def class_rows(confusions: dict[str, np.ndarray], names: Sequence[str]) -> list[dict]:
    """A row for each class.

    Parameters
    ----------
    confusions : dict of np.ndarray
        :func:`confusion_matrix` of each network, by its name.
    names : sequence of str
        Of the classes, or empty.

    Returns
    -------
    list of dict
        ``name``, ``clips``, and ``accuracy`` of each network, 0..1, None for a class without clips.
    """
    classes = len(next(iter(confusions.values())))
    rows = []
    for k, name in enumerate(_names(names, classes)):
        clips = int(next(iter(confusions.values()))[k].sum())
        rows.append({"name": name, "clips": clips,
                     "accuracy": {which: round(int(found[k, k]) / clips, 4) if clips else None
                                  for which, found in confusions.items()}})
    return rows


def weakest(confusion: np.ndarray, names: Sequence[str], count: int = 3) -> list[str]:
    """A text for each of the ``count`` classes of the lowest accuracy that lose clips: what they are taken for most.

    Parameters
    ----------
    confusion : np.ndarray int (classes, classes)
    names : sequence of str
        Of the classes, or empty.
    count : int
    """
    named, clips = _names(names, len(confusion)), confusion.sum(axis=1)
    shares = np.where(clips > 0, confusion.diagonal() / np.maximum(clips, 1), 1)
    texts = []
    for k in np.argsort(shares, kind="stable")[:count]:
        wrong = confusion[k].copy()
        wrong[k] = 0
        if shares[k] < 1:
            other = int(wrong.argmax())
            texts.append(f"{named[k]} {100 * shares[k]:.1f} % of {clips[k]} clips, most often taken for {named[other]} "
                         f"({wrong[other]})")
    return texts
