"""Estimates of cycles, DSPs, block RAMs and LUTs, per unit and for a whole network, without making any hardware."""

from .activity import Activity
from .network import COUPLING, BlockModel, Estimate, Unit, estimate
from .resources import Resources

__all__ = ["COUPLING", "Activity", "BlockModel", "Estimate", "Resources", "Unit", "estimate"]
