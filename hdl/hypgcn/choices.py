"""The design and the folding that the options of a command name, and the rule where they name none.

Without ``--folding`` a command takes the fastest folding with at most ``--multipliers`` multipliers, which the networks
of an ensemble have together. The number where none is given is :data:`~hypgcn.planning.defaults.DEFAULT_MULTIPLIERS`
for commands whose RTL is for a device, and :data:`~hypgcn.planning.defaults.SIMULATED_MULTIPLIERS` for each network for
those whose RTL is only simulated. The help and the first line of the output say so.
"""

import argparse
from pathlib import Path
from typing import Any

from .design import Design
from .design.checks import check_int
from .design.ensemble import Ensemble, is_ensemble
from .design.ensemble_folding import load_foldings
from .design.folding import Folding
from .design.presets import PRESETS, preset
from .design.shipped import SHIPPED, shipped_design
from .planning.defaults import DEFAULT_MULTIPLIERS
from .progress import Progress

__all__ = ["add_folding_options", "chosen_folding", "folding_words", "load_design", "load_design_or_ensemble",
           "load_folding", "load_foldings_of"]

_QUIET = 2.0
"""Seconds that a choice may take without a line."""


def load_design(text: str) -> Design:
    """Design of a folder or ``design.json``, or by name: shipped or a preset; :exc:`ValueError` names the mistake."""
    path = Path(text)
    if is_ensemble(text):
        raise ValueError(f"{text} is an ensemble, which this command does not take: give it one design, such as that "
                         f"of a stream in the folder of the ensemble")
    if path.exists():
        try:
            return Design.load(path)
        except TypeError as error:
            raise ValueError(f"{path}: {error}") from error
    if text == SHIPPED:
        return Design.load(shipped_design())
    if text in PRESETS:
        return preset(text)
    raise ValueError(f"design {text!r} is neither a folder with design.json nor a preset ({', '.join(PRESETS)}) nor "
                     f"the trained design that comes with hypgcn ({SHIPPED})")


def load_design_or_ensemble(text: str) -> Design | Ensemble:
    """:func:`load_design`, or the ensemble of a folder or ``ensemble.json``."""
    return Ensemble.load(text) if is_ensemble(text) else load_design(text)


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


def load_foldings_of(text: str | None, network: Design | Ensemble) -> Any:
    """:func:`load_folding`; for an ensemble :func:`~.design.ensemble_folding.load_foldings`, ``None`` for no file."""
    if isinstance(network, Ensemble):
        return None if text is None else load_foldings(text, network)
    return load_folding(text, network)


def add_folding_options(parser: argparse.ArgumentParser, default: int = DEFAULT_MULTIPLIERS, *, each: bool = False):
    """Add ``--folding`` and ``--multipliers``.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    default : int
        Multipliers where none are given.
    each : bool
        The default is for each network of an ensemble; else for all together, as a number that is given always is.
    """
    parser.add_argument("--folding", metavar="FILE",
                        help="the parallelism of each block, a file of hypgcn allocate (default: the fastest folding "
                             "with at most --multipliers)")
    parser.add_argument("--multipliers", type=int, metavar="N",
                        help=f"without --folding: the fastest folding with at most N multipliers (default: {default}"
                             f"{' for each network' if each else ''})")
    parser.set_defaults(default_multipliers=default, default_for_each=each)


def _limit(args: argparse.Namespace, network: Design | Ensemble) -> int:
    """Multipliers that all of ``network`` may have."""
    if args.multipliers is not None:
        return args.multipliers
    count = len(network.designs) if args.default_for_each and isinstance(network, Ensemble) else 1
    return args.default_multipliers * count


def folding_words(args: argparse.Namespace, network: Design | Ensemble) -> str:
    """What :func:`chosen_folding` takes for ``network``, for the first line of the output."""
    word, together = ("foldings", " together") if isinstance(network, Ensemble) else ("folding", "")
    if args.folding is not None:
        return f"{word} {args.folding}"
    return f"{word}: the fastest with at most {_limit(args, network):,} multipliers{together} (--multipliers)"


def chosen_folding(args: argparse.Namespace, network: Design | Ensemble) -> Any:
    """Folding by the options of :func:`add_folding_options`, checked against ``network``.

    Returns
    -------
    Folding, or tuple of Folding
        One; of an ensemble that of each network, in the order of its streams.

    Raises
    ------
    ValueError
        If there is no folding with so few multipliers, or the one of the file does not fit the network.
    """
    limit = _limit(args, network)
    check_int("--multipliers", limit, 1)
    found = load_foldings_of(args.folding, network)
    if found is None:
        from .planning.allocator.allocate import within  # the solver is slow to import
        from .planning.allocator.streams import streams_within

        progress = Progress("choosing the folding")
        found = (streams_within(network, limit) if isinstance(network, Ensemble)
                 else within(network, limit))
        if progress.clock() - progress.start >= _QUIET:
            progress.finish()
    return found
