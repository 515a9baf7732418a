"""Clips of pose estimators: files of single videos, with labels from a table or from their folders."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data import Clips
from .catalogue import LABELS, catalogued
from .detections import ORDERS, read_coco, read_mmpose, read_yolo
from .mediapipe import read_landmarks
from .openpose_frames import frame_files, read_frames
from .pack import Recording, pack, warn_left_out
from .pose_json import json_kind, load_json
from .table import read_landmark_table

__all__ = ["KINDS", "PoseClip", "pose_clips", "read_poses"]

KINDS = ("openpose-frames", "mediapipe", "coco", "mmpose", "yolo")

_READERS = {"coco": read_coco, "mmpose": read_mmpose, "yolo": read_yolo}


@dataclass(frozen=True, kw_only=True)
class PoseClip:
    """One video.

    Parameters
    ----------
    name : str
        Path below the dataset, without suffix.
    data : np.ndarray float (M, T, V, C)
    scores : np.ndarray float (M, T, V) or None
        Confidences beside three coordinates; of two coordinates they are the third channel.
    joint_order : str
        Built-in skeleton whose joints these are, or empty.
    """

    name: str
    data: np.ndarray
    scores: np.ndarray | None
    joint_order: str


def _read(path: Path, kind: str, name: str) -> PoseClip:
    if path.suffix == ".csv":
        places, scores = read_landmark_table(path)
        return PoseClip(name=name, data=places, scores=scores, joint_order="mediapipe33")
    content = load_json(path)
    found = json_kind(content)
    if found not in (kind, None):
        raise ValueError(f"{path} must be of the format {kind}, as the other files, not {found}")
    if kind == "mediapipe":
        places, scores = read_landmarks(content, path)
        return PoseClip(name=name, data=places, scores=scores, joint_order="mediapipe33")
    data = _READERS[kind](content, path)
    if data.shape[3] == 4:
        order = "h36m17" if data.shape[2] == 17 else ""
        return PoseClip(name=name, data=data[..., :3], scores=data[..., 3], joint_order=order)
    return PoseClip(name=name, data=data, scores=None, joint_order=ORDERS.get(data.shape[2], ""))


def pose_clips(path: Path, kind: str) -> Iterator[PoseClip]:
    """The clips of a file, or of all files in a folder and the folders in it, in the order of their names."""
    root = path.parent if path.is_file() else path
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.name != LABELS and file.suffix
                                                 in ((".json", ".csv") if kind == "mediapipe" else (".json",)))
    if not files:
        raise ValueError(f"{path} must hold at least one recording with a body, but has none")
    if kind == "openpose-frames":
        for clip, frames in sorted(frame_files(files).items()):
            name = clip.relative_to(root).as_posix() if clip != root else root.name
            data, order = read_frames(frames, clip)
            yield PoseClip(name=name, data=data, scores=None, joint_order=order)
        return
    for file in files:
        yield _read(file, kind, file.relative_to(root).with_suffix("").as_posix())


def read_poses(path, kind: str, first_label: int | None = None) -> Clips:
    """Clips of one of :data:`KINDS`: one for each file, or for each video of OpenPose's frames.

    Labels and split are those of :func:`~.catalogue.catalogued`; the first two persons are kept, those who are seen
    longest. Clips without a body are left out with a warning.
    """
    path = Path(path)
    root = path.parent if path.is_file() else path
    clips = list(pose_clips(path, kind))
    empty = [clip.name for clip in clips if not clip.data.any()]
    clips = [clip for clip in clips if clip.data.any()]
    warn_left_out(path, empty)
    if not clips:
        raise ValueError(f"{path} must hold at least one recording with a body, but has none")
    label, split, names = catalogued(root, [clip.name for clip in clips], first_label)
    orders = {clip.joint_order for clip in clips}
    recordings = [Recording(name=f"{root / clip.name}", data=clip.data, label=int(number), split=int(test),
                            scores=clip.scores) for clip, number, test in zip(clips, label, split)]
    return pack(recordings, path, class_names=names, scored=clips[0].scores is None,
                joint_order=orders.pop() if len(orders) == 1 else "")
