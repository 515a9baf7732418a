"""The preparation that 2s-AGCN's published NTU RGB+D results rest on, for one recording at a time.

Bodies are chosen, gaps at the start closed, empty ends filled, everything is centred and turned upright and frontal.
"""

import numpy as np

__all__ = ["body_energy", "choose_bodies", "replay", "centre_on_spine", "face_front", "prepare_ntu"]

SPINE_BASE, SPINE_MID, LEFT_SHOULDER, RIGHT_SHOULDER = 0, 1, 4, 8


def body_energy(body: np.ndarray) -> float:
    """How much a body (T, V, 3) fills: per coordinate the standard deviation over all joints of all frames in which it
    is present, added up; 0 for an absent one."""
    present = body[body.any(axis=(1, 2))]
    return float(present.std(axis=(0, 1)).sum()) if len(present) else 0.0


def choose_bodies(bodies: np.ndarray, count: int = 2) -> np.ndarray:
    """The ``count`` bodies of (M, T, V, 3) with the most energy, most first; of equals the earlier one."""
    order = np.argsort([-body_energy(body) for body in bodies], kind="stable")
    return bodies[order[:count]]


def _closed_up(body: np.ndarray) -> np.ndarray:
    """``body`` with its frames moved together to the start when it is absent in the first one, else as it is."""
    if body[0].any():
        return body
    present = body[body.any(axis=(1, 2))]
    return np.concatenate([present, np.zeros((len(body) - len(present), *body.shape[1:]), body.dtype)])


def replay(bodies: np.ndarray, frames: int) -> np.ndarray:
    """(M, ``frames``, V, 3): every body is repeated from its start until its empty end is full; absent ones stay
    zero."""
    filled = np.zeros((len(bodies), frames, *bodies.shape[2:]), bodies.dtype)
    for into, body in zip(filled, bodies):
        used = np.flatnonzero(body.any(axis=(1, 2)))
        if used.size:
            into[:] = body[np.arange(frames) % (used[-1] + 1)]
    return filled


def centre_on_spine(bodies: np.ndarray) -> np.ndarray:
    """Every frame with the middle of the first body's spine at the origin; joints at exactly zero are missing and stay
    there."""
    centred = bodies - bodies[:1, :, SPINE_MID:SPINE_MID + 1]
    return np.where(bodies.any(axis=-1, keepdims=True), centred, 0)


def _turn(vector: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The rotation about their common normal that takes the direction of ``vector`` to the unit vector ``target``; none
    where that normal is undefined (no length, parallel, opposite)."""
    size = np.linalg.norm(vector)
    normal = np.cross(vector, target)
    if size < 1e-6 or np.abs(normal).sum() < 1e-6:
        return np.eye(3)
    x, y, z = normal / size
    cosine = float(vector @ target) / size
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + cross + cross @ cross / (1 + cosine)


def face_front(bodies: np.ndarray) -> np.ndarray:
    """One rotation for the whole recording, from the first body's first frame: lower spine onto z, then the line from
    the left to the right shoulder onto x. The second turn may tilt the spine a little again, as in 2s-AGCN."""
    first = bodies[0, 0]
    upright = _turn(first[SPINE_MID] - first[SPINE_BASE], np.array([0.0, 0.0, 1.0]))
    first = first @ upright.T
    return bodies @ (_turn(first[RIGHT_SHOULDER] - first[LEFT_SHOULDER], np.array([1.0, 0.0, 0.0])) @ upright).T


def prepare_ntu(bodies: np.ndarray, frames: int = 0) -> np.ndarray:
    """Float64 (2, T, V, 3) of recorded bodies (M, T, V, 3), M <= 4, at least one of them present.

    With ``frames`` T is ``frames`` and recordings are replayed until it is full; with 0 T is the recorded one and ends
    stay empty.
    """
    chosen = np.stack([_closed_up(body) for body in choose_bodies(np.asarray(bodies, np.float64))])
    if frames:
        if chosen.shape[1] > frames:
            raise ValueError(f"recording must have at most the {frames} frames that are replayed to, not "
                             f"{chosen.shape[1]}")
        chosen = replay(chosen, frames)
    return face_front(centre_on_spine(chosen))
