"""Persons of a video in places of their own: detections of each frame, in any order, become tracks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

__all__ = ["GAP", "tracks"]

GAP = 30
"""Frames that a person may be missing before somebody at the same place is another one."""

_REACH = 1.0
"""A person moves at most so many of its own sizes away from where it is expected."""

_UNIT = 1000
"""Costs of the assignment are integers: so many to one size of a person."""


@dataclass
class _Track:
    """One person so far: its last pose and frame, and the mean shift of its joints in the last frame of its motion."""

    place: int
    pose: np.ndarray
    seen: int
    shift: np.ndarray
    frames: dict[int, np.ndarray] = field(default_factory=dict)

    def distance(self, pose: np.ndarray, frame: int) -> float:
        """Mean distance of joints that both have, in sizes of this person, from where it is expected at ``frame``."""
        both = self.pose.any(axis=1) & pose.any(axis=1)
        if not both.any():
            return np.inf
        there = self.pose[self.pose.any(axis=1)]
        size = float(np.linalg.norm(np.ptp(there, axis=0))) or 1.0
        expected = self.pose[both] + self.shift * (frame - self.seen)
        return float(np.linalg.norm(pose[both] - expected, axis=1).mean()) / size

    def add(self, frame: int, person: np.ndarray, pose: np.ndarray):
        both = self.pose.any(axis=1) & pose.any(axis=1)
        if both.any() and frame > self.seen:
            self.shift = (pose[both] - self.pose[both]).mean(axis=0) / (frame - self.seen)
        self.pose, self.seen = pose, frame
        self.frames[frame] = person


def _pairs(live: Sequence[_Track], poses: Sequence[np.ndarray], frame: int) -> dict[int, int]:
    """For each pose that goes on a track its index: the pairs whose distances have the smallest sum."""
    # Loaded here: it takes a moment, which the other formats need not wait.
    from ortools.graph.python import linear_sum_assignment

    limit = [_REACH * (1 + 0.1 * (frame - track.seen - 1)) for track in live]
    total = len(live) + len(poses)
    solver = linear_sum_assignment.SimpleLinearSumAssignment()
    near = set()
    for i, track in enumerate(live):
        for j, pose in enumerate(poses):
            distance = track.distance(pose, frame)
            if distance <= limit[i]:
                near.add((i, j))
                solver.add_arc_with_cost(i, j, round(_UNIT * distance))
        solver.add_arc_with_cost(i, len(poses) + i, 10 * _UNIT)  # the track is not seen in this frame
    for j in range(len(poses)):
        solver.add_arc_with_cost(len(live) + j, j, 10 * _UNIT)  # the pose begins a track
        for i in range(len(live)):
            solver.add_arc_with_cost(len(live) + j, len(poses) + i, 0)
    if not total or solver.solve() != solver.OPTIMAL:
        return {}
    return {solver.right_mate(i): i for i in range(len(live)) if (i, solver.right_mate(i)) in near}


def tracks(frames: Sequence[Sequence[np.ndarray]], coordinates: int, identities: Sequence[Sequence[int]] | None = None,
           ) -> list[np.ndarray]:
    """One array (T, V, C) for each person, zero where it is not seen; who is seen longest comes first.

    Each pose goes to the person who is expected nearest to it, by its last place and speed; persons may be missing for
    :data:`GAP` frames. Poses without any joint are left out.

    Parameters
    ----------
    frames : sequence of sequences of np.ndarray (V, C)
        The persons of every frame, in any order; joints at exactly zero are not there.
    coordinates : int
        How many of the C channels are coordinates.
    identities : sequence of sequences of int or None
        For every person the number that a tracker gave it, which counts then.
    """
    found: list[_Track] = []
    by_identity: dict[int, _Track] = {}
    for frame, persons in enumerate(frames):
        kept = [i for i, person in enumerate(persons) if person[:, :coordinates].any()]
        poses = [persons[i][:, :coordinates] for i in kept]
        live = [track for track in found if frame - track.seen <= GAP]
        pairs = {} if identities is not None else _pairs(live, poses, frame)
        for index, (i, pose) in enumerate(zip(kept, poses)):
            track = live[pairs[index]] if index in pairs else None
            if identities is not None:
                track = by_identity.get(identities[frame][i])
            if track is None or track.seen == frame:
                track = _Track(len(found), pose, frame, np.zeros(coordinates))
                found.append(track)
                if identities is not None:
                    by_identity[identities[frame][i]] = track
            track.add(frame, persons[i], pose)
    clips = []
    for track in sorted(found, key=lambda track: (-len(track.frames), track.place)):
        clip = np.zeros((len(frames), *track.pose.shape[:1], next(iter(track.frames.values())).shape[1]))
        for frame, person in track.frames.items():
            clip[frame] = person
        clips.append(clip)
    return clips
