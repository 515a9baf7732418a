"""Labels and splits of arrays and tables: what they may be coded as, and what is made of it."""

import warnings

import numpy as np

from ..messages import say

__all__ = ["checked_labels", "checked_split"]

MAX_CLASSES = 1024
_TRAIN, _TEST = ("train", "training"), ("test", "testing", "val", "valid", "validation", "eval")


def _few(values) -> str:
    """Values for a message, the first twelve."""
    values = [v.item() if isinstance(v, np.generic) else v for v in values]
    return ", ".join(map(str, values[:12])) + (f" and {len(values) - 12} more" if len(values) > 12 else "")


def _numbers(label: np.ndarray, where) -> np.ndarray:
    """Int64 of whole numbers of any type."""
    if label.dtype.kind not in "iufb":
        raise ValueError(f"{where} must be whole numbers or names of classes, not of type {label.dtype}")
    whole = label.astype(np.int64) if np.isfinite(label).all() else None
    if whole is None or (whole != label).any():
        clip = int(np.flatnonzero(~np.isfinite(label) | (label != np.floor(label)))[0])
        raise ValueError(f"{where} must be whole numbers from 0, but clip {clip} has {label[clip]!s}")
    return whole


def _is_one_hot(label: np.ndarray) -> bool:
    return label.ndim == 2 and label.shape[1] > 1 and label.dtype.kind in "iufb" \
        and bool(np.isin(label, (0, 1)).all() and (label.sum(axis=1) == 1).all())


def checked_labels(label: np.ndarray, class_names: tuple[str, ...], where, *,
                   first: int | None = None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Labels from 0, int64 (N,), and the names of the classes.

    Parameters
    ----------
    label : np.ndarray
        Whole numbers of any type (N,), one column or row of such, one-hot rows (N, K), or names (N,), which become
        numbers in alphabetical order, or in that of ``class_names``.
    class_names : tuple of str
        Of the file, or empty.
    where : object
        Name of file and key for messages.
    first : int or None
        Number of the first class, which is subtracted; ``None`` for 0.

    Raises
    ------
    ValueError
        Other types, numbers that are not whole, a name that is not among ``class_names``, labels below ``first``.

    Warns
    -----
    UserWarning
        Without class names and without ``first``: labels that seem to count from 1, or numbers of which most do not
        occur. They are taken as they are.
    """
    label = np.asarray(label)
    if _is_one_hot(label):
        return label.argmax(axis=1).astype(np.int64), class_names
    if label.ndim == 2 and 1 in label.shape:
        label = label.reshape(-1)
    if label.ndim != 1:
        raise ValueError(f"{where} must have one entry for each clip, or one-hot rows, not shape {label.shape}")
    if label.dtype.kind in "SU":
        text = np.char.strip(label.astype(str))
        if not (text.size and np.char.isdecimal(text).all()):
            return _named(text, class_names, where)
        label = text.astype(np.int64)
    label = _numbers(label, where) - (first or 0)
    if first and label.size and label.min() < 0:
        raise ValueError(f"{where} must be at least {first}, the first class, not {label.min() + first}")
    if first is None and not class_names and label.size and label.min() >= 0:
        _suspect(label, where)
    return label, class_names


def _named(text: np.ndarray, class_names: tuple[str, ...], where) -> tuple[np.ndarray, tuple[str, ...]]:
    found = tuple(sorted(set(text.tolist())))
    if class_names and not set(found) <= set(class_names):
        unknown = sorted(set(found) - set(class_names))
        raise ValueError(f"{where} must be names of class_names, not {_few(unknown)}")
    names = class_names or found
    if not class_names:
        say(f"{where}: names of classes, numbered in alphabetical order: {_few(names)}")
    number = {name: index for index, name in enumerate(names)}
    return np.array([number[name] for name in text.tolist()], np.int64), names


def _suspect(label: np.ndarray, where):
    present = np.unique(label)
    top = int(present[-1])
    if present[0] == 1 and len(present) == top and top > 1:
        warnings.warn(f"{where}: labels are 1..{top} and none is 0: they seem to count from 1, but are taken as they "
                      f"are, with a class 0 without clips; --first-label 1 takes 1 off, --first-label 0 says that they "
                      f"count from 0", stacklevel=4)
    elif len(present) > 1 and 2 * len(present) < top + 1:
        warnings.warn(f"{where}: of the classes 0..{top} only {len(present)} have clips: {_few(present)}; the others "
                      f"are classes without clips. Number them without gaps, or give class_names, or --first-label 0 "
                      f"where this is meant", stacklevel=4)


def checked_split(split: np.ndarray, where) -> np.ndarray:
    """Uint8 (N,), 0 training, 1 test, of 0 and 1, booleans, or the words train and test (or val).

    Raises :exc:`ValueError` for any other coding, with the codes that were found.
    """
    split = np.asarray(split)
    if split.dtype.kind in "SU":
        words = np.char.lower(np.char.strip(split.astype(str)))
        held = sorted(set(words.tolist()) - set(_TRAIN))
        if len(held) <= 1 and set(held) <= set(_TEST):
            return np.isin(words, held).astype(np.uint8)
        if set(words.tolist()) <= {"0", "1"}:
            return words.astype(np.uint8)
    elif split.dtype.kind in "iufb" and np.isin(split, (0, 1)).all():
        return split.astype(np.uint8)
    raise ValueError(f"{where} must be 0 (training) or 1 (test), or the words train and test, for each clip, not "
                     f"{_few(np.unique(split))}")
