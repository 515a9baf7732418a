"""Notes to the user while a command runs."""

import sys

__all__ = ["say"]


def say(text: str):
    """Print ``text`` as one line on the standard error stream."""
    print(f"hypgcn: {text}", file=sys.stderr)
