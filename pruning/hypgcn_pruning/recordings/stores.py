"""Where the coordinates of clips are when they are not one padded array: ragged, in a mapped file, or made when asked.

A store looks like the array (N, C, T, V, M) that it stands for as far as its shape goes, and gives one clip at a time.
Only :func:`numpy.asarray` pads all clips to the longest one.
"""

import mmap
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from .scratch import HELD, MAPPED, Rows, let_go, scratch_array

__all__ = ["Store", "Ragged", "Padded", "Computed", "Joined"]


class Store(ABC):
    """Coordinates of N clips.

    Attributes
    ----------
    shape : tuple of five int
        (N, C, T, V, M) of the padded array; T is that of the longest clip.
    """

    shape: tuple[int, int, int, int, int]
    ndim = 5

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def size(self) -> int:
        """Numbers of the padded array."""
        return int(np.prod(self.shape, dtype=np.int64))

    @abstractmethod
    def clip(self, index: int) -> np.ndarray:
        """Float32 (M, T, V, C) of one clip; T may have padding where the store is padded."""

    def take(self, index: np.ndarray) -> "Store":
        """The clips at ``index``; nothing is copied."""
        index = np.asarray(index, np.int64)
        return Computed((len(index), *self.shape[1:]), lambda i: self.clip(int(index[i])))

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        padded = np.zeros(self.shape, np.float32)
        for index in range(len(self)):
            clip = self.clip(index)
            padded[index, :, :clip.shape[1]] = clip.transpose(3, 1, 2, 0)
        return padded if dtype is None else padded.astype(dtype)

    def __getitem__(self, key) -> np.ndarray:
        return np.asarray(self)[key]


class Ragged(Store):
    """The frames of all clips, one after the other, without padding.

    Parameters
    ----------
    frames : np.ndarray float32 (F, M, V, C)
    starts, lengths : np.ndarray int64 (N,)
        First frame of each clip, and its number of frames.
    """

    def __init__(self, frames: np.ndarray, starts: np.ndarray, lengths: np.ndarray):
        self.frames, self.starts, self.lengths = frames, starts, lengths
        _, persons, joints, channels = frames.shape
        self.shape = (len(starts), channels, int(lengths.max(initial=0)), joints, persons)

    @classmethod
    def of(cls, clips: Sequence[np.ndarray], persons: int) -> "Ragged":
        """Of clips (M, T, V, C) with the same V and C; the first ``persons`` persons, absent ones are zero."""
        return cls.made(clips, [clip.shape[1] for clip in clips], (persons, *clips[0].shape[2:]))

    @classmethod
    def made(cls, clips: Iterable[np.ndarray], length: Sequence[int] | np.ndarray,
             shape: tuple[int, int, int]) -> "Ragged":
        """Of clips (M, T, V, C) that come one after the other.

        Many of them (:data:`~.scratch.MAPPED` bytes) are stored in a temporary file.

        Parameters
        ----------
        clips : iterable of np.ndarray
        length : sequence of int
            Their frames.
        shape : tuple of int
            (M, V, C) of the store: of each clip the first M persons are kept, absent ones are zero.
        """
        lengths = np.asarray(length, np.int64)
        starts = np.cumsum(lengths) - lengths
        whole = (int(lengths.sum()), *shape)
        large = np.prod(whole, dtype=np.int64) * 4 >= MAPPED
        frames = scratch_array(whole, np.float32, f"{len(lengths)} clips") if large else np.zeros(whole, np.float32)
        written = 0
        for clip, start, count in zip(clips, starts, lengths, strict=True):
            kept = clip[:shape[0], :count]
            frames[start:start + count, :len(kept)] = kept.transpose(1, 0, 2, 3)
            written += kept.nbytes
            if large and written >= HELD:
                written = 0
                let_go(frames)
        return cls(frames, starts, lengths)

    def __reduce__(self):
        if isinstance(self.frames, np.memmap):
            return _ragged, (*_place(self.frames), self.starts, self.lengths)
        return Ragged, (self.frames, self.starts, self.lengths)

    def clip(self, index: int) -> np.ndarray:
        """Float32 (M, T, V, C) of one clip, a view."""
        start = self.starts[index]
        return self.frames[start:start + self.lengths[index]].transpose(1, 0, 2, 3)

    def take(self, index: np.ndarray) -> "Ragged":
        """The clips at ``index``; the frames are shared."""
        return Ragged(self.frames, self.starts[index], self.lengths[index])


class Padded(Store):
    """An array (N, C, T, V, M), most often a mapped file, of which single clips are read.

    Parameters
    ----------
    array : np.ndarray (N, C, T, V, M)
        Of any number type; a view of a mapped file.
    rows : np.ndarray int64 or None
        Which clips of it; ``None`` for all.
    """

    def __init__(self, array: np.ndarray, rows: np.ndarray | None = None):
        self.array, self.copies = array, Rows(array)
        self.rows = np.arange(len(array)) if rows is None else rows
        self.shape = (len(self.rows), *array.shape[1:])

    def __reduce__(self):
        # Another process maps the file itself; by default a mapped array travels as all its numbers.
        if isinstance(self.array, np.memmap):
            return _padded, (*_place(self.array), self.rows)
        return Padded, (self.array, self.rows)

    def clip(self, index: int) -> np.ndarray:
        """Float32 (M, T, V, C) of one clip, read now."""
        return np.asarray(self.copies[self.rows[index]], np.float32).transpose(3, 1, 2, 0)

    def take(self, index: np.ndarray) -> "Padded":
        """The clips at ``index``; the array is shared."""
        return Padded(self.array, self.rows[index])


def _place(array: np.memmap) -> tuple:
    """File, first byte, shape, type and strides of a view of a mapped file."""
    mapped = np.frombuffer(array._mmap, np.uint8)  # type: ignore[attr-defined]
    begin = array.offset - array.offset % mmap.ALLOCATIONGRANULARITY
    inside = array.__array_interface__["data"][0] - mapped.__array_interface__["data"][0]
    return str(array.filename), begin + inside, array.shape, array.dtype, array.strides


def _remapped(path: str, start: int, shape: tuple[int, ...], dtype: np.dtype, strides: tuple[int, ...]) -> np.ndarray:
    raw = np.memmap(path, np.uint8, "r")
    return np.ndarray(shape, dtype, raw, start, strides)


def _padded(*place) -> Padded:
    *mapped, rows = place
    return Padded(_remapped(*mapped), rows)


def _ragged(*place) -> Ragged:
    *mapped, starts, lengths = place
    return Ragged(_remapped(*mapped), starts, lengths)


class Computed(Store):
    """Clips that are made when they are asked for.

    Parameters
    ----------
    shape : tuple of five int
        (N, C, T, V, M).
    make : callable
        Float32 (M, T, V, C) of the clip with this index.
    """

    def __init__(self, shape: tuple[int, ...], make: Callable[[int], np.ndarray]):
        self.shape = shape  # type: ignore[assignment]
        self.make = make

    def __reduce__(self):
        # Another process gets the clips themselves: how they are made is no data.
        shape = self.shape[4], self.shape[3], self.shape[1]
        every = [self.clip(index) for index in range(len(self))] if 4 * self.size < MAPPED else None
        # Those that may not fit the memory are made twice: their lengths come first.
        lengths = [clip.shape[1] for clip in every or map(self.clip, range(len(self)))]
        return Ragged.made(every or map(self.clip, range(len(self))), lengths, shape).__reduce__()

    def clip(self, index: int) -> np.ndarray:
        """Float32 (M, T, V, C) of one clip, made now."""
        return self.make(index)


class Joined(Store):
    """The clips of several stores, one store after the other.

    Parameters
    ----------
    parts : sequence of Store
        With the same C, V and M.
    """

    def __init__(self, parts: Sequence[Store]):
        self.parts = tuple(parts)
        self.ends = np.cumsum([len(part) for part in self.parts])
        first = self.parts[0].shape
        for part in self.parts:
            if (part.shape[1], *part.shape[3:]) != (first[1], *first[3:]):
                raise ValueError(f"all parts must have the {first[1]} channels, {first[3]} joints and {first[4]} "
                                 f"persons of the first, not {part.shape[1]}, {part.shape[3]} and {part.shape[4]}")
        self.shape = (int(self.ends[-1]), first[1], max(part.shape[2] for part in self.parts), *first[3:])

    def clip(self, index: int) -> np.ndarray:
        """Float32 (M, T, V, C) of one clip."""
        part = int(np.searchsorted(self.ends, index, side="right"))
        return self.parts[part].clip(index - (int(self.ends[part - 1]) if part else 0))
