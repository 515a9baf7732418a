"""Procedural skeleton motion: labelled clips on any skeleton, so that everything runs where no recordings are at hand.

A class is a fixed set of swinging joints, each with an axis, an amplitude, a tempo and a phase. A clip of it varies
tempo, amplitude, start, view and body size, and has a little noise. The limbs follow their joints as on a body (forward
kinematics). """

from dataclasses import dataclass

import numpy as np

from hypgcn.design.skeleton import Skeleton

from .data import Clips

__all__ = ["MotionConfig", "class_swings", "generate_motion", "hanging_order", "limb_places", "rest_directions", "turn"]


@dataclass(frozen=True, kw_only=True)
class MotionConfig:
    """What to generate.

    Parameters
    ----------
    classes : int
        1..1024.
    clips : int
        Per class, at least 1.
    test_share : float
        Of the clips, 0..1.
    frames : tuple[int, int]
        Shortest and longest clip.
    persons : int
        1..16, each moves as its class asks.
    noise : float
        Standard deviation of every coordinate, in bone lengths.
    seed : int
        Same seed, same clips.
    """

    classes: int = 6
    clips: int = 40
    test_share: float = 0.25
    frames: tuple[int, int] = (30, 80)
    persons: int = 1
    noise: float = 0.02
    seed: int = 7

    def __post_init__(self):
        for name, low, high in (("classes", 1, 1024), ("clips", 1, 100000), ("persons", 1, 16)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an integer, not {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")
        if not 1 <= self.frames[0] <= self.frames[1]:
            raise ValueError(f"frames must be two numbers of at least 1 that do not fall, not {self.frames!r}")
        if not 0 <= self.test_share <= 1:
            raise ValueError(f"test_share must be in 0..1, not {self.test_share!r}")


def turn(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotations (T, 3, 3) about ``axis`` by ``angle`` (T,)."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sin, cos = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.eye(3) + sin * cross + (1 - cos) * (cross @ cross)


def hanging_order(skeleton: Skeleton) -> list[tuple[int, int]]:
    """(joint, joint it hangs on), from the centre outwards."""
    order, seen = [], {skeleton.centre}
    pending = [skeleton.centre]
    while pending:
        here = pending.pop(0)
        for a, b in skeleton.bones:
            for near, far in ((a, b), (b, a)):
                if near == here and far not in seen:
                    seen.add(far)
                    pending.append(far)
                    order.append((far, near))
    return order


def rest_directions(joints: int, seed: int) -> np.ndarray:
    """For every joint the direction of its bone at rest, of length 1: float64 (V, 3)."""
    rest = np.random.default_rng((seed, 0)).normal(size=(joints, 3))
    return rest / np.linalg.norm(rest, axis=1, keepdims=True)


def class_swings(classes: int, joints: int, seed: int) -> list[list[dict]]:
    """For every class its swinging joints: ``joint``, ``axis``, ``size`` in radians, ``tempo`` in swings a clip,
    ``phase`` in radians.
    """
    rng = np.random.default_rng((seed, 1))
    found = []
    for _ in range(classes):
        swings = rng.choice(joints, min(joints, 4), replace=False)
        found.append([{"joint": int(j), "axis": rng.normal(size=3), "size": rng.uniform(0.5, 1.2),
                       "tempo": rng.uniform(0.5, 2.5), "phase": rng.uniform(0, 2 * np.pi)} for j in swings])
    return found


def limb_places(skeleton: Skeleton, order: list[tuple[int, int]], rest: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Places of the joints, float64 (T, V, 3), the centre at the origin.

    Parameters
    ----------
    skeleton : Skeleton
    order : list of (int, int)
        Its :func:`hanging_order`.
    rest : np.ndarray (V, 3)
        Bone of every joint at rest, from the joint it hangs on.
    turns : np.ndarray (V, T, 3, 3)
        Rotation of what hangs on each joint.
    """
    places = np.zeros((turns.shape[1], skeleton.joints, 3))
    total = {skeleton.centre: turns[skeleton.centre]}
    for joint, parent in order:
        places[:, joint] = places[:, parent] + total[parent] @ rest[joint]
        total[joint] = total[parent] @ turns[joint]
    return places


def _clip(skeleton: Skeleton, order, rest: np.ndarray, swings, frames: int, rng, noise: float) -> np.ndarray:
    """One person, (T, V, 3)."""
    time = np.linspace(0, 1, frames)
    tempo, start, size = rng.uniform(0.8, 1.25), rng.uniform(0, 0.6), rng.uniform(0.8, 1.2)
    turns = np.tile(np.eye(3), (skeleton.joints, frames, 1, 1))
    for swing in swings:
        wave = np.sin(2 * np.pi * swing["tempo"] * tempo * time + swing["phase"] + start)
        turns[swing["joint"]] = turn(swing["axis"], swing["size"] * size * wave)
    places = limb_places(skeleton, order, rest, turns)
    view = turn(np.array([0.0, 1.0, 0.0]), rng.uniform(-0.6, 0.6, 1))[0]
    places = places @ view.T * rng.uniform(0.8, 1.2) + rng.normal(0, 0.3, 3) + (0, 0, 3)
    return places + rng.normal(0, noise, places.shape)


def generate_motion(skeleton: Skeleton, config: MotionConfig | None = None) -> Clips:
    """Labelled clips on ``skeleton`` with three coordinates a joint; the last ``test_share`` of every class is the test
    split."""
    config = config or MotionConfig()
    order, rest = hanging_order(skeleton), rest_directions(skeleton.joints, config.seed)
    motions = class_swings(config.classes, skeleton.joints, config.seed)
    count = config.classes * config.clips
    data = np.zeros((count, 3, config.frames[1], skeleton.joints, config.persons), np.float32)
    length, label = np.zeros(count, np.int64), np.zeros(count, np.int64)
    split = np.zeros(count, np.uint8)
    for index in range(count):
        rng = np.random.default_rng((config.seed, 2, index))
        kind, number = divmod(index, config.clips)
        frames = int(rng.integers(config.frames[0], config.frames[1] + 1))
        for person in range(config.persons):
            data[index, :, :frames, :, person] = _clip(skeleton, order, rest, motions[kind], frames, rng,
                                                       config.noise).transpose(2, 0, 1)
        length[index], label[index] = frames, kind
        split[index] = number >= config.clips - round(config.test_share * config.clips)
    return Clips(data=data, length=length, label=label, classes=config.classes, split=split,
                 class_names=tuple(f"motion {k}" for k in range(config.classes)))
