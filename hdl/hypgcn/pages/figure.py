"""A generated figure on the 20 joints of ``kinect20`` that does what actions are called, where no recording is at hand.

It is a simple body in metres, seen by a camera two and a half metres before it: limbs of fixed length, arms by the
directions of their two bones, legs by the places of hips and ankles. It is made for the eye; whether a network that was
trained on people takes its motion for the action of that name is a matter of luck.
"""

from collections.abc import Callable

import numpy as np

__all__ = ["ACTIONS", "FRAMES", "figure_clip"]

FRAMES = 48
"""Frames of an action."""
_SPINE, _NECK, _HEAD, _SHOULDER = 0.20, 0.45, 0.65, 0.18
_UPPER, _FORE, _HAND = 0.28, 0.25, 0.08
_HIP, _THIGH, _SHIN, _FOOT = 0.09, 0.42, 0.42, 0.16
_STANDING, _SITTING = 0.83, 0.46
"""Height of the hips."""
_PLACE = np.array([0.0, -0.85, 2.5])
"""Where it stands: x to the right of the camera, y upwards, z away from it; it looks at the camera."""


def _ease(time: float, start: float, end: float) -> float:
    """0 before ``start``, 1 behind ``end``, smooth between them."""
    share = min(1.0, max(0.0, (time - start) / (end - start)))
    return share * share * (3 - 2 * share)


def _between(before, after, share: float) -> np.ndarray:
    return np.asarray(before, float) * (1 - share) + np.asarray(after, float) * share


def _direction(forward: float, outward: float, side: int) -> np.ndarray:
    """Unit vector that hangs down at 0, 0: raised ``forward`` and ``outward`` by radians; ``side`` -1 left, 1 right."""
    return np.array([side * np.sin(outward), -np.cos(forward) * np.cos(outward), -np.sin(forward) * np.cos(outward)])


def _knee(hip: np.ndarray, ankle: np.ndarray) -> np.ndarray:
    """Where thigh and shin meet, in front of the line from ``hip`` to ``ankle``."""
    line = ankle - hip
    length = min(float(np.linalg.norm(line)), 0.999 * (_THIGH + _SHIN))
    along = (_THIGH**2 - _SHIN**2 + length**2) / (2 * length)
    out = np.sqrt(max(0.0, _THIGH**2 - along**2))
    unit = line / np.linalg.norm(line)
    front = np.array([0.0, 0.0, -1.0])
    front = front - unit * (front @ unit)
    return hip + along * unit + out * front / np.linalg.norm(front)


def _body(*, height: float = _STANDING, back: float = 0.0, bend: float = 0.0,
          arms: tuple = ((0.1, 0.12, 0.2), (0.1, 0.12, 0.2)), feet: tuple = ((0.0, 0.0), (0.0, 0.0))) -> np.ndarray:
    """Joints (20, 3) of a pose.

    Parameters
    ----------
    height, back : float
        Of the hips, in metres; ``back`` is away from the camera.
    bend : float
        Of the trunk towards the camera, in radians.
    arms : tuple
        For left and right: the upper arm forward and outward, and by how much more the forearm is raised, in radians.
    feet : tuple
        For left and right: how far before the body and how high, in metres.
    """
    joints = np.zeros((20, 3))
    hips = np.array([0.0, height, back])
    upright = np.array([0.0, np.cos(bend), -np.sin(bend)])
    joints[0] = hips
    joints[1], joints[2], joints[3] = (hips + length * upright for length in (_SPINE, _NECK, _HEAD))
    for first, leg, side, (forward, outward, more), (ahead, lift) in zip((4, 8), (12, 16), (-1, 1), arms, feet):
        shoulder = joints[2] - 0.05 * upright + np.array([side * _SHOULDER, 0.0, 0.0])
        lower = _direction(forward + more, 0.5 * outward, side)
        elbow = shoulder + _UPPER * _direction(forward, outward, side)
        joints[first:first + 4] = shoulder, elbow, elbow + _FORE * lower, elbow + (_FORE + _HAND) * lower
        hip = hips + np.array([side * _HIP, -0.03, 0.0])
        ankle = np.array([side * (_HIP + 0.02), 0.06 + lift, -ahead])
        joints[leg:leg + 4] = hip, _knee(hip, ankle), ankle, ankle + np.array([side * 0.03, -0.04, -_FOOT])
    return joints


def _sit(time: float) -> np.ndarray:
    down = _ease(time, 0.1, 0.65)
    lean = 0.6 * np.sin(np.pi * _ease(time, 0.05, 0.8))
    return _body(height=_STANDING - down * (_STANDING - _SITTING), back=0.38 * down, bend=lean,
                 arms=((0.1 + 0.7 * down, 0.12, 0.2 + 0.6 * down),) * 2)


def _stand(time: float) -> np.ndarray:
    return _sit(1 - time)


def _pick(time: float) -> np.ndarray:
    down = np.sin(np.pi * _ease(time, 0.05, 0.95))
    return _body(height=_STANDING - 0.32 * down, back=0.25 * down, bend=1.25 * down,
                 arms=((0.1 + 0.5 * down, 0.12, 0.2), (0.1 + 1.1 * down, 0.1, 0.1)),
                 feet=((0.0, 0.0), (0.12 * _ease(time, 0, 0.3), 0.0)))


def _throw(time: float) -> np.ndarray:
    up, swing = _ease(time, 0.05, 0.45), _ease(time, 0.5, 0.68)
    forward = _between(0.1, 2.6, up) * (1 - swing) + 0.9 * swing
    return _body(bend=0.35 * swing - 0.12 * up * (1 - swing),
                 arms=((0.1 + 0.5 * up * (1 - swing), 0.15, 0.3), (forward, 0.45 * up, 1.3 * up * (1 - swing) + 0.1)),
                 feet=((0.22 * swing, 0.0), (0.0, 0.0)))


def _round(time: float) -> np.ndarray:
    """Three strides a clip on a part of a circle."""
    stride = np.sin(6 * np.pi * time)
    lift = [0.1 * max(0.0, float(np.cos(6 * np.pi * time + shift))) for shift in (0, np.pi)]
    joints = _body(height=_STANDING - 0.02, arms=((0.1 - 0.45 * stride, 0.12, 0.35), (0.1 + 0.45 * stride, 0.12, 0.35)),
                   feet=((0.28 * stride, lift[0]), (-0.28 * stride, lift[1])))
    angle = 1.6 * np.pi * time
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    return joints @ turn.T + 0.55 * np.array([np.cos(angle) - 1, 0, -np.sin(angle)])


def _wave(time: float) -> np.ndarray:
    up = np.sin(np.pi * min(1.0, max(0.0, time))) ** 0.4
    joints = _body(arms=((0.1, 0.12, 0.2), (0.1 + 0.5 * up, 0.12 + 1.0 * up, 0.2)))
    hand = np.array([0.35 * np.sin(8 * np.pi * time), 1.0, -0.25])
    raised = hand / np.linalg.norm(hand)
    hanging = (joints[10] - joints[9]) / _FORE
    lower = _between(hanging, raised, up)
    lower /= np.linalg.norm(lower)
    joints[10], joints[11] = joints[9] + _FORE * lower, joints[9] + (_FORE + _HAND) * lower
    return joints


ACTIONS: dict[str, Callable[[float], np.ndarray]] = {
    "sit down": _sit, "throw": _throw, "walk around": _round, "pick up with one hand": _pick, "stand up": _stand,
    "wave": _wave}
"""Pose (20, 3) at a time in 0..1, by action; all but the last are actions of NW-UCLA."""


def figure_clip(action: str, frames: int = FRAMES) -> np.ndarray:
    """Clip float64 (1, frames, 20, 3) of one of :data:`ACTIONS`; the same in every call.

    Raises
    ------
    ValueError
        No such action, or no frame.
    """
    if action not in ACTIONS:
        raise ValueError(f"action must be one of {', '.join(ACTIONS)}, not {action!r}")
    if frames < 1:
        raise ValueError(f"frames must be at least 1, not {frames}")
    times = [number / max(1, frames - 1) for number in range(frames)]
    return (np.stack([ACTIONS[action](time) for time in times]) + _PLACE)[None]
