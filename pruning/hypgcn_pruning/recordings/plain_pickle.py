"""Pickles of data, read without running anything that is in them: plain containers, numbers, strings and NumPy arrays.

NumPy's own constructors are not called either. An array in a pickle is a few calls with plain arguments; small
stand-ins take these arguments, and the array is made of them once the file is read.
"""

import io
import pickle
import re
from pathlib import Path

import numpy as np

__all__ = ["load_plain"]


class _Dtype:
    """Stand-in for ``numpy.dtype``: integers, floats, booleans and strings."""

    def __init__(self, code, align=False, copy=False):
        if not isinstance(code, str) or not re.fullmatch(r"[<>|=]?([biuf][1248]|[US]\d{1,4})", code):
            raise pickle.UnpicklingError(f"arrays must hold integers, floats, booleans or strings, not {code!r}")
        self.code, self.order = code.lstrip("<>|="), "="

    def __setstate__(self, state):
        self.order = state[1]

    def make(self) -> np.dtype:
        if self.order not in ("<", ">", "|", "="):
            raise pickle.UnpicklingError(f"byte order must be one of < > | =, not {self.order!r}")
        return np.dtype(self.code).newbyteorder(self.order)


class _Array:
    """Stand-in for ``numpy.ndarray``: its state, until :meth:`make` checks it and makes the array."""

    def __init__(self, shape=(0,), dtype=None, content=b"", fortran=False):
        self.state = (shape, dtype, fortran, content)

    def __setstate__(self, state):
        self.state = state[1:]

    def make(self) -> np.ndarray:
        shape, dtype, fortran, content = self.state
        if not isinstance(dtype, _Dtype) or not isinstance(content, bytes | bytearray):
            raise pickle.UnpicklingError("arrays must hold integers, floats, booleans or strings")
        return np.frombuffer(content, dtype.make()).reshape(shape, order="F" if fortran else "C")


class _Scalar(_Array):
    """Stand-in for a NumPy number."""

    def __init__(self, dtype, content):
        super().__init__((), dtype, content)

    def make(self):
        return super().make().item()


def _reconstruct(kind, shape, typecode):
    """Stand-in for NumPy's maker of empty arrays, which get their state afterwards."""
    return _Array()


def _frombuffer(content, dtype, shape, order):
    """Stand-in for NumPy's maker of contiguous arrays."""
    return _Array(shape, dtype, content, order == "F")


def _encode(text, encoding):
    """Stand-in for ``_codecs.encode``, which older pickles write bytes with."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"encoding must be latin1, not {encoding!r}")
    return text.encode("latin1")


_KNOWN = {("numpy", "dtype"): _Dtype, ("numpy", "ndarray"): _Array, ("_codecs", "encode"): _encode}
for _core in ("numpy.core", "numpy._core"):
    _KNOWN |= {(f"{_core}.multiarray", "_reconstruct"): _reconstruct, (f"{_core}.multiarray", "scalar"): _Scalar,
               (f"{_core}.numeric", "_frombuffer"): _frombuffer}


class _PlainUnpickler(pickle.Unpickler):
    """Knows the stand-ins above and refuses everything else that would import or call something."""

    def find_class(self, module, name):
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"data must be plain lists of names and numbers, dicts and arrays, but the "
                                         f"file asks for {module}.{name}")
        return _KNOWN[module, name]


def _made(entry):
    """``entry`` with arrays in place of stand-ins."""
    if isinstance(entry, _Array):
        return entry.make()
    if isinstance(entry, dict):
        return {key: _made(value) for key, value in entry.items()}
    if isinstance(entry, list | tuple):
        return type(entry)(map(_made, entry))
    return entry


def load_plain(path):
    """What the pickle at ``path`` holds; :exc:`ValueError` where it is damaged, truncated, or asks for code. Arrays are
    read-only."""
    try:
        return _made(_PlainUnpickler(io.BytesIO(Path(path).read_bytes())).load())
    except OSError:
        raise
    except Exception as error:  # whatever a damaged stream makes of the stand-ins
        raise ValueError(f"{path} is not a pickle of plain data, or is damaged: {error}") from error
