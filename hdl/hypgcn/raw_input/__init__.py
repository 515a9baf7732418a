"""Preparation of raw joints in hardware: missing joints, centring or bones, motion."""

from .frames import RawFrames
from .motion import RawMotion
from .unit import RawPreparation

__all__ = ["RawFrames", "RawMotion", "RawPreparation"]
