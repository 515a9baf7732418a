"""What the commands take where nothing is said."""

from pathlib import Path

__all__ = ["DEFAULT_DESIGN", "FALLBACK", "MULTIPLIERS"]

DEFAULT_DESIGN = Path("checkpoints/nwucla_small/design")
FALLBACK = "tiny"
MULTIPLIERS = 256
"""Of the default folding: few enough to compile in a minute, enough for some ten thousand cycles a clip."""
