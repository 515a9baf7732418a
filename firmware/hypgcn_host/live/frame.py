"""Frames of a stream of poses: a time, and the joints of everybody who is seen."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = ["PICTURES", "VALUES", "Frame", "with_scores"]

VALUES = {"xy": (2, False), "xys": (2, True), "xyz": (3, False), "xyzs": (3, True)}
"""What the numbers of a joint are: how many coordinates, and whether a score (confidence) follows."""
PICTURES = ("coco17", "openpose18", "body25")
"""Skeletons of joints in pictures: two coordinates and a score."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One frame of a stream.

    Parameters
    ----------
    time : float
        Seconds on any clock, finite.
    people : mapping of identity to np.ndarray float64 (V, C + 1)
        Everybody who is seen, by the identity that the tracker gave them. The last channel is the score: 0 for a joint
        that is missing, whatever its coordinates are, else above 0 (:func:`with_scores`).
    labels : mapping of identity to str
        What they really do, where a recording says it; for comparison only.
    """

    time: float
    people: Mapping[int | str, np.ndarray]
    labels: Mapping[int | str, str] = field(default_factory=dict)

    def __post_init__(self):
        if isinstance(self.time, bool) or not isinstance(self.time, int | float) or not math.isfinite(self.time):
            raise ValueError(f"time must be a finite number of seconds, not {self.time!r}")


def with_scores(joints, *, scored: bool, min_score: float = 0.0) -> np.ndarray:
    """The joints of one person as :class:`Frame` holds them.

    A joint is missing if one of its numbers is not finite, if its score is at most ``min_score``, or, without scores,
    if all its coordinates are exactly zero: as in recordings (:func:`~hypgcn.design.missing.missing_joints`).

    Parameters
    ----------
    joints : array (V, C) or, ``scored``, (V, C + 1)
        As an estimator gives them.
    scored : bool
        The last number is a score.
    min_score : float
        0..1.

    Returns
    -------
    np.ndarray float64 (V, C + 1)
        Missing joints are zero in all channels.
    """
    joints = np.asarray(joints, np.float64)
    if joints.ndim != 2:
        raise ValueError(f"joints must have the two dimensions (joint, channel), not {joints.ndim}")
    coordinates = joints[:, :-1] if scored else joints
    finite = np.isfinite(joints).all(axis=1)
    score = joints[:, -1] if scored else np.any(coordinates, axis=1).astype(np.float64)
    seen = finite & (np.where(finite, score, 0) > min_score)
    return np.where(seen[:, None], np.concatenate([coordinates, score[:, None]], axis=1), 0.0)
