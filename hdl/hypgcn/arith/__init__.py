"""Arithmetic: the packed multiply-accumulate in its three forms, and the requantiser."""

from .packed_mac import PackedMac, PackedMacConfig
from .requant import Requant, RequantConfig

__all__ = ["PackedMac", "PackedMacConfig", "Requant", "RequantConfig"]
