"""Golden twin of ``hypgcn.absent``."""

import numpy as np

__all__ = ["computed", "left_out"]


def left_out(clip, found: dict, threshold_raise: int = 0):
    """bool (M,), the persons of a raw clip (M, T, V, C) that the hardware does not compute: those that are zero
    throughout, unless a store loses values of theirs in the tensors ``found`` of the network, or thresholds are
    raised."""
    absent = ~np.asarray(clip).any(axis=(1, 2, 3)) & (threshold_raise == 0)
    for name, lost in found.items():
        if name.endswith("_lost"):
            absent &= ~lost.any(axis=1)
    return absent


def computed(absent) -> list[str]:
    """Names of the persons that are computed, of flags (clips, persons) of :func:`left_out`."""
    return [f"clip {clip}, person {person}" for clip, person in np.argwhere(~np.asarray(absent)).tolist()]
