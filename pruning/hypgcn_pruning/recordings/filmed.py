"""Generated recordings of several people, filmed by several cameras: a dataset that can be split by subject or view.

Classes are swings as in :mod:`~hypgcn_pruning.recordings.motion`, in pairs that share all of them but one, as people
sit down and stand up with the same joints. A subject has a body of its own proportions, a posture, and a style, in
which it swings wider or narrower, faster or slower, and earlier or later. Every performance is filmed by all cameras at
once, each from its own direction and height; places are in metres in the camera's frame, with more noise in depth, far
away, and on the side of the body that the camera does not see. Or they are what a pose estimator finds in the picture.

Clips are made when they are asked for, so that a dataset may be larger than the memory.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hypgcn.design.skeleton import Skeleton

from ..config import option
from .data import Clips
from .motion import class_swings, hanging_order, limb_places, rest_directions, turn
from .protocol import SPLIT
from .stores import Computed

__all__ = ["FilmedConfig", "film"]

BONE = 0.25
"""Mean length of a bone in metres."""
ARC = 45.0
"""The outermost cameras stand so many degrees to either side."""
APART = 0.8
"""Mean distance in metres between persons of a clip."""
WIDTH, HEIGHT, FOCAL = 640, 480, 550.0
"""Size of a picture and focal length of a camera in pixels."""
UNSEEN = 0.01
"""Share of the joints in a picture that the pose estimator does not find."""
_VERTICAL, _SIDEWAYS = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True, kw_only=True)
class FilmedConfig:
    """What to film.

    Parameters
    ----------
    classes : int
        1..1024.
    subjects : int
        2..1000; those of even number are tested in the split by subject.
    views : int
        2..100; the last one is tested in the split by view.
    clips : int
        1..1000 performances of each class by each subject.
    persons : int
        1..10 in each clip; those behind the first are the subjects that follow, who perform the same class.
    shortest, longest : int
        Frames of a clip, at least 1.
    picture : bool
        Pixels and a score between 0 and 1 for every joint, in place of metres.
    noise : float
        Standard deviation of a place in metres, three metres away.
    seed : int
        Same seed, same clips.
    """

    classes: int = option(60, "classes")
    subjects: int = option(12, "subjects, at least 2; those of even number are tested in the split xsub")
    views: int = option(3, "cameras, at least 2; the last one is tested in the split xview")
    clips: int = option(1, "performances of each class by each subject, each filmed by all cameras")
    persons: int = option(1, "persons of a clip, who all perform its class")
    shortest: int = option(30, "frames of the shortest clip")
    longest: int = option(60, "frames of the longest clip")
    picture: bool = option(False, "in place of metres what a pose estimator finds in the picture: x and y in pixels, y "
                                  "downwards, and a score")
    noise: float = option(0.01, "standard deviation of a place in metres, three metres away")
    seed: int = option(7, "same seed, same clips")

    def __post_init__(self):
        for name, low, high in (("classes", 1, 1024), ("subjects", 2, 1000), ("views", 2, 100), ("clips", 1, 1000),
                                ("persons", 1, 10), ("shortest", 1, 10000), ("longest", 1, 10000),
                                ("seed", 0, 2 ** 32 - 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an integer, not {value!r}")
            if not low <= value <= high:
                raise ValueError(f"{name} must be in {low}..{high}, not {value!r}")
        if self.shortest > self.longest:
            raise ValueError(f"shortest must be at most longest, {self.longest}, not {self.shortest}")
        if not 0 <= self.noise < float("inf"):
            raise ValueError(f"noise must be at least 0, not {self.noise!r}")


class _Subject:
    """Body and style of one person."""

    def __init__(self, rest: np.ndarray, rng: np.random.Generator):
        joints = len(rest)
        lengths = BONE * rng.uniform(0.85, 1.15) * np.exp(rng.normal(0, 0.12, joints))
        self.bones = rest * lengths[:, None]
        self.tempo, self.size = np.exp(rng.normal(0, 0.12)), np.exp(rng.normal(0, 0.15))
        self.posture = np.stack([turn(axis, np.array([angle]))[0]
                                 for axis, angle in zip(rng.normal(size=(joints, 3)), rng.normal(0, 0.1, joints))])

    def perform(self, skeleton: Skeleton, order, swings, frames: int, rng: np.random.Generator) -> np.ndarray:
        """One performance, (T, V, 3) in metres around the centre."""
        time = np.linspace(0, 1, frames)
        tempo, start = self.tempo * np.exp(rng.normal(0, 0.05)), rng.uniform(0, 0.6)
        turns = np.repeat(self.posture[:, None], frames, axis=1)
        for swing in swings:
            wave = np.sin(2 * np.pi * swing["tempo"] * tempo * time + swing["phase"] + start + rng.normal(0, 0.2))
            size, axis = swing["size"] * self.size * np.exp(rng.normal(0, 0.1)), swing["axis"] + rng.normal(0, 0.15, 3)
            turns[swing["joint"]] = turns[swing["joint"]] @ turn(axis, size * wave)
        facing = turn(_VERTICAL, rng.normal(0, 0.15, 1))[0]
        return limb_places(skeleton, order, self.bones, turns) @ facing.T


class _Camera:
    """Place and noise of one camera."""

    def __init__(self, number: int, config: FilmedConfig, rng: np.random.Generator):
        azimuth = np.deg2rad(np.linspace(-ARC, ARC, config.views)[number] + rng.normal(0, 3))
        pitch, self.distance = np.deg2rad(rng.uniform(-5, 15)), rng.uniform(2.5, 4.0)
        self.turn = turn(_SIDEWAYS, np.array([pitch]))[0] @ turn(_VERTICAL, np.array([azimuth]))[0]
        self.noise = config.noise * (self.distance / 3) ** 2

    def film(self, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """``places`` (T, V, 3) around the middle of the scene, as this camera records them; the last axis is depth."""
        seen = places @ self.turn.T
        noise = rng.normal(0, self.noise, seen.shape) * (1, 1, 2) * np.where(_hidden(seen)[..., None], 2, 1)
        return seen + (0, 0, self.distance) + noise


def _hidden(seen: np.ndarray) -> np.ndarray:
    """Joints of (T, V, 3) on the side of the body that is turned away, bool (T, V)."""
    return seen[..., 2] > seen[..., 2].mean(axis=1, keepdims=True) + BONE


def _pictured(places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a pose estimator finds of ``places`` (T, V, 3) in metres before a camera: x, y in pixels, and the score."""
    depth = places[..., 2:].clip(0.5)
    pixels = places[..., :2] / depth * (FOCAL, -FOCAL) + (WIDTH / 2, HEIGHT / 2)
    score = rng.uniform(0.75, 1, places.shape[:2]) - np.where(_hidden(places), 0.4, 0)
    found = rng.random(score.shape) >= UNSEEN
    return np.concatenate([pixels, score[..., None]], axis=2) * found[..., None]


def _paired_swings(config: FilmedConfig, joints: int) -> list[list[dict]]:
    """Swings of every class; of each pair the second has all of the first's but the last one."""
    swings = class_swings(config.classes, joints, config.seed)
    for first, second in zip(swings[::2], swings[1::2]):
        second[:-1] = [swing for swing in first[:-1] if swing["joint"] != second[-1]["joint"]]
    return swings


def film(skeleton: Skeleton, config: FilmedConfig | None = None) -> Clips:
    """Labelled clips on ``skeleton``, sorted by class, subject, performance and view; each is made when it is read.

    ``numbers`` has ``subject`` and ``view``, from 1, and the splits ``split_xsub`` and ``split_xview``; ``split`` is
    the latter.
    """
    config = config or FilmedConfig()
    order, rest = hanging_order(skeleton), rest_directions(skeleton.joints, config.seed)
    motions = _paired_swings(config, skeleton.joints)
    subjects = [_Subject(rest, np.random.default_rng((config.seed, 3, number))) for number in range(config.subjects)]
    cameras = [_Camera(number, config, np.random.default_rng((config.seed, 4, number)))
               for number in range(config.views)]
    shape = config.classes, config.subjects, config.clips, config.views
    label, subject, _, view = (axis.ravel() for axis in np.indices(shape))
    performances = len(label) // config.views

    def start(performance: int) -> tuple[np.random.Generator, int]:
        rng = np.random.default_rng((config.seed, 5, performance))
        return rng, int(rng.integers(config.shortest, config.longest + 1))

    @lru_cache(maxsize=1)
    def filmed(performance: int) -> np.ndarray:
        """All views of a performance, float32 (view, M, T, V, 3)."""
        rng, frames = start(performance)
        kind, who = (int(values[performance * config.views]) for values in (label, subject))
        views = []
        for person in range(config.persons):
            if person:
                rng = np.random.default_rng((config.seed, 6, performance, person))
            place = rng.normal(0, 0.3, 3) * (1, 0, 1) + (APART * (-1) ** person * ((person + 1) // 2), 0, 0)
            body = subjects[(who + person) % config.subjects]
            places = body.perform(skeleton, order, motions[kind], frames, rng) + place
            seen = [camera.film(places, rng) for camera in cameras]
            views.append([_pictured(view, rng) for view in seen] if config.picture else seen)
        return np.array(views, np.float32).swapaxes(0, 1)

    length = np.repeat([start(performance)[1] for performance in range(performances)], config.views).astype(np.int64)
    splits = {f"{SPLIT}xsub": subject % 2, f"{SPLIT}xview": (view == config.views - 1).astype(np.int64)}
    data = Computed((len(label), 3, config.longest, skeleton.joints, config.persons),
                    lambda index: filmed(index // config.views)[index % config.views])
    return Clips(data=data, length=length, label=label, classes=config.classes, scored=config.picture,
                 split=splits[f"{SPLIT}xview"].astype(np.uint8),
                 class_names=tuple(f"motion {k}" for k in range(config.classes)),
                 numbers={"subject": subject + 1, "view": view + 1, **splits})
