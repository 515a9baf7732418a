"""From the joints of one skeleton to those of another: which are copies, and which lie between others.

A map has for each joint of the target its sources with their weights: one source of weight 1 is a copy, several are a
point between them. A target with a joint that the source cannot give has no map.
"""

from collections.abc import Sequence

import numpy as np

from .skeleton import BUILT_IN, Skeleton

__all__ = ["JointMap", "MAPS", "KINECT20_TO_NTU25", "COCO17_TO_NTU25", "OPENPOSE18_TO_NTU25",
           "joint_map", "map_kinds", "mapped", "source_skeleton"]

JointMap = tuple[tuple[tuple[int, float], ...], ...]

KINECT20_TO_NTU25: JointMap = tuple(
    ((2, 2 / 3), (3, 1 / 3)) if joint == 2 else ((source, 1.0),)
    for joint, source in enumerate((0, 1, 2, 3, *range(4, 20), 2, 7, 7, 11, 11)))
"""For each NTU joint the Kinect v1 joints and weights that stand for it (the neck lies between shoulders and head)."""

COCO17_TO_NTU25: JointMap = (
    ((11, 1 / 2), (12, 1 / 2)), ((5, 1 / 4), (6, 1 / 4), (11, 1 / 4), (12, 1 / 4)),
    ((5, 1 / 3), (6, 1 / 3), (3, 1 / 6), (4, 1 / 6)), ((3, 1 / 2), (4, 1 / 2)),
    *(((source, 1.0),) for source in (5, 7, 9, 9, 6, 8, 10, 10, 11, 13, 15, 15, 12, 14, 16, 16)),
    ((5, 1 / 2), (6, 1 / 2)), *(((source, 1.0),) for source in (9, 9, 10, 10)))
"""The same for COCO, an approximation: spine base is between the hips, the upper end of the spine between the
shoulders, its middle between both; the head is between the ears, the neck a third of the way to it; hands, finger tips
and thumbs are at the wrists, feet at the ankles."""

OPENPOSE18_TO_NTU25: JointMap = (
    ((8, 1 / 2), (11, 1 / 2)), ((1, 1 / 2), (8, 1 / 4), (11, 1 / 4)), ((1, 2 / 3), (0, 1 / 3)), ((0, 1.0),),
    *(((source, 1.0),) for source in (5, 6, 7, 7, 2, 3, 4, 4, 11, 12, 13, 13, 8, 9, 10, 10, 1, 7, 7, 4, 4)))
"""The same for OpenPose, an approximation: spine base is between the hips, the upper end of the spine at the neck's
point, its middle between both; the head is the nose, which is seen more often than both ears, the neck a third of the
way to it; hands, finger tips and thumbs are at the wrists, feet at the ankles. A point that was not found is zero, and
draws what is interpolated from it towards the centre of the picture."""



def _copies(*sources: int) -> JointMap:
    return tuple(((source, 1.0),) for source in sources)


def _between(*sources: int) -> tuple[tuple[int, float], ...]:
    return tuple((source, 1 / len(sources)) for source in sources)


def _after(first: JointMap, second: JointMap) -> JointMap:
    """``second`` of what ``first`` gives."""
    found = []
    for parts in second:
        weights: dict[int, float] = {}
        for middle, weight in parts:
            for source, share in first[middle]:
                weights[source] = weights.get(source, 0.0) + weight * share
        found.append(tuple(weights.items()))
    return tuple(found)


_BODY25_TO_COCO17 = _copies(0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11)
_MEDIAPIPE33_TO_COCO17 = _copies(0, 2, 5, 7, 8, *range(11, 17), *range(23, 29))
_COCO17_TO_OPENPOSE18: JointMap = (
    ((0, 1.0),), _between(5, 6), *_copies(6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3))
_COCO17_TO_H36M17: JointMap = (
    _between(11, 12), *_copies(12, 14, 16, 11, 13, 15), _between(5, 6, 11, 12), _between(5, 6), ((0, 1.0),),
    _between(1, 2), *_copies(5, 7, 9, 6, 8, 10))
_UTDMHAD20_TO_KINECT20 = _copies(3, 2, 1, 0, *range(4, 20))
_MSRACTION20_TO_KINECT20 = _copies(6, 3, 2, 19, 1, 8, 10, 12, 0, 7, 9, 11, 5, 14, 16, 18, 4, 13, 15, 17)
_BODY25_TO_NTU25: JointMap = (
    ((8, 1.0),), ((1, 1 / 2), (8, 1 / 2)), ((1, 2 / 3), (0, 1 / 3)), ((0, 1.0),),
    *_copies(5, 6, 7, 7, 2, 3, 4, 4, 12, 13, 14, 19, 9, 10, 11, 22, 1, 7, 7, 4, 4))
_MEDIAPIPE33_TO_NTU25: JointMap = (
    *_after(_MEDIAPIPE33_TO_COCO17, COCO17_TO_NTU25)[:7], _between(17, 19), *_copies(12, 14, 16), _between(18, 20),
    *_copies(23, 25, 27, 31, 24, 26, 28, 32), _between(11, 12), *_copies(19, 21, 20, 22))
_NTU25_TO_KINECT20 = _copies(0, 1, 20, *range(3, 20))
_H36M17_TO_NTU25: JointMap = (
    *_copies(0, 7), ((8, 1 / 2), (9, 1 / 2)),
    *_copies(10, 11, 12, 13, 13, 14, 15, 16, 16, 4, 5, 6, 6, 1, 2, 3, 3, 8, 13, 13, 16, 16))

MAPS: dict[tuple[str, str], JointMap] = {
    ("kinect20", "ntu25"): KINECT20_TO_NTU25,
    ("coco17", "ntu25"): COCO17_TO_NTU25,
    ("openpose18", "ntu25"): OPENPOSE18_TO_NTU25,
    ("body25", "ntu25"): _BODY25_TO_NTU25,
    ("mediapipe33", "ntu25"): _MEDIAPIPE33_TO_NTU25,
    ("h36m17", "ntu25"): _H36M17_TO_NTU25,
    ("utdmhad20", "ntu25"): _after(_UTDMHAD20_TO_KINECT20, KINECT20_TO_NTU25),
    ("msraction20", "ntu25"): _after(_MSRACTION20_TO_KINECT20, KINECT20_TO_NTU25),
    ("utdmhad20", "kinect20"): _UTDMHAD20_TO_KINECT20,
    ("msraction20", "kinect20"): _MSRACTION20_TO_KINECT20,
    ("ntu25", "kinect20"): _NTU25_TO_KINECT20,
    ("coco17", "kinect20"): _after(COCO17_TO_NTU25, _NTU25_TO_KINECT20),
    ("openpose18", "kinect20"): _after(OPENPOSE18_TO_NTU25, _NTU25_TO_KINECT20),
    ("body25", "kinect20"): _after(_BODY25_TO_NTU25, _NTU25_TO_KINECT20),
    ("mediapipe33", "kinect20"): _after(_MEDIAPIPE33_TO_NTU25, _NTU25_TO_KINECT20),
    ("h36m17", "kinect20"): _after(_H36M17_TO_NTU25, _NTU25_TO_KINECT20),
    ("body25", "coco17"): _BODY25_TO_COCO17,
    ("mediapipe33", "coco17"): _MEDIAPIPE33_TO_COCO17,
    ("openpose18", "coco17"): _copies(0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10),
    ("body25", "openpose18"): _copies(0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
    ("coco17", "openpose18"): _COCO17_TO_OPENPOSE18,
    ("mediapipe33", "openpose18"): _after(_MEDIAPIPE33_TO_COCO17, _COCO17_TO_OPENPOSE18),
    ("coco17", "h36m17"): _COCO17_TO_H36M17,
    ("mediapipe33", "h36m17"): _after(_MEDIAPIPE33_TO_COCO17, _COCO17_TO_H36M17),
}
"""By the names of both skeletons. COCO's head in Human3.6M is between the eyes; MediaPipe's hand in NTU is between the
little and the index finger; BODY_25's foot is its big toe."""


def source_skeleton(joints: int, name: str = "") -> Skeleton | None:
    """The built-in skeleton ``name``, or where it is empty the first one with so many joints, or None."""
    if name:
        return BUILT_IN[name]
    return next((skeleton for skeleton in BUILT_IN.values() if skeleton.joints == joints), None)


def joint_map(source: str, target: str) -> JointMap:
    """The map between two built-in skeletons; every joint is its own copy where they are the same.

    Raises :exc:`ValueError`, naming the targets that ``source`` can be mapped to, where a joint of ``target`` has no
    source.
    """
    if source == target:
        return _copies(*range(BUILT_IN[source].joints))
    if (source, target) not in MAPS:
        targets = [to for came, to in MAPS if came == source]
        raise ValueError(f"{source} must be mapped to one of {', '.join(targets) or 'no other skeleton'}, not "
                         f"{target}, some of whose joints it lacks")
    return MAPS[source, target]


def map_kinds(source: str, target: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Joints of ``target`` that are copies, and those that lie between joints of ``source``."""
    parts = joint_map(source, target)
    return (tuple(j for j, p in enumerate(parts) if len(p) == 1), tuple(j for j, p in enumerate(parts) if len(p) > 1))


def mapped(clip: np.ndarray, parts: Sequence[Sequence[tuple[int, float]]]) -> np.ndarray:
    """``clip`` (M, T, V, C) on the joints of a map."""
    return np.stack([sum(clip[:, :, source] * clip.dtype.type(weight) for source, weight in p) for p in parts], axis=2)
