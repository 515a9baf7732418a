"""Estimates of cycles, DSPs, block RAMs and LUTs, per unit and for a whole network, without making any hardware."""

from .activity import Activity, load_activities, load_clips, mean_activities, save_activities
from .network import COUPLING, BlockModel, Estimate, Unit, clip_cycles, estimate
from .resources import WIDE, Resources
from .storage import Storage, storage

__all__ = ["COUPLING", "WIDE", "Activity", "BlockModel", "Estimate", "Resources", "Storage", "Unit", "clip_cycles",
           "estimate", "load_activities", "load_clips", "mean_activities", "save_activities", "storage"]
