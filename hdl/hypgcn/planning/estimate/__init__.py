"""Estimates of cycles, DSPs, block RAMs and LUTs, per unit and for a whole network, without making any hardware."""

from .activity import (
    Activity,
    clips_in_flight,
    load_activities,
    load_clips,
    mean_activities,
    overlapping,
    save_activities,
)
from .block import COUPLING, BlockModel
from .latency import last_frame_latency
from .network import Estimate, clip_cycles, estimate
from .storage import Storage, storage

__all__ = ["COUPLING", "Activity", "BlockModel", "Estimate", "Storage", "clip_cycles", "clips_in_flight", "estimate",
           "last_frame_latency", "load_activities", "load_clips", "mean_activities", "overlapping", "save_activities",
           "storage"]
