"""A validation split of the training clips, so that settings are chosen without a look at the test clips."""

from dataclasses import replace

import numpy as np

from .data import Clips
from .protocol import clips_with

__all__ = ["validation_split"]


def validation_split(clips: Clips, choice: str) -> Clips:
    """The training clips of ``clips`` alone, split anew; the test clips are left out.

    Parameters
    ----------
    clips : Clips
        With their usual split.
    choice : str
        ``view=2``, or ``subject=3,5``: held out are the clips with one of these numbers, any of ``clips.numbers``.
        ``0.2``: that share of each class, at even steps, the same ones in every run. Empty: ``clips`` as they are.

    Returns
    -------
    Clips
        Split 0 to train, split 1 to validate.

    Raises
    ------
    ValueError
        The recordings do not have that number, the share is not in 0..1, or no clip is left to train or to validate.
    """
    if not choice:
        return clips
    training = clips.part(0)
    numbered = "=" in choice
    held = clips_with(training, choice, "validate", "the training clips") if numbered else _shared(training, choice)
    if held.all() or not held.any():
        raise ValueError(f"validate must leave training clips to train and to validate: {choice!r} holds out "
                         f"{int(held.sum())} of {len(held)}")
    return replace(training, split=held.astype(np.uint8))


def _shared(clips: Clips, text: str) -> np.ndarray:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise ValueError(f"validate must be a number of the recordings such as view=2, or a share above 0 and below 1, "
                         f"not {text!r}")
    held = np.zeros(len(clips), bool)
    for label in np.unique(clips.label):
        index = np.flatnonzero(clips.label == label)
        held[index] = np.diff(np.floor(np.arange(len(index) + 1) * share)) > 0
    return held
