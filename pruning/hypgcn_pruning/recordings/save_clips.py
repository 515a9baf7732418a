"""Clips written as an ``.npz``, one after the other, so that a dataset that does not fit the memory can be written."""

import zipfile
from collections.abc import Iterable

import numpy as np
from numpy.lib import format as npy

from hypgcn.design.files import replacing
from hypgcn.progress import Progress

from .data import Clips

__all__ = ["save_clips"]


def save_clips(path, clips: Clips, progress: bool = True):
    """Write ``clips`` as the ``.npz`` that :func:`~.clip_arrays.load_npz` reads.

    The file has the bytes that :func:`numpy.savez` would write; ``data`` (N, C, T, V, M) is float32, zero-padded at
    the end of T, and is written clip by clip.

    Parameters
    ----------
    path : path
        Replaced when all is written.
    clips : Clips
    progress : bool
        Show the time that is left.
    """
    arrays = {"length": clips.length, "label": clips.label, "split": clips.split,
              "class_names": np.array(clips.class_names), **clips.numbers}
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("data.npy", "w", force_zip64=True) as entry:
            npy.write_array_header_1_0(entry, {"descr": "<f4", "fortran_order": False,
                                               "shape": tuple(map(int, clips.data.shape))})
            for clip in _padded(clips, Progress(str(path)) if progress else None):
                entry.write(clip.tobytes())
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                npy.write_array(entry, np.asanyarray(array), allow_pickle=False)


def _padded(clips: Clips, progress: Progress | None) -> Iterable[np.ndarray]:
    """Each clip as float32 (C, T, V, M) with its padding."""
    for index in range(len(clips)):
        clip = clips.clip(index).transpose(3, 1, 2, 0)
        padded = np.zeros(clips.data.shape[1:], np.float32)
        padded[:, :clip.shape[1]] = clip
        yield padded
        if progress:
            progress(index + 1, len(clips))
