"""Options of commands for what a core takes: prepared int8 clips, or raw joints."""

import argparse

from .design import Design
from .design.raw_conversion import RawSettings, with_raw_input
from .design.raw_input import MISSING, UNITS

__all__ = ["add_input_options", "input_words", "with_input"]

_RAW = {"unit": None, "step": None, "missing": "hold", "patience": None}


def add_input_options(parser: argparse.ArgumentParser):
    """Add ``--input`` and the options of raw joints."""
    group = parser.add_argument_group("input")
    group.add_argument("--input", choices=("same", "raw"), default="same",
                       help="what the core takes: same, as the design has it, which is prepared int8 clips, or raw "
                            "joints, int16, whose centring, bones and motion are hardware (default: %(default)s)")
    group.add_argument("--unit", choices=UNITS, default=_RAW["unit"],
                       help="of raw joints (default: mm for three coordinates, 1/8 pixel for two)")
    group.add_argument("--step", type=float, default=_RAW["step"], metavar="SIZE",
                       help="size of the unit in the coordinates of the recordings (default: 0.001 for mm, as for "
                            "metres, and 0.125 for 1/8 pixel)")
    group.add_argument("--missing", choices=MISSING, default=_RAW["missing"],
                       help="a raw joint that is missing stays where it was, or its prepared value is zero (default: "
                            "%(default)s)")
    group.add_argument("--patience", type=int, default=_RAW["patience"], metavar="FRAMES",
                       help="frames for which a person of whom all raw joints are missing is held (default: 30 with "
                            "hold, 0 with zero)")


def with_input(design: Design, args: argparse.Namespace) -> Design:
    """``design``, or the design for raw joints that the options in ``args`` make of it.

    Raises :exc:`ValueError` where they do not fit.
    """
    if args.input == "raw":
        return with_raw_input(design, RawSettings(**{name: getattr(args, name) for name in _RAW}))
    for name, default in _RAW.items():
        if getattr(args, name) != default:
            raise ValueError(f"--{name} must be left out without --input raw, not {getattr(args, name)!r}")
    return design


def input_words(args: argparse.Namespace) -> list[str]:
    """Words of a command line that say the same as ``args`` about what a core takes."""
    if args.input != "raw":
        return []
    chosen = {name: getattr(args, name) for name, default in _RAW.items() if getattr(args, name) != default}
    return ["--input", "raw", *(word for name, value in chosen.items() for word in (f"--{name}", str(value)))]
