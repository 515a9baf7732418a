"""Emission of components as SystemVerilog: modules that are emitted once, memory images, and the files on disk."""

from .emit import Emission, EmissionError
from .platform import RtlPlatform

__all__ = ["Emission", "EmissionError", "RtlPlatform"]
