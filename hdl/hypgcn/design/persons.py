"""Persons of a recorded clip for a network of a fixed number of persons, alike in training, tools and host."""

import numpy as np

__all__ = ["match_persons", "person_places"]


def person_places(seen: np.ndarray, persons: int) -> np.ndarray:
    """Places, in rising order, of the persons that are kept of one clip.

    The first places count, but an absent person, or one who is seen in less than half as many frames as somebody else
    (a false detection), comes after the others.

    Parameters
    ----------
    seen : np.ndarray int (M,)
        Number of frames in which each person is seen.
    persons : int
        How many to keep, 1..M.
    """
    brief = 2 * seen < seen.max()
    return np.sort(np.lexsort((np.arange(len(seen)), np.where(brief, -seen, 0), brief))[:persons])


def match_persons(clip: np.ndarray, persons: int) -> np.ndarray:
    """``clip`` (M, T, V, C) with ``persons`` persons: those of :func:`person_places`, or absent ones as zeros behind.

    Parameters
    ----------
    clip : np.ndarray (M, T, V, C)
    persons : int
        1 or more.
    """
    if len(clip) > persons:
        return clip[person_places(clip.any(axis=(2, 3)).sum(axis=1), persons)]
    if len(clip) == persons:
        return clip
    return np.concatenate([clip, np.zeros((persons - len(clip), *clip.shape[1:]), clip.dtype)])
