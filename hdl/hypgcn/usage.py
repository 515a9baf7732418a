"""What this process and the tools that it called have used of the machine, as far as the system counts it."""

import os
import sys

__all__ = ["cpu_seconds", "peak_memory_mb"]


def peak_memory_mb() -> int | None:
    """Largest resident memory of this process and of any that it waited for, in MB; ``None`` on Windows."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    largest = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(largest / (1 << 20 if sys.platform == "darwin" else 1 << 10))  # bytes on macOS, KiB elsewhere


def cpu_seconds() -> float:
    """Seconds of CPU of this process and of those that it waited for; on Windows of this process alone."""
    return sum(os.times()[:4])
