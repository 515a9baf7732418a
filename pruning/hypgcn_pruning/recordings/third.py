"""What the third channel of an array is: depth, which turns with the body, or a score, which never does."""

import numpy as np

from ..messages import say

__all__ = ["KINDS", "third_is_score"]

KINDS = ("score", "z")

PICTURE_JOINTS = frozenset((17, 18))
"""Joints of COCO and OpenPose, whose third number is a score."""

PIXELS = 10.0
"""Coordinates beyond this are pixels; metres of a body are not so many."""


def third_is_score(low: np.ndarray, high: np.ndarray, joints: int, given: str | None, where) -> bool:
    """Whether the third of three channels is a score.

    It is one only if all its values are in 0..1. That is decided without a word of the user where the other two are
    pixels (beyond 10) or where the joints are COCO's 17 or OpenPose's 18 and the other two have negative values; then
    it is said. Else a channel in 0..1 may also be a depth, and the user is asked.

    Parameters
    ----------
    low, high : np.ndarray float (3,)
        Smallest and largest value of each channel.
    joints : int
    given : ``"score"``, ``"z"`` or None
        What the user says; ``None`` to find out.
    where : object
        Name of file and key for messages.

    Raises
    ------
    ValueError
        Both readings are possible, or the user says score and the values are not in 0..1.
    """
    in_range = low[2] >= 0 and high[2] <= 1
    if given == "score" and not in_range:
        raise ValueError(f"{where}: a score must be in 0..1, but the third channel is in {low[2]:.4g}..{high[2]:.4g}; "
                         f"--third z where it is a depth")
    if given is not None or not in_range or high[2] == 0:
        return given == "score"
    extent = max(high[:2].max(), -low[:2].min())
    if extent > PIXELS or joints in PICTURE_JOINTS and low[:2].min() < 0:
        why = "the other two are pixels" if extent > PIXELS else f"{joints} joints are those of pictures"
        say(f"{where}: the third channel is taken as a score, since it is in {low[2]:.3g}..{high[2]:.3g} and {why}; "
            f"--third z where it is a depth")
        return True
    raise ValueError(f"{where}: the third channel is in {low[2]:.3g}..{high[2]:.3g} and may be a score or a depth: "
                     f"--third score or --third z says which")
