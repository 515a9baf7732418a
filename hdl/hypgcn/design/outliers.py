"""Joints that a tracker put metres away for a moment: found by their speed."""

import numpy as np

from .missing import body_reach

__all__ = ["outlying_joints"]

_WINDOW = 2
"""Frames on either side that a joint is compared with: up to two outlying frames in a row are found."""
_FAR = 4.0
"""Distance from the median of these frames, in :func:`~.missing.body_reach`: nearly the height of the body."""
_FAST = 6.0
"""The same in median steps of the body's joints from frame to frame, for clips of few frames a second."""


def outlying_joints(body: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Joints that leave the body for a moment and come back (a Hampel filter).

    A joint is compared with its median over five frames, three at the ends of a clip, relative to the middle of the
    body, so that a body that moves or jumps as a whole has no outliers. It is outlying if it is further away than 4
    times the reach of the body and than 6 times the median step of the body's joints. Bodies of fewer than three joints
    or frames have none.

    Parameters
    ----------
    body : np.ndarray (T, V, C)
        Coordinates of one person in consecutive frames, missing joints filled.
    missing : np.ndarray bool (T, V)
        Joints that were filled, which are never outlying.

    Returns
    -------
    np.ndarray bool (T, V)
    """
    frames, joints = missing.shape
    found = np.zeros((frames, joints), bool)
    if frames < 3 or joints < 3:
        return found
    body = np.asarray(body, np.float64)
    body = body - np.median(body, axis=1, keepdims=True)
    steps = np.abs(np.diff(body, axis=0))
    far = _FAR * body_reach(body, missing)
    # No coordinate is further from the median of the window than the steps to the window's ends.
    doubtful = np.linalg.norm(_WINDOW * steps.max(axis=0), axis=1) > far
    if not doubtful.any():
        return found
    far = max(far, _FAST * float(np.median(np.linalg.norm(steps, axis=2))))
    for joint in np.flatnonzero(doubtful):
        path = body[:, joint]
        for frame in range(frames):
            near = path[max(0, frame - _WINDOW):frame + _WINDOW + 1]
            found[frame, joint] = np.linalg.norm(path[frame] - np.median(near, axis=0)) > far
    return found & ~missing
