"""The design and the folding that the options of a command name, and the rule where they name none.

Without ``--folding`` a command takes the fastest folding with at most ``--multipliers`` multipliers. Commands whose RTL
is for a device have :data:`~hypgcn.planning.defaults.DEFAULT_MULTIPLIERS`, those whose RTL is only simulated
:data:`~hypgcn.planning.defaults.SIMULATED_MULTIPLIERS`. The help and the first line of the output say so.
"""

import argparse
from pathlib import Path

from .design import Design
from .design.checks import check_int
from .design.folding import Folding
from .design.presets import PRESETS, preset
from .planning.defaults import DEFAULT_MULTIPLIERS
from .progress import Progress

__all__ = ["add_folding_options", "chosen_folding", "folding_words", "load_design", "load_folding"]

_QUIET = 2.0
"""Seconds that a choice may take without a line."""


def load_design(text: str) -> Design:
    """Design of a folder or ``design.json``, or the preset of that name; :exc:`ValueError` names the mistake."""
    path = Path(text)
    if path.exists():
        try:
            return Design.load(path)
        except TypeError as error:
            raise ValueError(f"{path}: {error}") from error
    if text in PRESETS:
        return preset(text)
    raise ValueError(f"design {text!r} is neither a folder with design.json nor a preset ({', '.join(PRESETS)})")


def load_folding(text: str | None, design: Design) -> Folding | None:
    """Folding of a file, checked against ``design``; ``None`` for no file leaves the choice to the generator."""
    if text is None:
        return None
    try:
        folding = Folding.load(text)
        folding.validate(design)
    except TypeError as error:
        raise ValueError(f"{text}: {error}") from error
    return folding


def add_folding_options(parser: argparse.ArgumentParser, default: int = DEFAULT_MULTIPLIERS):
    """Add ``--folding`` and ``--multipliers``, whose default is ``default``."""
    parser.add_argument("--folding", metavar="FILE",
                        help="the parallelism of each block, a file of hypgcn allocate (default: the fastest folding "
                             "with at most --multipliers)")
    parser.add_argument("--multipliers", type=int, default=default, metavar="N",
                        help="without --folding: the fastest folding with at most N multipliers (default: %(default)s)")


def folding_words(args: argparse.Namespace) -> str:
    """What :func:`chosen_folding` takes, for the first line of the output."""
    if args.folding is not None:
        return f"folding {args.folding}"
    return f"folding: the fastest with at most {args.multipliers:,} multipliers (--multipliers)"


def chosen_folding(args: argparse.Namespace, design: Design) -> Folding:
    """Folding by the options of :func:`add_folding_options`, checked against ``design``.

    Raises
    ------
    ValueError
        If there is no folding with so few multipliers, or the one of the file does not fit the design.
    """
    check_int("--multipliers", args.multipliers, 1)
    folding = load_folding(args.folding, design)
    if folding is None:
        from .planning.allocator.allocate import within  # the solver is slow to import

        progress = Progress("choosing the folding")
        folding = within(design, args.multipliers)
        if progress.clock() - progress.start >= _QUIET:
            progress.finish()
    return folding
