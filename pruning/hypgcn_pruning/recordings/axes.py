"""Which axis of an array of clips is which: by its sizes where they leave one reading, else by the user's word."""

from itertools import permutations

import numpy as np

from hypgcn.design.skeleton import BUILT_IN, MAX_JOINTS

from ..messages import say

__all__ = ["ORDER", "LETTERS", "check_axes", "in_order", "readings"]

ORDER = "NCTVM"
LETTERS = {"N": "clips", "C": "channels", "T": "frames", "V": "joints", "M": "persons"}

CHANNELS = (2, 3)
MAX_PERSONS, USUAL_PERSONS = 10, 2


def check_axes(axes: str):
    """:exc:`ValueError` unless ``axes`` is the letters N, C, T, V and, except for one person, M, each once."""
    if sorted(axes) not in (sorted("NCTVM"), sorted("NCTV")):
        raise ValueError(f"axes must be the letters N (clips), C (channels), T (frames), V (joints) and M (persons; "
                         f"left out where there is one) in the order of the array, such as NMTVC, not {axes!r}")


def _likely(sizes: dict[str, int], known: frozenset[int]) -> bool:
    return sizes["C"] in CHANNELS and sizes["M"] <= USUAL_PERSONS and sizes["V"] in known


def _possible(sizes: dict[str, int]) -> bool:
    return sizes["C"] in CHANNELS and sizes["M"] <= MAX_PERSONS and 3 <= sizes["V"] <= MAX_JOINTS


def readings(shape: tuple[int, ...], clips: int, *, likely: bool = False) -> list[str]:
    """Orders of axes that the sizes allow, the documented one first.

    Of those that differ only in where a single person stands, it is one.

    Parameters
    ----------
    shape : tuple of int
        Of the array, five axes, or four for one person.
    clips : int
        How many there are by the labels.
    likely : bool
        Only those with two or three channels, at most two persons, and as many joints as a built-in skeleton.
    """
    letters = ORDER if len(shape) == 5 else "NCTV"
    known = frozenset(skeleton.joints for skeleton in BUILT_IN.values())
    found: dict[str, str] = {}
    for order in (letters, *map("".join, permutations(letters))):
        sizes = {"M": 1, **dict(zip(order, shape))}
        if shape[0] == clips and order[0] != "N":
            continue
        if sizes["N"] == clips and (_likely(sizes, known) if likely else _possible(sizes)):
            found.setdefault(order.replace("M", "") if sizes["M"] == 1 else order, order)
    return list(found.values())


def _question(where, shape, orders: list[str]) -> ValueError:
    shown = "; ".join(f"--axes {order}: " + ", ".join(f"{size} {LETTERS[letter]}" for letter, size in zip(order, shape))
                      for order in orders[:4])
    return ValueError(f"{where} must have the axes {ORDER} (clip, channel, frame, joint, person), but its shape "
                      f"{tuple(shape)} can be read in several ways: say which by {shown}")


def _chosen(shape: tuple[int, ...], clips: int, where) -> str:
    documented = ORDER if len(shape) == 5 else ""
    likely, possible = readings(shape, clips, likely=True), readings(shape, clips)
    sizes = dict(zip(documented, shape))
    if documented and sizes["N"] == clips:
        # Frames that are as few as channels are no doubt, nor are frames and joints that could change places where the
        # documented order has a known number of joints.
        rivals = [order for order in likely if order[-1] == "C"]
        if documented not in likely and sizes["V"] > sizes["T"]:
            rivals += [order for order in likely if order in ("NCVTM", "NVCTM")]
        if documented in possible and not rivals:
            return documented
        if documented in possible:
            raise _question(where, shape, [documented, *rivals])
    found = likely or possible
    if len(found) == 1:
        return found[0]
    if found:
        raise _question(where, shape, found)
    return documented  # nothing else fits either: what is wrong is said where sizes are checked


def in_order(array: np.ndarray, clips: int, axes: str | None, where) -> np.ndarray:
    """``array`` as (N, C, T, V, M), a view.

    Parameters
    ----------
    array : np.ndarray
        Five axes, or four for one person.
    clips : int
        How many there are by the labels.
    axes : str or None
        What the axes are, such as ``NMTVC``; ``None`` to take :data:`ORDER` where the sizes allow no other reading,
        and the only other reading where :data:`ORDER` does not fit, which is said.
    where : object
        Name of file and key for messages.

    Raises
    ------
    ValueError
        Several readings are possible, or ``axes`` does not fit.
    """
    if array.ndim not in (4, 5):
        raise ValueError(f"{where} must have the five dimensions (clip, channel, frame, joint, person), or four "
                         f"without persons, not {array.ndim}")
    if axes is not None:
        check_axes(axes)
        if len(axes) != array.ndim:
            raise ValueError(f"axes must name the {array.ndim} axes of {where}, not {axes!r}")
        size = array.shape[axes.index("N")]
        if size != clips:
            raise ValueError(f"axes {axes!r} must give {where} as many clips as there are labels, {clips}, not {size}")
        order = axes
    else:
        order = _chosen(array.shape, clips, where)
        if not order:
            raise ValueError(f"{where} must have the axes {ORDER} (clip, channel, frame, joint, person), but no order "
                             f"of its shape {array.shape} has {clips} clips, 2 or 3 channels and 3..{MAX_JOINTS} "
                             f"joints; --axes says what they are")
        if order != ORDER:
            say(f"{where} of shape {array.shape} is read as {order} (" +
                ", ".join(f"{size} {LETTERS[letter]}" for letter, size in zip(order, array.shape)) +
                f"), the only reading that fits; --axes {order} says so")
    if "M" not in order:
        array, order = array[..., None], order + "M"
    return array.transpose([order.index(letter) for letter in ORDER])
