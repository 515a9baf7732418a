"""Padding that takes no memory: clips of a few frames beside one of many thousands."""

import math
import mmap

import numpy as np

__all__ = ["mostly_padding", "padded", "taken"]


def mostly_padding(length: np.ndarray, frames: int) -> bool:
    """Whether more than half of the frames of clips of these lengths, padded to ``frames``, are padding."""
    return 2 * int(length.sum()) < len(length) * frames


def padded(shape: tuple[int, ...]) -> np.ndarray:
    """Float32 zeros, of which the parts that nobody writes to take no memory where the system can do that.

    NumPy asks for pages of two megabytes, of which a clip would fill the beginning alone.
    """
    flags = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
    count = math.prod(shape)
    if not flags or not count:
        return np.zeros(shape, np.float32)
    pages = mmap.mmap(-1, 4 * count, flags=flags)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        try:
            pages.madvise(mmap.MADV_NOHUGEPAGE)
        except OSError:
            pass  # a system without huge pages
    return np.frombuffer(pages, np.float32).reshape(shape)


def taken(data: np.ndarray, length: np.ndarray, index: np.ndarray) -> np.ndarray:
    """``data[index]`` of clips (N, C, T, V, M), without touching their padding where that is most of it.

    Parameters
    ----------
    data : np.ndarray (N, C, T, V, M)
    length : np.ndarray int (N,)
        Real frames of each; what is behind them is left out where it is not copied.
    index : np.ndarray int (K,)
    """
    if data.dtype != np.float32 or not len(index) or not mostly_padding(length[index], data.shape[2]):
        return data[index]
    found = padded((len(index), *data.shape[1:]))
    for into, place in zip(found, index):
        into[:, :length[place]] = data[place, :, :length[place]]
    return found
