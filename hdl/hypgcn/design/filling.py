"""Missing joints filled in a whole clip: in time where a joint is seen at all, else from the skeleton."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .missing import Origins, find_origins, missing_joints
from .outliers import outlying_joints

__all__ = ["PATIENCE", "Completed", "complete_clip", "fill_joints", "stand_ins"]

PATIENCE = 30
"""Frames for which a person may be unseen and is taken to be there, in recordings as in a stream: a second at 30 a
second."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Completed:
    """A clip without missing joints, and what was done to it.

    Parameters
    ----------
    clip : np.ndarray (M, T, V, C)
        In the type of the recording; where nothing was done, the recorded values to the last bit.
    filled : int
        Joints times frames that were missing and were filled, outliers left out.
    trimmed : int
        Frames cut off at both ends, in which nobody is there.
    outliers : int
        Joints times frames that were outlying and were filled.
    never : int
        Joints of persons who are there that are missing in the whole clip; ``filled`` has them, too.
    cleared : int
        Persons times frames without any score that had coordinates, and are zero now.
    empty : bool
        Nobody is there in any frame; the clip is as it was recorded.
    """

    clip: np.ndarray
    filled: int = 0
    trimmed: int = 0
    outliers: int = 0
    never: int = 0
    cleared: int = 0
    empty: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return bool(self.filled or self.trimmed or self.outliers or self.cleared)


def stand_ins(known: np.ndarray, parents: Sequence[int]) -> list[int]:
    """For each joint the one that stands for it: itself where it is known, else the nearest known one along the bones.

    Parameters
    ----------
    known : np.ndarray bool (V,)
        At least one joint.
    parents : sequence of int
        The neighbour of each joint that is nearer to the centre, itself where there is none; empty without a skeleton.

    Returns
    -------
    list of int
        -1 where there is no skeleton, or no bone leads to a known joint. Of equally near joints the one nearer to the
        centre, then the lowest.
    """
    found = [joint if is_known else -1 for joint, is_known in enumerate(known.tolist())]
    for _ in parents:  # each round goes one bone further
        if min(found) >= 0:
            break
        before = list(found)
        for joint, parent in enumerate(parents):
            if before[joint] < 0:
                children = [child for child, its in enumerate(parents) if its == joint != child]
                found[joint] = next((before[near] for near in (parent, *children) if before[near] >= 0), -1)
    return found


def fill_joints(body: np.ndarray, missing: np.ndarray, parents: Sequence[int] = (), channels: int | None = None):
    """Fill the missing joints of one person, in place.

    A joint is interpolated linearly in time between the nearest frames in which it is there; before the first of these
    and behind the last it stays where it is in that one. A joint that is never there takes the place of the nearest one
    of the skeleton that is (:func:`stand_ins`), or, without a skeleton, the mean of all others in its frame.

    Parameters
    ----------
    body : np.ndarray (T, V, C)
        Frames in which the person is, or is to be, there.
    missing : np.ndarray bool (T, V)
        Not all.
    parents : sequence of int
        Of the skeleton, or empty.
    channels : int or None
        Number of channels that are filled, from the first; ``None`` for all.

    Returns
    -------
    int
        Joints that are never there.
    """
    times, known = np.arange(len(body)), ~missing
    ever = np.any(known, axis=0)
    count = body.shape[2] if channels is None else channels
    for joint in np.flatnonzero(ever & missing.any(axis=0)):
        there, gaps = np.flatnonzero(known[:, joint]), missing[:, joint]
        for channel in range(count):
            body[gaps, joint, channel] = np.interp(times[gaps], there, body[there, joint, channel])
    if ever.all():
        return 0
    nearest = stand_ins(ever, parents)
    middle = body[:, ever, :count].mean(axis=1)
    for joint in np.flatnonzero(~ever):
        body[:, joint, :count] = middle if nearest[joint] < 0 else body[:, nearest[joint], :count]
    return int((~ever).sum())


def _inside(there: np.ndarray) -> np.ndarray:
    """In which frames each person is, or is to be, there; bool (M, T).

    ``there`` has those in which it is seen, with somebody in the first and the last frame. It is to be there from
    the first to the last of these, but for gaps of more than :data:`PATIENCE` frames. One who is seen in less than half
    as many frames as somebody else is a false detection, as in :func:`~.persons.person_places`, and not prolonged.
    Frames in which still nobody is there, up to as many, keep the persons of the frame before.
    """
    seen = there.sum(axis=1)
    inside = there.copy()
    for person in np.flatnonzero(2 * seen >= seen.max()):
        for first, end in _short_gaps(there[person]):
            inside[person, first:end] = True
    for first, end in _short_gaps(np.any(inside, axis=0)):
        inside[:, first:end] = inside[:, first - 1:first]
    return inside


def _short_gaps(there: np.ndarray) -> list[tuple[int, int]]:
    """First frame and end of the gaps of at most :data:`PATIENCE` frames between frames of ``there``, bool (T,)."""
    frames = np.flatnonzero(there)
    return [(int(before) + 1, int(after)) for before, after in zip(frames, frames[1:])
            if 1 < after - before <= PATIENCE + 1]


def complete_clip(clip: np.ndarray, *, scored: bool = False, parents: Sequence[int] = (),
                  origins: Origins | None = None) -> Completed:
    """A recorded clip without missing and outlying joints; before anything else is done to it, centring above all.

    * Frames at both ends in which nobody is there are cut off.
    * A person is there from the first to the last frame in which it is seen, but for gaps of more than
      :data:`PATIENCE` frames; there, before and behind, and throughout if it is never seen, it is absent and stays
      zero.
    * Outlying joints (:func:`~.outliers.outlying_joints`) count as missing.
    * Missing joints (:func:`~.missing.missing_joints`) are filled (:func:`fill_joints`), those of frames without the
      whole body like single ones.

    Filled joints keep the score 0: their place is a guess, and a network may know that.

    Parameters
    ----------
    clip : np.ndarray float (M, T, V, C)
        As it was recorded; finite. It is not changed.
    scored : bool
        The last channel is a confidence.
    parents : sequence of int
        Of the recording's skeleton: for each joint the neighbour that is nearer to the centre; empty where unknown.
    origins : Origins or None
        Of all recordings (:func:`~.missing.find_origins`); ``None``: those of this clip.

    Returns
    -------
    Completed

    Raises
    ------
    ValueError
        ``clip`` has other dimensions, or ``parents`` other joints.
    """
    if clip.ndim != 4:
        raise ValueError(f"clip must have the four dimensions (person, frame, joint, channel), not {clip.ndim}")
    if len(parents) not in (0, clip.shape[2]):
        raise ValueError(f"parents must have one entry for each of the {clip.shape[2]} joints, not {len(parents)}")
    there = ~np.all(missing_joints(clip, scored=scored), axis=2)
    frames = np.flatnonzero(there.any(axis=0))
    if not frames.size:
        return Completed(clip=clip, empty=True)
    if not scored and origins is None:
        origins = find_origins([clip])
    part = slice(int(frames[0]), int(frames[-1]) + 1)
    trimmed = clip.shape[1] - (part.stop - part.start)
    clip = clip[:, part]
    missing, inside = missing_joints(clip, scored=scored, origins=origins), _inside(there[:, part])
    out, channels = clip.copy(), clip.shape[3] - scored
    filled = outliers = never = 0
    for person in np.flatnonzero(inside.any(axis=1)):
        frames = np.flatnonzero(inside[person])
        body, gaps = clip[person, frames], missing[person, frames]
        whole = body.copy()
        absent = fill_joints(whole, gaps, parents, channels)
        outlying = outlying_joints(whole[..., :channels], gaps)
        if outlying.any():
            whole = body.copy()
            absent = fill_joints(whole, gaps | outlying, parents, channels)
        if scored:
            whole[..., -1] = np.where(gaps | outlying, 0, whole[..., -1])
        out[person, frames] = whole
        filled, outliers, never = filled + int(gaps.sum()), outliers + int(outlying.sum()), never + absent
    stray = ~inside & np.any(out, axis=(2, 3))  # places that nobody vouches for
    out[stray] = 0
    return Completed(clip=out, filled=filled, trimmed=trimmed, outliers=outliers, never=never,
                     cleared=int(stray.sum()))
