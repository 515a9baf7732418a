"""Passes over all clips, with the time that is left where they are long."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from hypgcn.progress import Progress

__all__ = ["passing"]

_Item = TypeVar("_Item")


def passing(items: Iterable[_Item], count: int, title: str) -> Iterator[_Item]:
    """``items``, and progress on the standard error stream: nothing for a pass of a moment.

    Parameters
    ----------
    items : iterable
    count : int
        How many there are.
    title : str
        What the pass is for.
    """
    progress = Progress(title)
    for number, item in enumerate(items):
        yield item
        progress(number + 1, count)
    if progress.shown != progress.start:
        progress.finish()
