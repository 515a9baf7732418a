"""Defaults of the commands' options."""

from pathlib import Path

__all__ = ["DEFAULT_DESIGN", "FALLBACK", "MULTIPLIERS"]

DEFAULT_DESIGN = Path("checkpoints/nwucla_small/design")
FALLBACK = "tiny"
MULTIPLIERS = 256
"""Multipliers of the default folding: it compiles in a minute and takes some ten thousand cycles a clip."""
