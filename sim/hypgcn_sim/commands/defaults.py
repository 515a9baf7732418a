"""Defaults and shared options of the commands."""

import os
from pathlib import Path

from hypgcn.design.shipped import SHIPPED
from hypgcn.planning.defaults import SIMULATED_MULTIPLIERS as MULTIPLIERS

__all__ = ["DEFAULT_DESIGN", "MULTIPLIERS", "add_run_options", "check_counts"]

DEFAULT_DESIGN = SHIPPED


def add_run_options(parser, out: str):
    """Add ``--recordings``, ``--jobs`` and ``--out``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the verb.
    out : str
        Default folder.
    """
    parser.add_argument("--recordings", type=Path, metavar="FILE", help="npz with test clips")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("--out", type=Path, default=Path(out), metavar="DIR",
                        help="folder for everything that is made (default: %(default)s)")


def check_counts(args, *names: str):
    """Raise :exc:`ValueError` for the first of the options ``names`` that is below 1."""
    for name in names:
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} must be at least 1, not {getattr(args, name)}")
