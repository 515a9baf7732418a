"""The clips of one file, for use and not for training: labels may be missing, joints are filled and brought to a
design's.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hypgcn.design.missing import find_origins
from hypgcn.design.skeleton import BUILT_IN
from hypgcn.design.skeleton_maps import joint_map, mapped, source_skeleton

from .array_files import open_npy, open_npz
from .axes import in_order
from .clip_arrays import load_npz
from .data import Clips
from .joint_order import joint_order
from .missing import Tally, complete_all, recorded_parents
from .readers import Source, read_clips, recognise
from .readers.ntu import FRAMES, complete_bodies, read_skeleton
from .readers.ntu_preparation import prepare_ntu
from .readers.pose_files import KINDS, pose_clips

__all__ = ["FileClip", "map_joints", "read_clip_file", "recorded_clips"]


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
    joint_order : str
        Built-in skeleton whose joints these are, where the file says it; else empty.
    scored : bool
        The last channel is a confidence.
    """

    name: str
    clip: np.ndarray
    label: int | None = None
    class_name: str | None = None
    test: bool = True
    joint_order: str = ""
    scored: bool = False


def map_joints(clip: np.ndarray, joints: int, skeleton: str | None, order: str = "",
               what: str = "design") -> np.ndarray:
    """``clip`` (M, T, V, C) on the ``joints`` joints of ``skeleton``, as far as a map is known.

    ``order`` is the built-in skeleton whose joints ``clip`` has; empty, the number of joints says it. Raises
    :exc:`ValueError` with both numbers where there is no map; ``what`` is whose joints these are in the message.
    """
    recorded = clip.shape[2]
    if recorded == joints and (order in ("", skeleton) or skeleton not in BUILT_IN):
        return clip
    source = source_skeleton(recorded, order)
    if source is not None and skeleton in BUILT_IN:
        try:
            return mapped(clip, joint_map(source.name, skeleton))
        except ValueError:
            pass  # the text below names both numbers
    raise ValueError(f"clips must have the {joints} joints of the {what}{f' ({skeleton})' if skeleton else ''} or "
                     f"joints that can be mapped to them, not {recorded}{f' ({order})' if order else ''}")



def recorded_clips(path: Path) -> list[FileClip]:
    """Clips of a file as they were recorded: nothing filled, turned or mapped; see :func:`read_clip_file`."""
    if not path.exists():
        raise FileNotFoundError(f"{path} not found")
    if path.suffix == ".skeleton":
        bodies = read_skeleton(path)
        if not bodies.any():
            raise ValueError(f"{path}: this recording holds no body")
        return [FileClip(name=path.name, clip=bodies, joint_order="ntu25")]
    if path.suffix == ".npy":
        return _of_array(path)
    if path.suffix == ".npz":
        return _unlabelled(path) or _of_clips(path, load_npz(path))
    if (kind := recognise(path)) not in KINDS:
        return _of_clips(path, read_clips(Source(path=str(path))))
    clips = [FileClip(name=clip.name, clip=clip.data, joint_order=clip.joint_order)
             for clip in pose_clips(path, kind) if clip.data.any()]
    if not clips:
        raise ValueError(f"{path}: this recording holds no body")
    return clips


def read_clip_file(path, *, joints: int, skeleton: str | None = None, what: str = "design") -> list[FileClip]:
    """Clips of an ``.npz`` (``data`` (N, C, T, V, M), and ``length``, ``label``, ``split`` where present), an ``.npy``
    ((T, V, C), (M, T, V, C) or (N, C, T, V, M)), a ``.skeleton`` file, poses of a pose estimator, or
    anything else that training reads.

    Missing joints are filled as for training (``missing.py``); a joint that is zero in all clips of the file is taken
    for missing unless zero is a place within the body.

    ``joints``, ``skeleton`` : of the design, or of what messages call ``what``. A ``.skeleton`` file is turned upright
    and replayed up to 300 frames if the design is for ``ntu25``, as for training; else it stays as it was recorded.
    """
    path = Path(path)
    clips = recorded_clips(path)
    if path.suffix == ".skeleton":
        tally = Tally()
        bodies = complete_bodies(clips[0].clip, path.name, tally)
        tally.say(path)
        clips = [FileClip(name=path.name, clip=prepare_ntu(bodies, FRAMES) if skeleton == "ntu25" else bodies)]
    unknown = [c.clip[..., :3] for c in clips if not c.joint_order]
    order = joint_order(unknown, unknown[0].shape[2], None, path) if unknown and skeleton in BUILT_IN else ""
    if path.suffix != ".skeleton":      # those are filled before they are turned
        clips = _completed(path, clips, clips[0].joint_order or order or skeleton or "")
    try:
        return [replace(c, clip=map_joints(c.clip, joints, skeleton, c.joint_order or order, what)) for c in clips]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _completed(path, clips: list[FileClip], skeleton: str) -> list[FileClip]:
    """``clips``, all of as many joints, without missing joints; ``skeleton`` is that of the recording, or empty."""
    arrays = [clip.clip if clip.clip.dtype.kind == "f" else clip.clip.astype(np.float64) for clip in clips]
    if any(array.ndim != 4 or not array.size or not np.isfinite(array).all() for array in arrays):
        return clips  # what prepares clips refuses these and names the place
    scored = clips[0].scored
    done = complete_all(arrays, (clip.name for clip in clips), path, scored=scored,
                        parents=recorded_parents(arrays[0].shape[2], BUILT_IN.get(skeleton)),
                        origins=None if scored else find_origins(arrays))
    return [replace(clip, clip=one.clip) for clip, one in zip(clips, done, strict=True)]


def _of_clips(path, clips: Clips) -> list[FileClip]:
    return [FileClip(name=f"{path.name}[{n}]", clip=clips.clip(n), label=int(clips.label[n]),
                     class_name=clips.class_names[clips.label[n]] if clips.class_names else None,
                     test=bool(clips.split[n]) or not clips.split.any(), joint_order=clips.joint_order,
                     scored=clips.scored) for n in range(len(clips))]


def _unlabelled(path) -> list[FileClip]:
    """Clips of an ``.npz`` without labels; none where it has them."""
    found = open_npz(path)
    if "label" in found or "y_train" in found:
        return []
    if "data" not in found:
        raise ValueError(f"{path} must hold data, but has {', '.join(found) or 'nothing'}")
    data = found["data"]
    data = in_order(data, len(data), None, f"{path}: data")
    lengths = found.get("length")
    if lengths is not None and (lengths.shape != data.shape[:1] or lengths.min() < 1 or lengths.max() > data.shape[2]):
        raise ValueError(f"{path}: length must be in 1..{data.shape[2]} for each of the {len(data)} clips")
    return [FileClip(name=f"{path.name}[{n}]",
                     clip=clip[:, :None if lengths is None else int(lengths[n])].transpose(3, 1, 2, 0))
            for n, clip in enumerate(data)]


def _of_array(path) -> list[FileClip]:
    array = open_npy(path)
    if array.ndim == 5:
        return [FileClip(name=f"{path.name}[{n}]", clip=clip.transpose(3, 1, 2, 0))
                for n, clip in enumerate(in_order(array, len(array), None, path))]
    if array.ndim not in (3, 4):
        raise ValueError(f"{path} must be of (frame, joint, channel), (person, frame, joint, channel) or (clip, "
                         f"channel, frame, joint, person), not of {array.ndim} dimensions")
    return [FileClip(name=path.name, clip=array if array.ndim == 4 else array[None])]
