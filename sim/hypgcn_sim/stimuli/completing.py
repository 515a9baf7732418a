"""Recorded clips without missing joints, filled as the offline path fills them."""

from collections.abc import Callable

import numpy as np

from hypgcn.design import Design
from hypgcn.design.filling import complete_clip
from hypgcn.design.missing import find_origins

__all__ = ["KINECT20_PARENTS", "clip_reader"]

KINECT20_PARENTS = (1, 1, 1, 2, 2, 4, 5, 6, 2, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18)
"""For each joint of Kinect v1 its neighbour nearer to the spine, as in the offline path."""


def _parents(design: Design, joints: int) -> tuple[int, ...]:
    """Parents of recorded joints: by the design's skeleton, or the one that is mapped to it; empty where unknown."""
    skeleton = design.meta.get("skeleton")
    if isinstance(skeleton, dict) and skeleton.get("joints") == joints:
        parents = list(range(joints))
        for joint, parent in reversed(skeleton["bones"]):
            parents[joint] = parent
        return tuple(parents)
    return KINECT20_PARENTS if joints == len(KINECT20_PARENTS) else ()


def clip_reader(design: Design, data: np.ndarray, length: np.ndarray) -> Callable[[int], np.ndarray]:
    """A function that gives one recorded clip by its index, (M, T, V, C), without padding and missing joints.

    Parameters
    ----------
    design : Design
        The network.
    data : np.ndarray (N, C, T, V, M)
        All recordings of a file.
    length : np.ndarray (N,)
        Frames of each.
    """
    def recorded(index: int) -> np.ndarray:
        return data[index, :, :int(length[index])].transpose(3, 1, 2, 0)

    parents, origins = _parents(design, data.shape[3]), find_origins(map(recorded, range(len(data))))
    return lambda index: complete_clip(recorded(index), parents=parents, origins=origins).clip
