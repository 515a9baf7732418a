"""Sizes of foldings that nobody chose: one rule for all commands, which :mod:`hypgcn.choices` shows."""

__all__ = ["DEFAULT_MULTIPLIERS", "SIMULATED_MULTIPLIERS"]

DEFAULT_MULTIPLIERS = 3544
"""At most so many where RTL is written for a device, or measured as it is written: those of RFC-HyPGCN on the
XCKU115."""
SIMULATED_MULTIPLIERS = 256
"""At most so many where RTL is written to be simulated: it compiles in a minute and takes some ten thousand cycles a
clip."""
