"""Arithmetic: the packed multiply-accumulate in its three forms, alone and chained, and the requantiser in five."""

from .packed_dot import PackedDot
from .packed_mac import PackedMac, PackedMacConfig
from .requant import Requant
from .requant_array import RequantArray
from .requant_config import RequantConfig, requant_tables
from .requant_serial import RequantSerial
from .requant_shared import RequantShared, requant_type, requant_unit

__all__ = ["PackedDot", "PackedMac", "PackedMacConfig", "Requant", "RequantArray", "RequantConfig", "RequantSerial",
           "RequantShared", "requant_tables", "requant_type", "requant_unit"]
