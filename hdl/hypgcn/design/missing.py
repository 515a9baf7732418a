"""Joints that a recording lacks: what counts as missing, alike in training, tools and host.

Trackers write zeros, or a score of zero, where they do not find a joint. Such a joint is missing: its zero is no place.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

__all__ = ["Origins", "body_reach", "find_origins", "missing_joints", "no_origins"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Origins:
    """Joints whose zero is a place, because a recording was centred on them.

    Parameters
    ----------
    every : np.ndarray bool (M, V)
        At the origin in every frame.
    first : np.ndarray bool (M, V)
        At the origin in the first frame of a clip.
    """

    every: np.ndarray
    first: np.ndarray

    def at(self, place: str) -> tuple[int, ...]:
        """Joints of ``every`` or ``first``, of any person."""
        return tuple(np.flatnonzero(getattr(self, place).any(axis=0)).tolist())


def no_origins(persons: int, joints: int) -> Origins:
    """Origins of recordings in which every zero is a missing joint."""
    return Origins(every=np.zeros((persons, joints), bool), first=np.zeros((persons, joints), bool))


def missing_joints(clip: np.ndarray, *, scored: bool = False, origins: Origins | None = None) -> np.ndarray:
    """Which joints of a clip are missing.

    Where there are scores, a joint is missing if its score is 0 (or below), whatever its coordinates are. Else it is
    missing if all its coordinates are exactly zero, unless ``origins`` say that this is its place. In a frame in which
    a person has no joint at all, all its joints are missing.

    Parameters
    ----------
    clip : np.ndarray (M, T, V, C)
        T may be 0.
    scored : bool
        The last channel is a confidence.
    origins : Origins or None
        Of the recordings; ``None`` where no zero is a place.

    Returns
    -------
    np.ndarray bool (M, T, V)
    """
    if scored:
        return ~(clip[..., -1] > 0)
    zero = ~np.any(clip, axis=-1)
    if origins is None:
        return zero
    there = ~np.all(zero, axis=2)
    missing = zero & ~(origins.every[:, None] & there[..., None])
    if clip.shape[1]:
        frames = there.argmax(axis=1)  # each person's own first frame
        persons = np.arange(len(clip))
        missing[persons, frames] &= ~(origins.first & there[persons, frames][:, None])
    return missing


def body_reach(body: np.ndarray, missing: np.ndarray) -> float:
    """Size of a body: the median distance of its joints from the middle of the body, over all frames.

    It is a third of a metre or so for an adult. Up to half of the joints may be anywhere.

    Parameters
    ----------
    body : np.ndarray (T, V, C)
        Coordinates.
    missing : np.ndarray bool (T, V)
        Joints that do not count.

    Returns
    -------
    float
        0 where no joint counts.
    """
    if missing.all():
        return 0.0
    if not missing.any():
        return float(np.median(np.linalg.norm(body - np.median(body, axis=1, keepdims=True), axis=2)))
    frames = ~missing.all(axis=1)
    known = np.where(missing[frames, :, None], np.nan, body[frames])
    return float(np.nanmedian(np.linalg.norm(known - np.nanmedian(known, axis=1, keepdims=True), axis=2)))


def _nearest(body: np.ndarray, zero: np.ndarray) -> float:
    """Median over the frames of the distance from the origin to the nearest joint that is not there."""
    distance = np.where(zero, np.inf, np.linalg.norm(body, axis=2)).min(axis=1)
    return float(np.median(distance))


def find_origins(clips: Iterable[np.ndarray]) -> Origins:
    """Joints on which recordings without scores were centred.

    A joint is the origin of every frame if it is exactly zero in all frames of all clips in which its person is there,
    and if the origin is within the body: in most clips nearer to another joint than twice :func:`body_reach`. It is the
    origin of first frames if it is zero in the first frame of all clips, not of every frame, and if in most clips it is
    within that reach of the origin when it is seen next: a joint that a tracker did not find is elsewhere then.

    Parameters
    ----------
    clips : iterable of np.ndarray (M, T, V, C)
        All clips of the recordings, of the same persons and joints; the more, the surer.

    Returns
    -------
    Origins
    """
    counts: dict[str, np.ndarray] = {}
    for clip in clips:
        if not counts:
            counts = {name: np.zeros((len(clip), clip.shape[2]), np.int64)
                      for name in ("clips", "zero", "inside", "starts", "near", "next")}
        zero = ~np.any(clip, axis=-1)
        for person, frames in enumerate(~np.all(zero, axis=2)):
            if np.any(frames):
                _count(counts, person, clip[person], zero[person], frames)
    if not counts:
        raise ValueError("clips must hold at least one clip, but are empty")
    seen = counts["clips"] > 0
    every = seen & (counts["zero"] == counts["clips"]) & (2 * counts["inside"] > counts["clips"])
    first = seen & (counts["starts"] == counts["clips"]) & ~every & (2 * counts["near"] > counts["next"])
    return Origins(every=every, first=first)


def _count(counts: dict[str, np.ndarray], person: int, body: np.ndarray, zero: np.ndarray, there: np.ndarray):
    """Add one clip of ``person``, who is there in the frames ``there``."""
    counts["clips"][person] += 1
    starts = zero[there.argmax()]
    if not starts.any():
        return  # no joint can be an origin: the usual case costs nothing
    body, zero = np.asarray(body[there], np.float64), zero[there]
    counts["starts"][person] += starts
    whole = zero.all(axis=0)
    counts["zero"][person] += whole
    reach = body_reach(body, zero)
    if whole.any() and _nearest(body, zero) <= 2 * reach:
        counts["inside"][person] += whole
    for joint in np.flatnonzero(starts & ~whole):
        seen = body[np.flatnonzero(~zero[:, joint])[0], joint]
        counts["next"][person, joint] += 1
        counts["near"][person, joint] += np.linalg.norm(seen) <= reach
