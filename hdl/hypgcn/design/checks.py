"""Checks of fields and tensors: one text for each kind of mistake, the same in the whole project."""

import re

import numpy as np

from .banks import MINI_BANKS
from .limits import ACC_WIDTH, ACTIVATION, Limit

__all__ = ["acc_width", "bits_signed", "check_acc_width", "check_choice", "check_depths", "check_hash",
           "check_identifier", "check_int", "check_limit", "check_number", "check_range", "check_tensor"]


def bits_signed(magnitude: int) -> int:
    """Width of the smallest signed integer that holds ``-magnitude..magnitude``."""
    return int(magnitude).bit_length() + 1


def acc_width(totals: np.ndarray) -> int:
    """Width of accumulators whose weights sum up to ``totals`` in magnitude."""
    return max(ACC_WIDTH.low, bits_signed(int(totals.max()) * -ACTIVATION.low))


def _check_kind(name: str, value):
    # bool is an int to Python: True lanes would pass as one lane.
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, not {value!r}")


def check_int(name: str, value, low: int):
    """Raise :exc:`TypeError` unless ``value`` is an integer, :exc:`ValueError` unless it is at least ``low``."""
    _check_kind(name, value)
    if value < low:
        raise ValueError(f"{name} must be at least {low}, not {value!r}")


def check_range(name: str, value, low: int, high: int):
    """Raise :exc:`TypeError` unless ``value`` is an integer, :exc:`ValueError` unless it is in ``low..high``."""
    _check_kind(name, value)
    if not low <= value <= high:
        raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")


def check_limit(name: str, value, limit: Limit):
    """:func:`check_range` with the ends of ``limit``."""
    check_range(name, value, limit.low, limit.high)


def check_number(name: str, value, low: float, high: float):
    """Raise :exc:`TypeError` unless ``value`` is a number, :exc:`ValueError` unless it is in ``low..high``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number, not {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")


def check_choice(name: str, value, choices):
    """Raise :exc:`ValueError` unless ``value`` is one of ``choices``.

    Parameters
    ----------
    choices : Choices or iterable
        Legal values, in the order in which the message lists them.
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")


def check_identifier(name: str, value):
    """Raise :exc:`ValueError` unless ``value`` is a Verilog identifier."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_]\w*", value, re.ASCII):
        raise ValueError(f"{name} must be a Verilog identifier, not {value!r}")


def check_hash(name: str, value):
    """Raise :exc:`ValueError` unless ``value`` begins with the 16 hexadecimal digits that the hardware shows."""
    if not isinstance(value, str) or not re.match(r"[0-9a-fA-F]{16}", value):
        raise ValueError(f"{name} must be at least 16 hexadecimal digits, not {value!r}")


def check_tensor(name: str, array, shape: tuple, dtype, low: int, high: int):
    """Raise :exc:`TypeError` unless ``array`` is a NumPy array, :exc:`ValueError` for another shape, type or range.

    Parameters
    ----------
    shape : tuple of int
        Expected shape.
    dtype : NumPy type
        Expected type of the elements.
    low, high : int
        Smallest and largest legal element.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, not {type(array).__name__}")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
    if array.dtype != dtype:
        raise ValueError(f"{name} must be {np.dtype(dtype)}, not {array.dtype}")
    if array.size and not (low <= array.min() and array.max() <= high):
        raise ValueError(f"{name} must be in {low}..{high}, not {array.min()}..{array.max()}")


def check_depths(where: str, depths, entries, vectors: int):
    """Raise :exc:`ValueError` for illegal ``depths`` or ``entries`` of a store of windows of ``vectors`` vectors.

    Parameters
    ----------
    where : str
        Stands before ``_depths`` and ``_entries`` in the message.
    """
    if len(depths) != MINI_BANKS or any(not 1 <= d <= vectors for d in depths) or \
            any(a < b for a, b in zip(depths, depths[1:])):
        raise ValueError(f"{where}_depths must be {MINI_BANKS} values in 1..{vectors} that do not increase, "
                         f"not {depths!r}")
    if len(entries) not in (0, MINI_BANKS) or any(not 0 <= mean < float("inf") for mean in entries):
        raise ValueError(f"{where}_entries must be {MINI_BANKS} numbers from 0 on, or none, not {entries!r}")


def check_acc_width(where: str, width: int):
    """Raise :exc:`ValueError` where accumulators of ``width`` bits are too wide."""
    if width > ACC_WIDTH.high:
        raise ValueError(f"{where}: the accumulator needs {width} bits, but at most {ACC_WIDTH.high} are "
                         f"supported")
