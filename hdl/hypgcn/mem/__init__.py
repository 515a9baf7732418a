"""Memories: the one place that decides on RAM style, read latency, output register and contents files."""

from .async_ram import AsyncRam
from .ram import Ram
from .rom import Rom, table_style

__all__ = ["AsyncRam", "Ram", "Rom", "table_style"]
