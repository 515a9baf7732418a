"""Temporal convolution: sparse dot products on dynamically scheduled lanes, shortcut, requantisation."""

from .combine import Combine
from .combine_config import CombineConfig
from .dispatch import Dispatcher, DispatcherConfig
from .lane import Lane, LaneConfig
from .layer import SparseLayer, branch_layer, reduce_layer, spatial_entries, spatial_layer, temporal_layer
from .max_rows import MaxRows, MaxRowsConfig
from .schedule import LaneSchedule
from .unit import SparseUnit
from .unit_config import SPARSE_UNITS, SparseConfig

__all__ = ["SPARSE_UNITS", "Combine", "CombineConfig", "Dispatcher", "DispatcherConfig", "Lane", "LaneConfig",
           "LaneSchedule", "MaxRows", "MaxRowsConfig", "SparseConfig", "SparseLayer", "SparseUnit", "branch_layer",
           "reduce_layer", "spatial_entries", "spatial_layer", "temporal_layer"]
