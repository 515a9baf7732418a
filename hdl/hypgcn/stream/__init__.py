"""Stream plumbing: a register slice, a queue, and a connection that compares payload shapes."""

from .connect import connect
from .queue import Queue
from .skid import Skid

__all__ = ["Queue", "Skid", "connect"]
