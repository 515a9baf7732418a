"""Temporal convolution: sparse dot products on dynamically scheduled lanes, shortcut, requantisation."""

from .combine import Combine, CombineConfig
from .dispatch import Dispatcher, DispatcherConfig
from .lane import Lane, LaneConfig
from .schedule import TemporalSchedule
from .unit import TEMPORAL_UNITS, TemporalConfig, TemporalUnit

__all__ = ["TEMPORAL_UNITS", "Combine", "CombineConfig", "Dispatcher", "DispatcherConfig", "Lane", "LaneConfig",
           "TemporalConfig", "TemporalSchedule", "TemporalUnit"]
