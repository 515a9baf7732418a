"""Splits of recordings by what is known of each clip: subject, view, or a split that a file has under a name."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .data import Clips

__all__ = ["SPLIT", "clips_with", "protocol_split"]

SPLIT = "split_"
"""Begins the name of an array of a file that is a split, 0 training, 1 test: ``split_xsub``."""


def _names(clips: Clips) -> list[str]:
    return [name for name in clips.numbers if not name.startswith(SPLIT)]


def clips_with(clips: Clips, choice: str, option: str, what: str = "the clips") -> np.ndarray:
    """Which clips have one of the numbers of ``choice``.

    Parameters
    ----------
    clips : Clips
    choice : str
        ``view=2`` or ``subject=1,3,5``: one of ``clips.numbers`` and the values that count.
    option : str
        Whose value ``choice`` is, in errors.
    what : str
        What ``clips`` are, in errors.

    Returns
    -------
    np.ndarray bool (N,)

    Raises
    ------
    ValueError
        The recordings do not have that number, or no clip has one of the values.
    """
    name, _, text = choice.partition("=")
    if name not in _names(clips):
        raise ValueError(f"{option} must name one of the numbers of the recordings "
                         f"({', '.join(_names(clips)) or 'these have none'}), not {name!r}")
    values = {str(value): value for value in np.unique(clips.numbers[name])}
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in values:
            raise ValueError(f"{option}: {name} of {what} must be one of {_listed(list(values))}, not {word!r}")
    return np.isin(clips.numbers[name], [values[word] for word in words])


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values) if len(values) <= 20 else f"{', '.join(values[:20])} and {len(values) - 20} more"


def protocol_split(clips: Clips, protocol: str, where) -> Clips:
    """``clips`` split anew.

    Parameters
    ----------
    clips : Clips
        Of any split.
    protocol : str
        ``subject=1,3``: clips with one of these numbers are the test clips, all others are for training. Without ``=``
        the name of a split of the file: ``xsub`` is its array ``split_xsub``.
    where : object
        Name of the recordings in errors.

    Raises
    ------
    ValueError
        The recordings have no such numbers or split, or no clip is left to train or to test.
    """
    if "=" in protocol:
        test = clips_with(clips, protocol, "protocol", f"{where}")
    else:
        splits = [name.removeprefix(SPLIT) for name in clips.numbers if name.startswith(SPLIT)]
        if protocol not in splits:
            raise ValueError(f"protocol must be one of the splits of {where} ({', '.join(splits) or 'it has none'}), "
                             f"or a number of its clips and the values that are tested, such as subject=1,3 "
                             f"(numbers: {', '.join(_names(clips)) or 'none'}), not {protocol!r}")
        values = clips.numbers[SPLIT + protocol]
        if not np.isin(values, (0, 1)).all():
            raise ValueError(f"{where}: {SPLIT}{protocol} must be 0 (training) or 1 (test) for each clip")
        test = values == 1
    if test.all() or not test.any():
        raise ValueError(f"protocol must leave clips to train and to test: {protocol!r} tests {int(test.sum())} of the "
                         f"{len(test)} clips of {where}")
    return replace(clips, split=test.astype(np.uint8))
