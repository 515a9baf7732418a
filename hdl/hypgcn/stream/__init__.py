"""Stream plumbing: register slices, a queue, and a connection that compares payload shapes."""

from .connect import connect
from .queue import Queue
from .skid import HalfSkid, Skid

__all__ = ["HalfSkid", "Queue", "Skid", "connect"]
