"""The emitted core as a device: a shared library that drives its pins, for drivers that talk to it as to hardware."""

from .build import build_core, build_driver

__all__ = ["build_core", "build_driver"]
