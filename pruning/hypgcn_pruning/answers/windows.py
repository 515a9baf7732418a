"""Sliding windows over recordings, and stretches of windows with the same answer."""

from collections.abc import Iterator, Sequence
from itertools import groupby

__all__ = ["Span", "spans", "windows"]

Span = tuple[int, int, int | None, int]
"""First frame, frame behind the last, class or None, number of windows."""


def windows(frames: int, window: int, hop: int) -> list[tuple[int, int]]:
    """First frame and frame behind the last one of each window over a recording.

    Parameters
    ----------
    frames : int
        Of the recording, 1 or more.
    window, hop : int
        Frames of a window, and from one window to the next, ``hop`` 1 or more. ``window`` 0 is the whole recording.

    Returns
    -------
    list of (int, int)
        Together they have every frame: where the last hop does not end with the recording, one more window does. A
        recording shorter than a window is one window.
    """
    if not window or frames <= window:
        return [(0, frames)]
    starts = list(range(0, frames - window + 1, hop))
    if starts[-1] + window < frames:
        starts.append(frames - window)
    return [(start, start + window) for start in starts]


def spans(places: Sequence[tuple[int, int]], classes: Sequence[int | None]) -> Iterator[Span]:
    """Windows one after the other with the same class as one stretch; ``None`` where nobody is there.

    Parameters
    ----------
    places : sequence of (int, int)
        Of :func:`windows`.
    classes : sequence of int or None
        The most probable class of each.
    """
    for value, group in groupby(range(len(places)), key=lambda index: classes[index]):
        members = list(group)
        yield places[members[0]][0], places[members[-1]][1], value, len(members)
