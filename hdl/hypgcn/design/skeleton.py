"""Skeleton graphs: joints, bones and the three adjacency subsets of the spatial partition."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["Skeleton", "BUILT_IN", "MAX_JOINTS", "load_skeleton"]

MAX_JOINTS = 64
"""As many as a network can have."""


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
        if not 1 <= self.joints <= MAX_JOINTS:
            raise ValueError(f"joints must be in 1..{MAX_JOINTS}, not {self.joints!r}")
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
        """For every joint the first neighbour that its bones name as nearer to the centre, or itself."""
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
    Skeleton(name="body25", joints=25, centre=1,
             pairs=(*_sides((5, 2, 3), (12, 9, 3), (19, 22, 3)), (16, 15), (18, 17)),
             bones=_chains((1, 0, 15, 17), (0, 16, 18), (1, 2, 3, 4), (1, 5, 6, 7), (1, 8, 9, 10, 11, 22, 23),
                           (8, 12, 13, 14, 19, 20), (11, 24), (14, 21))),
    Skeleton(name="mediapipe33", joints=33, centre=0,
             pairs=(*_sides((1, 4, 3)), *((left, left + 1) for left in range(7, 33, 2))),
             bones=_chains((0, 1, 2, 3, 7), (0, 4, 5, 6, 8), (0, 9), (0, 10), (0, 11, 13, 15, 17), (15, 19), (15, 21),
                           (0, 12, 14, 16, 18), (16, 20), (16, 22), (11, 23, 25, 27, 29), (27, 31),
                           (12, 24, 26, 28, 30), (28, 32))),
    Skeleton(name="h36m17", joints=17, centre=0, pairs=_sides((4, 1, 3), (11, 14, 3)),
             bones=_chains((0, 1, 2, 3), (0, 4, 5, 6), (0, 7, 8, 9, 10), (8, 11, 12, 13), (8, 14, 15, 16))),
    Skeleton(name="hand21", joints=21, centre=0, bones=_chains(*((0, *range(first, first + 4))
                                                                for first in range(1, 21, 4)))),
    Skeleton(name="utdmhad20", joints=20, centre=2, pairs=_sides((4, 8, 4), (12, 16, 4)), bones=_chains(
        (2, 1, 0), (1, 4, 5, 6, 7), (1, 8, 9, 10, 11), (2, 3, 12, 13, 14, 15), (3, 16, 17, 18, 19))),
    Skeleton(name="msraction20", joints=20, centre=3, pairs=((1, 0), (8, 7), (10, 9), (12, 11), (5, 4), (14, 13),
                                                             (16, 15), (18, 17)),
             bones=_chains((3, 2, 19), (2, 0, 7, 9, 11), (2, 1, 8, 10, 12), (3, 6, 4, 13, 15, 17),
                           (6, 5, 14, 16, 18))),
)}
"""NTU RGB+D and Kinect v2; Kinect v1 (NW-UCLA); COCO key points; OpenPose's 18 points and its BODY_25; MediaPipe's pose
landmarks; Human3.6M; the hand of OpenPose and MediaPipe; Kinect v1 in the order of UTD-MHAD and of MSR-Action3D (whose
sides nobody has written down: joint 1 is taken as left, 0 as right). Of several with as many joints the first is taken
where nothing else is known."""


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
