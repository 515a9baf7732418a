"""A clip of a page: where the joints are in every frame, and what a network says of it."""

from dataclasses import dataclass

import numpy as np

from ..design.skeleton import BUILT_IN, Skeleton
from ..design.skeleton_maps import source_skeleton

__all__ = ["Answer", "BlockWork", "PageClip", "known_skeleton"]

STEPS = 4000
"""Steps from the lowest to the highest coordinate of a clip in a page: finer than the dots of a screen."""


def known_skeleton(joints: int, name: str | None = None) -> Skeleton | None:
    """Built-in skeleton ``name``, or the one that recordings with so many joints have; ``None``: no bones are known."""
    if name in BUILT_IN and BUILT_IN[name].joints == joints:
        return BUILT_IN[name]
    return source_skeleton(joints, "")


@dataclass(frozen=True, kw_only=True)
class BlockWork:
    """What one clip makes of one block.

    Parameters
    ----------
    x, z, h : float, 0..1
        Shares of non-zeros in X and H as they are stored, and in Z of the channels that take part in the graph product.
    busy : int or None
        Cycles at work; ``None`` where nothing was simulated.
    """

    x: float
    z: float
    h: float
    busy: int | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a network says of a clip.

    Parameters
    ----------
    scores : tuple of (str, float, int)
        Class, its probability and its score in steps of the design's ``logit_scale``, the best first; at least one.
    truth : str or None
        Class that was recorded; ``None`` where unknown.
    source : str
        What is said in the place of an unknown class.
    timing : str
        Cycles and what they mean.
    check : str
        What the scores were compared with.
    equal : bool or None
        Outcome of that; ``None`` where nothing was compared.
    blocks : tuple of BlockWork
    """

    scores: tuple[tuple[str, float, int], ...]
    truth: str | None = None
    source: str = "class unknown"
    timing: str = ""
    check: str = ""
    equal: bool | None = None
    blocks: tuple[BlockWork, ...] = ()

    @property
    def label(self) -> str:
        """The best class."""
        return self.scores[0][0]

    def as_dict(self) -> dict:
        """Plain data for a page."""
        return {"label": self.label, "scores": [list(score) for score in self.scores], "truth": self.truth,
                "source": self.source, "timing": self.timing, "check": self.check, "equal": self.equal,
                "blocks": [vars(block) for block in self.blocks]}


@dataclass(frozen=True, kw_only=True, eq=False)
class PageClip:
    """One clip.

    Parameters
    ----------
    name : str
        What the chooser shows.
    places : np.ndarray float (M, T, V, C)
        Coordinates, C 2 (of a picture, y downwards) or 3 (y upwards), finite. A person all of whose joints are zero in
        a frame is not there.
    filled : np.ndarray bool (M, T, V) or None
        Joints that the recording lacks, and whose place is a guess.
    skeleton : Skeleton or None
        Bones and sides; ``None``: joints alone.
    rate : float
        Frames a second, more than 0.
    notes : tuple of str
        What else is to be said.
    answer : Answer or None
        What a network says of it.
    """

    name: str
    places: np.ndarray
    filled: np.ndarray | None = None
    skeleton: Skeleton | None = None
    rate: float = 30.0
    notes: tuple[str, ...] = ()
    answer: Answer | None = None

    def __post_init__(self):
        shape = self.places.shape
        if len(shape) != 4 or not self.places.size or shape[3] not in (2, 3):
            raise ValueError(f"places must be (person, frame, joint, channel) with 2 or 3 channels, not {shape}")
        if not np.isfinite(self.places).all():
            raise ValueError(f"places must be finite numbers, not as in {self.name}, which has NaN or infinite ones")
        if self.filled is not None and self.filled.shape != shape[:3]:
            raise ValueError(f"filled must be of the shape {shape[:3]} of places, not {self.filled.shape}")
        if self.skeleton is not None and self.skeleton.joints != shape[2]:
            raise ValueError(f"skeleton must have the {shape[2]} joints of places, not {self.skeleton.joints}")
        if not 0 < self.rate < float("inf"):
            raise ValueError(f"rate must be a positive number, not {self.rate!r}")

    @property
    def absent(self) -> np.ndarray:
        """Whether a person is not there; bool (M, T)."""
        return ~np.any(self.places, axis=(2, 3))

    @property
    def sides(self) -> str:
        """A letter for each joint: ``l`` left, ``r`` right, ``m`` middle."""
        sides = ["m"] * self.places.shape[2]
        for left, right in self.skeleton.pairs if self.skeleton else ():
            sides[left], sides[right] = "l", "r"
        return "".join(sides)

    def as_dict(self) -> dict:
        """Plain data for a page; coordinates are whole numbers, in steps of ``step``."""
        persons, frames, joints, channels = self.places.shape
        there = self.places[~self.absent]
        extent = float(there.max() - there.min()) if there.size else 0.0
        step = float(f"{(extent or 1.0) / STEPS:.3g}")
        # From the middle of the first body: far from the origin the numbers would be long.
        origin = there[0].mean(axis=0) if there.size else 0.0
        whole = np.rint((self.places - origin) / step).astype(np.int64)
        people = [{"places": whole[person].ravel().tolist(),
                   "absent": np.flatnonzero(self.absent[person]).tolist(),
                   "filled": [] if self.filled is None else np.flatnonzero(self.filled[person]).tolist()}
                  for person in range(persons)]
        return {"name": self.name, "shape": {"persons": persons, "frames": frames, "joints": joints,
                                             "channels": channels},
                "step": step, "people": people, "bones": [list(bone) for bone in self.skeleton.bones]
                if self.skeleton else [], "sides": self.sides, "up": channels == 3, "rate": self.rate,
                "notes": list(self.notes), "answer": None if self.answer is None else self.answer.as_dict()}
