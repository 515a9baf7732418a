"""All units of the fuzz, each with the variants of its parameters."""

from ..chunk import Variant
from . import encoder, lane, store

__all__ = ["UNITS"]

UNITS: dict[str, tuple[Variant, ...]] = {**encoder.UNITS, **store.UNITS, **lane.UNITS}
"""Chunk n of a unit runs through variant n modulo their number."""
