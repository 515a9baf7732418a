"""Skeleton graphs: joints, bones and the three adjacency subsets of the spatial partition."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["Skeleton", "BUILT_IN", "load_skeleton", "KINECT20_TO_NTU25", "COCO17_TO_NTU25",
           "OPENPOSE18_TO_NTU25", "NTU25_MAPS"]


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """A connected graph of joints.

    Parameters
    ----------
    name : str
        What people call it.
    joints : int
        1..64.
    bones : tuple of (int, int)
        Pairs (joint, neighbour that is nearer to the centre), every pair once.
    centre : int
        Joint that clips are centred on.
    pairs : tuple of (int, int)
        (left joint, right joint) that change places when a body is mirrored; empty where nobody said.
    """

    name: str
    joints: int
    bones: tuple[tuple[int, int], ...]
    centre: int = 0
    pairs: tuple[tuple[int, int], ...] = ()

    def __post_init__(self):
        if isinstance(self.joints, bool) or not isinstance(self.joints, int):
            raise TypeError(f"joints must be an integer, not {self.joints!r}")
        if not 1 <= self.joints <= 64:
            raise ValueError(f"joints must be in 1..64, not {self.joints!r}")
        if not 0 <= self.centre < self.joints:
            raise ValueError(f"centre must be in 0..{self.joints - 1}, not {self.centre!r}")
        seen = set()
        for bone in self.bones:
            if len(bone) != 2 or any(not isinstance(j, int) or not 0 <= j < self.joints for j in bone):
                raise ValueError(f"bones must be pairs of joints in 0..{self.joints - 1}, not {bone!r}")
            if bone[0] == bone[1] or frozenset(bone) in seen:
                raise ValueError(f"bones must join two different joints, each pair once, not {bone!r}")
            seen.add(frozenset(bone))
        paired = [joint for pair in self.pairs for joint in pair]
        if any(len(pair) != 2 for pair in self.pairs) or len(set(paired)) < len(paired) \
                or any(not isinstance(j, int) or not 0 <= j < self.joints for j in paired):
            raise ValueError(f"pairs must be pairs of joints in 0..{self.joints - 1}, each joint at most once, not "
                             f"{self.pairs!r}")
        loose = sorted(set(range(self.joints)) - self._reached())
        if loose:
            raise ValueError(f"bones must connect all {self.joints} joints, but no bone leads from joint {self.centre} "
                             f"to "
                             f"{', '.join(map(str, loose))}")

    def _reached(self) -> set[int]:
        reached, pending = {self.centre}, [self.centre]
        while pending:
            joint = pending.pop()
            for a, b in self.bones:
                for here, there in ((a, b), (b, a)):
                    if here == joint and there not in reached:
                        reached.add(there)
                        pending.append(there)
        return reached

    @property
    def parents(self) -> tuple[int, ...]:
        """For every joint the first neighbour that its bones name as nearer to the centre; itself where there is
        none."""
        parents = list(range(self.joints))
        for joint, parent in reversed(self.bones):
            parents[joint] = parent
        return tuple(parents)

    @property
    def mirrored(self) -> tuple[int, ...]:
        """For every joint the one that takes its place in the mirror image."""
        order = list(range(self.joints))
        for left, right in self.pairs:
            order[left], order[right] = right, left
        return tuple(order)

    def adjacency(self) -> np.ndarray:
        """Float32 (3, V, V), input joint then output joint: each joint itself, from the parent, from the children.

        The columns of the last two are divided by their number of neighbours, as in 2s-AGCN, so that features keep
        their size; a joint without such a neighbour has a zero column.
        """
        inward = np.zeros((self.joints, self.joints))
        for joint, parent in self.bones:
            inward[parent, joint] = 1
        subsets = [np.eye(self.joints)]
        for matrix in (inward, inward.T):
            subsets.append(matrix / np.maximum(matrix.sum(axis=0, keepdims=True), 1))
        return np.stack(subsets).astype(np.float32)

    def to_dict(self) -> dict:
        """Plain data that :meth:`from_dict` reads back."""
        return {"name": self.name, "joints": self.joints, "bones": [list(b) for b in self.bones], "centre": self.centre,
                "pairs": [list(pair) for pair in self.pairs]}

    @classmethod
    def from_dict(cls, entry: dict) -> "Skeleton":
        """Skeleton of :meth:`to_dict`'s data."""
        try:
            return cls(name=str(entry["name"]), joints=entry["joints"], centre=entry.get("centre", 0),
                       bones=tuple((int(a), int(b)) for a, b in entry["bones"]),
                       pairs=tuple((int(a), int(b)) for a, b in entry.get("pairs", ())))
        except (KeyError, TypeError) as error:
            raise ValueError(f"a skeleton needs name, joints and bones (pairs of joints), not {entry!r}") from error


def _chains(*chains) -> tuple[tuple[int, int], ...]:
    """Bones of chains of joints, each chain from the centre outwards."""
    return tuple((b, a) for chain in chains for a, b in zip(chain, chain[1:]))


def _sides(*starts: tuple[int, int, int]) -> tuple[tuple[int, int], ...]:
    """Pairs of ``count`` joints from ``left`` and ``right`` on, for each (left, right, count)."""
    return tuple((left + i, right + i) for left, right, count in starts for i in range(count))


BUILT_IN = {s.name: s for s in (
    Skeleton(name="ntu25", joints=25, centre=1, pairs=_sides((4, 8, 4), (12, 16, 4), (21, 23, 2)), bones=_chains(
        (20, 1, 0), (20, 2, 3), (20, 4, 5, 6, 7, 22, 21), (20, 8, 9, 10, 11, 24, 23), (0, 12, 13, 14, 15),
        (0, 16, 17, 18, 19))),
    Skeleton(name="kinect20", joints=20, centre=1, pairs=_sides((4, 8, 4), (12, 16, 4)), bones=_chains(
        (1, 0), (1, 2, 3), (2, 4, 5, 6, 7), (2, 8, 9, 10, 11), (0, 12, 13, 14, 15), (0, 16, 17, 18, 19))),
    Skeleton(name="coco17", joints=17, centre=0, pairs=tuple((left, left + 1) for left in range(1, 17, 2)),
             bones=_chains((0, 1, 3), (0, 2, 4), (0, 5, 7, 9), (0, 6, 8, 10), (5, 11, 13, 15), (6, 12, 14, 16))),
    Skeleton(name="openpose18", joints=18, centre=1, pairs=_sides((5, 2, 3), (11, 8, 3), (15, 14, 1), (17, 16, 1)),
             bones=_chains((1, 0, 14, 16), (0, 15, 17), (1, 2, 3, 4), (1, 5, 6, 7), (2, 8, 9, 10), (5, 11, 12, 13))),
)}
"""NTU RGB+D and Kinect v2; Kinect v1 (NW-UCLA); COCO key points; OpenPose's 18 points."""

KINECT20_TO_NTU25: tuple[tuple[tuple[int, float], ...], ...] = tuple(
    ((2, 2 / 3), (3, 1 / 3)) if joint == 2 else ((source, 1.0),)
    for joint, source in enumerate((0, 1, 2, 3, *range(4, 20), 2, 7, 7, 11, 11)))
"""For each NTU joint the Kinect v1 joints and weights that stand for it (the neck lies between shoulders and head)."""

COCO17_TO_NTU25: tuple[tuple[tuple[int, float], ...], ...] = (
    ((11, 1 / 2), (12, 1 / 2)), ((5, 1 / 4), (6, 1 / 4), (11, 1 / 4), (12, 1 / 4)),
    ((5, 1 / 3), (6, 1 / 3), (3, 1 / 6), (4, 1 / 6)), ((3, 1 / 2), (4, 1 / 2)),
    *(((source, 1.0),) for source in (5, 7, 9, 9, 6, 8, 10, 10, 11, 13, 15, 15, 12, 14, 16, 16)),
    ((5, 1 / 2), (6, 1 / 2)), *(((source, 1.0),) for source in (9, 9, 10, 10)))
"""The same for COCO, an approximation: spine base is between the hips, the upper end of the spine between the
shoulders, its middle between both; the head is between the ears, the neck a third of the way to it; hands, finger tips
and thumbs are at the wrists, feet at the ankles."""

OPENPOSE18_TO_NTU25: tuple[tuple[tuple[int, float], ...], ...] = (
    ((8, 1 / 2), (11, 1 / 2)), ((1, 1 / 2), (8, 1 / 4), (11, 1 / 4)), ((1, 2 / 3), (0, 1 / 3)), ((0, 1.0),),
    *(((source, 1.0),) for source in (5, 6, 7, 7, 2, 3, 4, 4, 11, 12, 13, 13, 8, 9, 10, 10, 1, 7, 7, 4, 4)))
"""The same for OpenPose, an approximation: spine base is between the hips, the upper end of the spine at the neck's
point, its middle between both; the head is the nose, which is seen more often than both ears, the neck a third of the
way to it; hands, finger tips and thumbs are at the wrists, feet at the ankles. Points that were not found are filled
before (``missing.py``)."""

NTU25_MAPS = {20: KINECT20_TO_NTU25, 17: COCO17_TO_NTU25, 18: OPENPOSE18_TO_NTU25}
"""By the number of joints that is mapped."""


def load_skeleton(name_or_path) -> Skeleton:
    """A built-in skeleton by name, or one from a file.

    The file is JSON (``{"name", "joints", "bones": [[joint, parent], ...], "centre"}``) or text: one bone a line as two
    joint numbers from 0, ``#`` starts a comment, and optional lines ``joints N`` and ``centre N``.
    """
    if str(name_or_path) in BUILT_IN:
        return BUILT_IN[str(name_or_path)]
    path = Path(name_or_path)
    if not path.is_file():
        raise FileNotFoundError(f"skeleton must be one of {', '.join(BUILT_IN)} or a file with bones, not "
                                f"{str(name_or_path)!r}")
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("{"):
        try:
            return Skeleton.from_dict({"name": path.stem, **json.loads(text)})
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} is not JSON: {error}") from error
    bones, given = [], {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        try:
            if len(words) == 2 and words[0] in ("joints", "centre"):
                given[words[0]] = int(words[1])
            elif words:
                a, b = map(int, words)
                bones.append((a, b))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: must be two joint numbers, not {line.strip()!r}") from error
    joints = given.get("joints", 1 + max((max(bone) for bone in bones), default=0))
    return Skeleton(name=path.stem, joints=joints, bones=tuple(bones), centre=given.get("centre", 0))
