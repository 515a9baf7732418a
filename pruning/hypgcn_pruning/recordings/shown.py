"""Recordings as a page shows them: as they were recorded, with the joints that they lack marked."""

from pathlib import Path

import numpy as np

from hypgcn.design.missing import find_origins, missing_joints
from hypgcn.design.skeleton import Skeleton
from hypgcn.design.skeleton_maps import source_skeleton
from hypgcn.pages import PageClip

from .clip_file import FileClip, recorded_clips
from .joint_order import joint_order
from .missing import complete_all, recorded_parents

__all__ = ["UPWARDS", "shown_clips"]

UPWARDS = ("x", "-x", "y", "-y", "z", "-z")
"""Axes of three coordinates that may be the vertical."""
_SAMPLE = 64
_HEAD_AND_FEET = {"ntu25": (3, (14, 18)), "kinect20": (3, (14, 18)), "utdmhad20": (0, (14, 18)),
                  "mediapipe33": (0, (27, 28)), "h36m17": (10, (3, 6)), "msraction20": (19, (15, 16))}
"""Head and ankles of the skeletons that recordings of three coordinates have."""


def shown_clips(path: Path, *, numbers: tuple[int, ...] = (), first: int = 20, skeleton: Skeleton | None = None,
                up: str | None = None, rate: float = 30.0) -> tuple[list[PageClip], int]:
    """Clips of a recording for a page.

    Missing and outlying joints are where :func:`~hypgcn.design.filling.complete_clip` puts them, and marked.

    Parameters
    ----------
    path : Path
        Any recording that :func:`~.clip_file.read_clip_file` reads.
    numbers : tuple of int
        Clips to show, from 0; empty for the first ones.
    first : int
        How many then.
    skeleton : Skeleton or None
        Of the recording; ``None``: as the file says or its bones show.
    up : str or None
        One of :data:`UPWARDS`; ``None``: along which the head is farthest above the ankles, or y where the skeleton
        is not one whose head and ankles are known.
    rate : float
        Frames a second.

    Returns
    -------
    clips : list of PageClip
    total : int
        Clips of the file.

    Raises
    ------
    ValueError
        The file, ``numbers`` or ``skeleton`` do not fit one another.
    """
    recorded = recorded_clips(path)
    if wrong := [number for number in numbers if not 0 <= number < len(recorded)]:
        raise ValueError(f"--clips must be in 0..{len(recorded) - 1} for {path}, not {wrong[0]}")
    joints = recorded[0].clip.shape[2] if recorded[0].clip.ndim == 4 else 0
    if skeleton is not None and skeleton.joints != joints:
        raise ValueError(f"--skeleton must have the {joints} joints of {path}, not {skeleton.joints} ({skeleton.name})")
    bones = skeleton or _skeleton(recorded, joints, path)
    chosen = [recorded[number] for number in numbers or range(min(first, len(recorded)))]
    for clip in chosen:
        _check(clip, path)
    scored = chosen[0].scored
    arrays = [clip.clip.astype(np.float64) for clip in chosen]
    origins = None if scored else find_origins([clip.clip for clip in recorded])
    whole = complete_all(arrays, (clip.name for clip in chosen), path, scored=scored,
                         parents=recorded_parents(joints, bones), origins=origins)
    places, filled = [], []
    for array, done in zip(arrays, whole, strict=True):
        there = ~np.all(missing_joints(array, scored=scored), axis=2)
        start = int(there.any(axis=0).argmax())
        before = array[:, start:start + done.clip.shape[1]]
        channels = array.shape[3] - scored
        guess = missing_joints(before, scored=scored, origins=origins)
        guess |= np.any(before[..., :channels] != done.clip[..., :channels], axis=3)
        places.append(done.clip[..., :channels])
        filled.append(guess & np.any(done.clip[..., :channels], axis=(2, 3))[..., None])
    axis = up or _upwards(places, bones)
    return [PageClip(name=_title(clip), places=_upright(place, axis), filled=guess, skeleton=bones, rate=rate,
                     notes=_notes(clip, place, guess, bones, axis))
            for clip, place, guess in zip(chosen, places, filled, strict=True)], len(recorded)


def _check(clip: FileClip, path: Path):
    shape = clip.clip.shape
    if clip.clip.dtype.kind not in "iuf" or len(shape) != 4 or not clip.clip.size or \
            shape[3] - clip.scored not in (2, 3):
        raise ValueError(f"{path}: a clip must be (person, frame, joint, channel) with 2 or 3 coordinates to be shown, "
                         f"not {shape} of {clip.clip.dtype} ({clip.name})")
    if not np.isfinite(clip.clip).all():
        raise ValueError(f"{path}: {clip.name} must hold finite numbers only, but has NaN or infinite coordinates")


def _skeleton(clips: list[FileClip], joints: int, path: Path) -> Skeleton | None:
    """Skeleton of the recording, by its own word or its bones; ``None`` where no built-in one fits."""
    order = clips[0].joint_order
    if not order:
        known = [clip.clip[..., :3 - clip.scored] for clip in clips[:_SAMPLE] if clip.clip.ndim == 4]
        if known and all(clip.dtype.kind in "iuf" and np.isfinite(clip).all() for clip in known):
            order = joint_order(known, joints, None, path)
    return source_skeleton(joints, order)


def _upwards(places: list[np.ndarray], skeleton: Skeleton | None) -> str:
    """Axis of :data:`UPWARDS` from ankles to head, over all ``places`` (M, T, V, C)."""
    if skeleton is None or skeleton.name not in _HEAD_AND_FEET or places[0].shape[3] == 2:
        return "y"
    head, feet = _HEAD_AND_FEET[skeleton.name]
    way = np.zeros(3)
    for place in places:
        way += (place[:, :, head] - place[:, :, list(feet)].mean(axis=2)).sum(axis=(0, 1))
    axis = int(np.abs(way).argmax())
    return "y" if not way.any() else ("" if way[axis] > 0 else "-") + "xyz"[axis]


def _upright(places: np.ndarray, axis: str) -> np.ndarray:
    """``places`` with ``axis`` as the second coordinate, turned about one of the others."""
    if places.shape[3] == 2 or axis == "y":
        return places
    x, y, z = np.moveaxis(places, 3, 0)
    return np.stack({"-y": (x, -y, -z), "z": (x, z, -y), "-z": (x, -z, y), "x": (-y, x, z), "-x": (y, -x, z)}[axis],
                    axis=3)


def _title(clip: FileClip) -> str:
    if clip.label is None:
        return clip.name
    return f"{clip.name}: {clip.class_name or f'class {clip.label}'}"


def _notes(clip: FileClip, places: np.ndarray, filled: np.ndarray, skeleton: Skeleton | None,
           axis: str) -> tuple[str, ...]:
    persons, frames, joints, channels = places.shape
    notes = [f"{frames} frames", f"{persons} {'person' if persons == 1 else 'persons'}",
             f"{joints} joints" + (f" ({skeleton.name})" if skeleton else ", no skeleton known: joints without bones"),
             f"{channels} coordinates"]
    if clip.label is not None:
        notes.append(f"recorded as: {clip.class_name or f'class {clip.label}'}")
    if not places.any():
        notes.append("nobody is there")
    if filled.any():
        notes.append(f"{int(filled.sum())} joints of single frames are missing or outlying; their places are guesses")
    if channels == 3 and axis != "y":
        notes.append(f"{axis} is taken for upwards")
    return tuple(notes)
