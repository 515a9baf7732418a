"""Some of the classes of recordings, by name or number."""

import csv
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .data import Clips

__all__ = ["class_numbers", "class_subset", "number_names"]


def number_names(numbers: Sequence[int]) -> tuple[str, ...]:
    """Names of classes that have none, by which they keep their numbers where others are left out."""
    return tuple(f"class {number}" for number in numbers)


def class_numbers(text: str, names: Sequence[str], classes: int) -> list[int]:
    """Numbers of chosen classes, in the order in which they are named.

    Parameters
    ----------
    text : str
        Names or numbers between commas, ``wave,point`` or ``3,7``. A name that has a comma stands in double quotes; a
        number is taken as a name first.
    names : sequence of str
        Of all classes, or empty.
    classes : int
        How many there are.

    Raises
    ------
    ValueError
        An unknown class, or one that is named twice.
    """
    known = list(names)
    words = [word.strip() for word in next(csv.reader([text], skipinitialspace=True), [])]
    if not words:
        raise ValueError("classes must be names or numbers between commas, not ''")
    chosen = []
    for word in words:
        if word in known:
            if known.count(word) > 1:
                raise ValueError(f"classes: {word!r} must be the name of one class, not of {known.count(word)}; choose "
                                 f"by number")
            number = known.index(word)
        elif word.isascii() and word.isdecimal() and int(word) < classes:
            number = int(word)
        else:
            listed = f": {', '.join(known)}" if known else ", which have no names"
            raise ValueError(f"classes must be numbers in 0..{classes - 1}{' or names' if known else ''} of the "
                             f"{classes} classes{listed}; not {word!r}")
        if number in chosen:
            raise ValueError(f"classes must be named once each, but {word!r} is there twice")
        chosen.append(number)
    return chosen


def class_subset(clips: Clips, text: str, where) -> Clips:
    """The clips of some classes, which get the numbers 0.. in the order in which they are named.

    Names go with them; classes without names are called by their former numbers (:func:`number_names`), so that nobody
    takes them for others.

    Parameters
    ----------
    clips : Clips
    text : str
        Of :func:`class_numbers`.
    where : object
        Name of the recordings in errors.

    Raises
    ------
    ValueError
        An unknown class, or none with a clip.
    """
    try:
        chosen = class_numbers(text, clips.class_names, clips.classes)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    index = np.flatnonzero(np.isin(clips.label, chosen))
    if not len(index):
        raise ValueError(f"{where}: classes must be some that have clips; {text} have none")
    taken = clips.take(index)
    names = tuple(clips.class_names[k] for k in chosen) if clips.class_names else number_names(chosen)
    places = np.zeros(clips.classes, np.int64)
    places[chosen] = np.arange(len(chosen))
    return replace(taken, label=places[taken.label], classes=len(chosen), class_names=names, chosen=tuple(chosen))
