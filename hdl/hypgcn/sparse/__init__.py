"""Temporal convolution: sparse dot products on dynamically scheduled lanes, shortcut, requantisation."""

from .combine import Combine, CombineConfig
from .dispatch import Dispatcher, DispatcherConfig
from .lane import Lane, LaneConfig
from .layer import SparseLayer, spatial_entries, spatial_layer, temporal_layer
from .schedule import LaneSchedule
from .unit import SPARSE_UNITS, SparseConfig, SparseUnit

__all__ = ["SPARSE_UNITS", "Combine", "CombineConfig", "Dispatcher", "DispatcherConfig", "Lane", "LaneConfig",
           "SparseLayer", "SparseConfig", "LaneSchedule", "SparseUnit", "spatial_entries",
           "spatial_layer",
           "temporal_layer"]
