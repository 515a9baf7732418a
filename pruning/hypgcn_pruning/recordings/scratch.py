"""Arrays in files: temporary ones for what does not fit the memory, and mapped ones of which little stays in memory."""

import atexit
import mmap
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["HELD", "MAPPED", "Rows", "let_go", "scratch_array"]

MAPPED = 1 << 28
"""Arrays of so many bytes are mapped, smaller ones are in memory."""
HELD = 1 << 25
"""Bytes of a mapped file that are read before its pages are given back."""
_SPARE = 1 << 28
"""Bytes of a disk that temporary files leave free."""


def let_go(array: np.ndarray):
    """Give back the pages of a mapped file that ``array`` is a view of.

    The system reads them again when they are needed, mostly from its cache, and what was written stays written. Arrays
    in memory are left alone, and so is every array where the system has no such call.
    """
    base: object = array
    while isinstance(base, np.ndarray):
        mapping = getattr(base, "_mmap", None)
        if isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            mapping.madvise(mmap.MADV_DONTNEED)
            return
        base = base.base


class Rows:
    """An array whose rows are copied one at a time; of a mapped file at most :data:`HELD` bytes stay in memory.

    Parameters
    ----------
    array : np.ndarray (N, ...)
        Most often a view of a mapped file.
    """

    def __init__(self, array: np.ndarray):
        self.array, self.read = array, 0

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index: int) -> np.ndarray:
        row = np.array(self.array[index])
        self.read += row.nbytes
        if self.read >= HELD:
            self.read = 0
            let_go(self.array)
        return row


_folder: Path | None = None


def _scratch_folder() -> Path:
    """Folder of this process for temporary files, which goes when the process ends."""
    global _folder
    if _folder is None:
        _folder = Path(tempfile.mkdtemp(prefix="hypgcn-"))
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder


def scratch_array(shape: tuple[int, ...], dtype, what: str) -> np.memmap:
    """A new array in a temporary file, which is removed when the process ends.

    Parameters
    ----------
    shape : tuple of int
    dtype : type
    what : str
        What is stored, for the error.

    Returns
    -------
    np.memmap
        Of zeros, writable; its ``filename`` can be mapped by other processes.

    Raises
    ------
    OSError
        The disk of the folder for temporary files has too little room.
    """
    folder = _scratch_folder()
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    free = shutil.disk_usage(folder).free
    if size + _SPARE > free:
        raise OSError(f"{what} needs a temporary file of {size / 1e9:.1f} GB, but {folder.parent} has only "
                      f"{free / 1e9:.1f} GB left: set TMPDIR to a folder with more room")
    handle, name = tempfile.mkstemp(dir=folder, suffix=".raw")
    os.truncate(handle, size)
    os.close(handle)
    return np.memmap(name, dtype, "r+", shape=shape)
