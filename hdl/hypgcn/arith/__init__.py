"""Arithmetic: the packed multiply-accumulate in its three forms, alone and chained, and the requantiser."""

from .packed_dot import PackedDot
from .packed_mac import PackedMac, PackedMacConfig
from .requant import Requant, RequantConfig, requant_tables

__all__ = ["PackedDot", "PackedMac", "PackedMacConfig", "Requant", "RequantConfig",
           "requant_tables"]
