"""Payloads of many beats as 32-bit words, with NumPy; :func:`hypgcn_sim.stimuli.payload.pack` does one beat."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..stimuli.payload import width_of

__all__ = ["to_words", "word_count"]


def word_count(shape: dict) -> int:
    """32-bit words of a payload."""
    return -(-width_of(shape) // 32)


def to_words(shape: dict, columns: Any) -> np.ndarray:
    """Words of N beats, lowest first, uint32 (N, :func:`word_count`).

    Parameters
    ----------
    shape : dict
        Described payload, as :func:`hypgcn_sim.stimuli.payload.describe` gives it.
    columns : array or dict
        Structs are dicts by field, and fields that are left out are 0; anything else is an integer array with the beats
        along the first axis and the elements of an array along the next.
    """
    leaves = list(_leaves(shape, columns, 0))
    count = len(leaves[0][2])
    bits = np.zeros((count, 32 * word_count(shape)), np.uint8)
    for offset, width, values in leaves:
        bits[:, offset:offset + width] = values[:, None] >> np.arange(width) & 1
    return np.packbits(bits, axis=1, bitorder="little").view("<u4")


def _leaves(shape: dict, columns: Any, offset: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """Offset, width and values of every number of a payload."""
    if "struct" in shape:
        for name, at, field in shape["struct"]:
            if name in columns:
                yield from _leaves(field, columns[name], offset + at)
    elif "array" in shape:
        step = width_of(shape["array"])
        for index in range(shape["length"]):
            yield from _leaves(shape["array"], columns[:, index], offset + index * step)
    else:
        yield offset, shape["width"], np.asarray(columns, np.int64)
