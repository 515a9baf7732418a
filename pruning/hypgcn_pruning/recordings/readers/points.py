"""Some of the joints of recordings that have more than a network can have."""

import re
from dataclasses import replace

import numpy as np

from hypgcn.design.skeleton import MAX_JOINTS

from ..data import Clips

__all__ = ["POINTS", "chosen_points", "with_points"]

POINTS = {
    "body": (range(17), "coco17"),
    "body-feet": (range(23), ""),
    "left-hand": (range(91, 112), "hand21"),
    "right-hand": (range(112, 133), "hand21"),
    "hands": (range(91, 133), ""),
    "body-hands": ((*range(17), *range(91, 133)), ""),
}
"""Parts of COCO-WholeBody's 133 points, with the built-in skeleton that they are."""

WHOLE_BODY = 133


def chosen_points(text: str, joints: int, where) -> tuple[list[int], str]:
    """Joints of ``text``, one of :data:`POINTS` or numbers such as ``0-16,91-111``, and the skeleton they are."""
    if text in POINTS:
        if joints != WHOLE_BODY:
            raise ValueError(f"points must be numbers such as 0-16,20 for the {joints} joints of {where}, not "
                             f"{text!r}, a part of COCO-WholeBody's {WHOLE_BODY} points")
        return list(POINTS[text][0]), POINTS[text][1]
    found: list[int] = []
    for word in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", word)
        if not match:
            raise ValueError(f"points must be one of {', '.join(POINTS)} or numbers such as 0-16,91-111, not {text!r}")
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    if not found or max(found) >= joints or len(set(found)) < len(found):
        raise ValueError(f"points must be joints in 0..{joints - 1} of {where}, each once, not {text!r}")
    return found, ""


def with_points(clips: Clips, points: str | None, where) -> Clips:
    """``clips`` with the joints ``points`` alone, or as they are without.

    Raises :exc:`ValueError` where more than :data:`~hypgcn.design.skeleton.MAX_JOINTS` joints are left.
    """
    if points is not None:
        chosen, name = chosen_points(points, clips.joints, where)
        if len(chosen) <= MAX_JOINTS:
            return replace(clips.changed(lambda _, clip: np.ascontiguousarray(clip[:, :, chosen]), joints=len(chosen)),
                           joint_order=name)
    count = clips.joints if points is None else len(chosen)
    if count > MAX_JOINTS:
        parts = f"{', '.join(POINTS)}, or numbers" if clips.joints == WHOLE_BODY else "numbers such as 0-16,20"
        raise ValueError(f"{where} must have at most the {MAX_JOINTS} joints of a network, not {count}; --points "
                         f"chooses some: {parts}")
    return clips
