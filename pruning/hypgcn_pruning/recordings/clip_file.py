"""The clips of one file, for use and not for training: labels may be missing, joints are filled and brought to a
design's."""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hypgcn.design.missing import find_origins

from .data import Clips, load_npz
from .missing import Tally, complete_all, recorded_parents
from .readers import Source, read_clips
from .readers.ntu import FRAMES, complete_bodies, read_skeleton
from .readers.ntu_preparation import prepare_ntu
from .skeleton import BUILT_IN, NTU25_MAPS

__all__ = ["KINECT20_FROM_NTU25", "FileClip", "map_joints", "read_clip_file"]

KINECT20_FROM_NTU25 = (0, 1, 20, *range(3, 20))
"""For each Kinect v1 joint that of Kinect v2: its shoulder centre is the upper end of the spine."""


@dataclass(frozen=True, kw_only=True)
class FileClip:
    """One clip of a file.

    Parameters
    ----------
    name : str
        Of file and clip.
    clip : np.ndarray float (M, T, V, C)
        Without padding.
    label : int or None
        Class, ``None`` where unknown.
    test : bool
        Held out from training, as far as the file holds that.
    """

    name: str
    clip: np.ndarray
    label: int | None = None
    test: bool = True


def map_joints(clip: np.ndarray, joints: int, skeleton: str | None) -> np.ndarray:
    """``clip`` (M, T, V, C) on the ``joints`` joints of ``skeleton``, as far as a map is known; :exc:`ValueError`
    names both numbers where there is none."""
    recorded = clip.shape[2]
    if recorded == joints:
        return clip
    if skeleton == "ntu25" and recorded in NTU25_MAPS:
        return np.stack([sum(clip[:, :, source] * weight for source, weight in parts)
                         for parts in NTU25_MAPS[recorded]], axis=2)
    if skeleton == "kinect20" and recorded == 25:
        return clip[:, :, list(KINECT20_FROM_NTU25)]
    raise ValueError(f"clips must have the {joints} joints of the design{f' ({skeleton})' if skeleton else ''} or "
                     f"joints that can be mapped to them, not {recorded}")


def read_clip_file(path, *, joints: int, skeleton: str | None = None) -> list[FileClip]:
    """Clips of an ``.npz`` (``data`` (N, C, T, V, M), and ``length``, ``label``, ``split`` where present), an ``.npy``
    ((T, V, C), (M, T, V, C) or (N, C, T, V, M)), a ``.skeleton`` file, or anything else that training reads.

    Missing joints are filled as for training (``missing.py``); a joint that is zero in all clips of the file is taken
    for missing unless zero is a place within the body.

    ``joints``, ``skeleton`` : of the design. A ``.skeleton`` file is turned upright and replayed up to 300 frames if
    the design is for ``ntu25``, as for training; else it stays as it was recorded.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} not found")
    if path.suffix == ".skeleton":
        bodies = read_skeleton(path)
        if not bodies.any():
            raise ValueError(f"{path}: this recording holds no body")
        tally = Tally()
        bodies = complete_bodies(bodies, path.name, tally)
        tally.say(path)
        clips = [FileClip(name=path.name, clip=prepare_ntu(bodies, FRAMES) if skeleton == "ntu25" else bodies)]
    elif path.suffix == ".npy":
        clips = _completed(path, _of_array(path), skeleton)
    elif path.suffix == ".npz" and "label" not in _names(path):
        clips = _completed(path, _unlabelled(path), skeleton)
    else:
        read = load_npz(path) if path.suffix == ".npz" else read_clips(Source(path=str(path)))
        clips = _completed(path, _of_clips(path, read), skeleton, read.scored)
    try:
        return [FileClip(name=c.name, clip=map_joints(c.clip, joints, skeleton), label=c.label, test=c.test)
                for c in clips]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _names(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            return file.files
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise ValueError(f"{path} is not an npz file, or is damaged: {error}") from error


def _completed(path, clips: list[FileClip], skeleton: str | None, scored: bool = False) -> list[FileClip]:
    arrays = [clip.clip if clip.clip.dtype.kind == "f" else clip.clip.astype(np.float64) for clip in clips]
    if any(array.ndim != 4 or not array.size or not np.isfinite(array).all() for array in arrays):
        return clips  # what prepares clips refuses these and names the place
    done = complete_all(arrays, (clip.name for clip in clips), path, scored=scored,
                        parents=recorded_parents(arrays[0].shape[2], BUILT_IN.get(skeleton or "")),
                        origins=None if scored else find_origins(arrays))
    return [replace(clip, clip=one.clip) for clip, one in zip(clips, done, strict=True)]


def _of_clips(path, clips: Clips) -> list[FileClip]:
    return [FileClip(name=f"{path.name}[{n}]", clip=clips.clip(n), label=int(clips.label[n]),
                     test=bool(clips.split[n]) or not clips.split.any()) for n in range(len(clips))]


def _unlabelled(path) -> list[FileClip]:
    with np.load(path, allow_pickle=False) as file:
        if "data" not in file.files:
            raise ValueError(f"{path} must hold data, but has {', '.join(file.files) or 'nothing'}")
        data = file["data"]
        lengths = file["length"] if "length" in file.files else None
    if data.ndim != 5:
        raise ValueError(f"{path}: data must have the five dimensions (clip, channel, frame, joint, person), not "
                         f"{data.ndim}")
    if lengths is not None and (lengths.shape != data.shape[:1] or lengths.min() < 1 or lengths.max() > data.shape[2]):
        raise ValueError(f"{path}: length must be in 1..{data.shape[2]} for each of the {len(data)} clips")
    return [FileClip(name=f"{path.name}[{n}]",
                     clip=clip[:, :None if lengths is None else int(lengths[n])].transpose(3, 1, 2, 0))
            for n, clip in enumerate(data)]


def _of_array(path) -> list[FileClip]:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path} is not an npy file, or is damaged: {error}") from error
    if array.ndim == 5:
        return [FileClip(name=f"{path.name}[{n}]", clip=clip.transpose(3, 1, 2, 0)) for n, clip in enumerate(array)]
    if array.ndim not in (3, 4):
        raise ValueError(f"{path} must be of (frame, joint, channel), (person, frame, joint, channel) or (clip, "
                         f"channel, frame, joint, person), not of {array.ndim} dimensions")
    return [FileClip(name=path.name, clip=array if array.ndim == 4 else array[None])]
