"""Checks of fields and tensors: one text for each kind of mistake."""

import numpy as np

__all__ = ["BIAS_LIMIT", "bits_signed", "check_range", "check_choice", "check_tensor"]

BIAS_LIMIT = 1 << 40
"""Magnitude that a bias must stay below."""


def bits_signed(magnitude: int) -> int:
    """Width of the smallest signed integer that holds ``-magnitude..magnitude``."""
    return int(magnitude).bit_length() + 1


def check_range(name, value, low, high):
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an integer, not {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")


def check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")


def check_tensor(name, array, shape, dtype, low, high):
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, not {type(array).__name__}")
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, not {array.shape}")
    if array.dtype != dtype:
        raise ValueError(f"{name} must be {np.dtype(dtype)}, not {array.dtype}")
    if array.size and not (low <= array.min() and array.max() <= high):
        raise ValueError(f"{name} must be in {low}..{high}, not {array.min()}..{array.max()}")
