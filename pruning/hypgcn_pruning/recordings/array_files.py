"""Files of NumPy arrays, opened without running anything in them: large arrays stay in a file and are mapped."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from hypgcn.progress import Progress

from ..messages import say
from .scratch import HELD, MAPPED, let_go, scratch_array

__all__ = ["kind_of", "open_npy", "open_npz"]

_PIECE = 1 << 22
"""Bytes that are unpacked at a time."""
_KINDS = ((b"PK\x03\x04", "an npz file"), (b"\x93NUMPY", "an npy file"), (b"\x89HDF", "an HDF5 file"),
          (b"MATLAB", "a MATLAB file"), (b"\x80", "a pickle"), (b"{", "a JSON file"), (b"[", "a JSON file"))

_ADVICE = {
    "an npy file": "an .npy holds one array alone: save data and label together by "
                   "np.savez(PATH, data=data, label=label), or put labels beside it as NAME_label.npy",
    "an HDF5 file": "read it with h5py and save its arrays by np.savez(PATH, data=data, label=label)",
    "a MATLAB file": "read it with scipy.io.loadmat and save its arrays by np.savez(PATH, data=data, label=label)",
    "a pickle": "give it the suffix .pkl where it is PYSKL's, or save its arrays by "
                "np.savez(PATH, data=data, label=label)",
}


def kind_of(path) -> str:
    """What a file is by its first bytes, as words for a message; ``"text or damaged"`` for anything unknown."""
    with open(path, "rb") as handle:
        start = handle.read(16)
    return next((name for magic, name in _KINDS if start.lstrip().startswith(magic)), "text or damaged")


def _refuse(path, wanted: str, found: str):
    advice = _ADVICE.get(found)
    raise ValueError(f"{path} must be {wanted}, not {found}" + (f"; {advice}" if advice else ""))


def _header(handle, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    """(shape, order, type) of the array whose bytes begin here; ``name`` is that of file and key in errors."""
    try:
        version = npy.read_magic(handle)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(handle)
    except (ValueError, EOFError, KeyError) as error:
        raise ValueError(f"{name} is not an array, or is damaged or truncated") from error
    if dtype.hasobject:
        raise ValueError(f"{name} must hold numbers or text in one array, not Python objects: clips of several lengths "
                         f"become such, and must be padded with zeros to one length, with their lengths as length (N,) "
                         f"beside them")
    return shape, fortran, dtype


def _array(handle, name: str, path, offset: int | None) -> np.ndarray:
    """The array whose bytes begin here; mapped where it is large and ``offset``, its place in ``path``, is known."""
    shape, fortran, dtype = _header(handle, name)
    order = "F" if fortran else "C"
    count = int(np.prod(shape, dtype=np.int64))
    if offset is not None and count * dtype.itemsize >= MAPPED:
        start = offset + handle.tell()
        if start + count * dtype.itemsize > Path(path).stat().st_size:
            raise ValueError(f"{name} is truncated: the file ends before the {count} numbers of shape {shape}")
        return np.memmap(path, dtype, "r", start, shape, order)
    array = _unpacked(count, dtype, name) if count * dtype.itemsize >= MAPPED else np.empty(count, dtype)
    content = array.view(np.uint8) if array.nbytes else np.empty(0, np.uint8)
    filled, held, progress = 0, 0, Progress(f"{name}: unpacked")
    while filled < len(content):
        more = handle.readinto(memoryview(content[filled:filled + _PIECE]))
        if not more:
            raise ValueError(f"{name} is truncated: it must hold the {count} numbers of shape {shape}, not "
                             f"{filled // dtype.itemsize}")
        filled += more
        if filled - held >= HELD:
            held = filled
            let_go(array)
        progress(filled, len(content))
    return array.reshape(shape, order=order)


def _unpacked(count: int, dtype: np.dtype, name: str) -> np.memmap:
    """A temporary file for an array that is compressed, and so cannot be mapped where it is."""
    say(f"{name} is compressed: its {count * dtype.itemsize / 1e9:.1f} GB are unpacked into a temporary file; saved by "
        f"np.savez in place of np.savez_compressed it could be read where it is")
    return scratch_array((count,), dtype, name)


def open_npy(path) -> np.ndarray:
    """The array of an ``.npy``; read-only and mapped from :data:`~.scratch.MAPPED` bytes on.

    Raises :exc:`ValueError`, naming the file, for other kinds of files, damage and Python objects.
    """
    found = kind_of(path)
    if found != "an npy file":
        _refuse(path, "an npy file", "damaged or truncated" if found == "text or damaged" else found)
    with open(path, "rb") as handle:
        return _array(handle, str(path), path, 0)


def open_npz(path, wanted: str = "an npz file with data (N, C, T, V, M) and label (N,)") -> dict[str, np.ndarray]:
    """All arrays of an ``.npz`` by name.

    From :data:`~.scratch.MAPPED` bytes on they are mapped: where they are, or, if they are compressed, in a temporary
    file.

    Parameters
    ----------
    path : path
    wanted : str
        What the file should be, for errors.

    Raises
    ------
    ValueError
        Another kind of file (with what to do about it), a damaged or truncated one, or an array of Python objects, with
        its name.
    """
    found = kind_of(path)
    if found not in ("an npz file", "text or damaged"):
        _refuse(path, wanted, found)
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive, open(path, "rb") as raw:
            for entry in archive.infolist():
                if not entry.filename.endswith(".npy"):
                    _refuse(path, wanted, "another archive (it holds " + repr(entry.filename) + ")")
                offset = None
                if entry.compress_type == zipfile.ZIP_STORED:
                    raw.seek(entry.header_offset + 26)  # the local header: lengths of name and extra field, then both
                    offset = entry.header_offset + 30 + sum(np.frombuffer(raw.read(4), "<u2").tolist())
                name = entry.filename.removesuffix(".npy")
                with archive.open(entry) as handle:
                    arrays[name] = _array(handle, f"{path}: {name}", path, offset)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise ValueError(f"{path} must be {wanted}, but is text, damaged or truncated") from error
    return arrays
