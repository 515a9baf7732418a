"""What a live classifier answers: about each clip, and about each frame."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["Answer", "Update"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What one clip was taken for.

    Parameters
    ----------
    time : float
        Of the last frame of the clip, by the clock of the stream.
    people : tuple of identities
        In the clip.
    label : str or None
        Class, ``None`` for no action.
    best : int
        Number of the class of the highest smoothed probability, whether it is above the threshold or not.
    probabilities : np.ndarray float64 (classes,)
        Smoothed.
    logits : np.ndarray float64 (classes,)
        Of which the probabilities were made, not smoothed: the weighted mean of all networks and clips.
    streams : mapping of str to np.ndarray float64 (classes,)
        The same of each network alone, where there are several: by the stream of an ensemble, or the name of the
        design (``parts`` of :class:`~.classifier.LiveClassifier`).
    seconds : float
        From the first to the last frame of the clip, of the longest one.
    latency : float
        Seconds from the frame's arrival (the call of ``push``) to this answer.
    flags : tuple of str
        Of the core; empty where the scores are those of the network.
    """

    time: float
    people: tuple[int | str, ...]
    label: str | None
    best: int
    probabilities: np.ndarray
    logits: np.ndarray
    streams: Mapping[str, np.ndarray]
    seconds: float
    latency: float
    flags: tuple[str, ...]

    @property
    def probability(self) -> float:
        """Smoothed probability of ``best``."""
        return float(self.probabilities[self.best])


@dataclass(frozen=True, kw_only=True, eq=False)
class Update:
    """What came of one frame.

    Parameters
    ----------
    kind : str
        ``"new"``, ``"late"``, ``"double"`` or ``"restart"`` (:meth:`~.window.Window.add`).
    answers : tuple of Answer
        One for each clip; empty between hops, for late frames, and where nobody is there.
    left : tuple of identities
        Those who are not there any more.
    refused : tuple of identities
        Those for whom there was no place.
    """

    kind: str
    answers: tuple[Answer, ...] = ()
    left: tuple[int | str, ...] = ()
    refused: tuple[int | str, ...] = ()
