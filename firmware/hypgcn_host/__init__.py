"""Host side of hypgcn: drivers of the core over memory-mapped registers and streams, and of boards on a serial line."""

from .answers import BlockCounters, Counters, Identity, Result
from .core import Core
from .errors import (
    AbiError,
    BusError,
    BusTimeout,
    CoreError,
    HashError,
    IdentityError,
    ResultError,
    ShapeError,
)
from .sources import c_sources

__all__ = ["AbiError", "BlockCounters", "BusError", "BusTimeout", "Core", "CoreError", "Counters", "HashError",
           "Identity", "IdentityError", "Result", "ResultError", "ShapeError", "c_sources"]
