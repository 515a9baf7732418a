"""The clips of one file, for use and not for training: labels may be missing, joints are brought to a design's."""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .data import Clips, load_npz
from .readers import Source, read_clips
from .readers.ntu import FRAMES, read_skeleton
from .readers.ntu_preparation import choose_bodies, prepare_ntu
from .skeleton import NTU25_MAPS

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
    class_name : str or None
        Its name, ``None`` where the file has none.
    test : bool
        Held out from training, as far as the file holds that.
    """

    name: str
    clip: np.ndarray
    label: int | None = None
    class_name: str | None = None
    test: bool = True


def map_joints(clip: np.ndarray, joints: int, skeleton: str | None, what: str = "design") -> np.ndarray:
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
    raise ValueError(f"clips must have the {joints} joints of the {what}{f' ({skeleton})' if skeleton else ''} or "
                     f"joints that can be mapped to them, not {recorded}")


def read_clip_file(path, *, joints: int, skeleton: str | None = None, what: str = "design") -> list[FileClip]:
    """Clips of an ``.npz`` (``data`` (N, C, T, V, M), and ``length``, ``label``, ``split`` where present), an ``.npy``
    ((T, V, C), (M, T, V, C) or (N, C, T, V, M)), a ``.skeleton`` file, or anything else that training reads.

    ``joints``, ``skeleton`` : of the design, or of what messages call ``what``. A ``.skeleton`` file is turned upright
    and replayed up to 300 frames if the design is for ``ntu25``, as for training; else it stays as it was recorded.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} not found")
    if path.suffix == ".skeleton":
        bodies = read_skeleton(path)
        if not bodies.any():
            raise ValueError(f"{path}: this recording holds no body")
        clip = prepare_ntu(bodies, FRAMES) if skeleton == "ntu25" else choose_bodies(bodies)
        clips = [FileClip(name=path.name, clip=clip)]
    elif path.suffix == ".npy":
        clips = _of_array(path)
    elif path.suffix == ".npz":
        clips = _of_clips(path, load_npz(path)) if "label" in _names(path) else _unlabelled(path)
    else:
        clips = _of_clips(path, read_clips(Source(path=str(path))))
    try:
        return [replace(c, clip=map_joints(c.clip, joints, skeleton, what)) for c in clips]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _names(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            return file.files
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise ValueError(f"{path} is not an npz file, or is damaged: {error}") from error


def _of_clips(path, clips: Clips) -> list[FileClip]:
    return [FileClip(name=f"{path.name}[{n}]", clip=clips.clip(n), label=int(clips.label[n]),
                     class_name=clips.class_names[clips.label[n]] if clips.class_names else None,
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
