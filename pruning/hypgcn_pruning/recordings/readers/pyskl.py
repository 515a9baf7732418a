"""PYSKL and mmaction2 annotation files: one pickle with all clips of a dataset and its splits."""

from collections.abc import Mapping

import numpy as np

from ..data import Clips
from ..plain_pickle import load_plain
from .pack import Recording, pack, warn_left_out

__all__ = ["read_pyskl"]


def _protocols(split: Mapping) -> dict[str, tuple[str, str]]:
    """The pairs of (training, test) lists by protocol: what stays of the name of a training list without ``train``."""
    pairs: dict[str, tuple[str, str]] = {}
    for name in split:
        if "train" in name:
            for test in ("val", "test"):
                if name.replace("train", test) in split:
                    pairs.setdefault(name.replace("train", "").strip("_-"), (name, name.replace("train", test)))
    return pairs


def _chosen(split: Mapping, protocol: str | None, path) -> tuple[str, str]:
    pairs = _protocols(split)
    if not pairs:
        raise ValueError(f"{path}: split must have a list with train and one with val or test in its name, not "
                         f"{', '.join(map(repr, split)) or 'nothing'}")
    if protocol is None and len(pairs) == 1:
        protocol = next(iter(pairs))
    if protocol not in pairs:
        raise ValueError(f"{path}: protocol must be one of {', '.join(map(repr, pairs))}, not {protocol!r}")
    return pairs[protocol]


def _joints(entry: Mapping, name: str) -> tuple[np.ndarray, bool]:
    """(M, T, V, C) of an annotation, and whether its last channel is a score."""
    if "keypoint" not in entry:
        raise ValueError(f"{name}: keypoint is missing (joints in files of their own, as for Kinetics, are not read)")
    data = np.asarray(entry["keypoint"])
    if data.ndim != 4 or data.shape[3] not in (2, 3):
        raise ValueError(f"{name}: keypoint must be an array (person, frame, joint, 2 or 3), not of shape {data.shape}")
    if entry.get("total_frames", data.shape[1]) != data.shape[1]:
        raise ValueError(f"{name}: keypoint must have the {entry['total_frames']} frames of total_frames, not "
                         f"{data.shape[1]}")
    score = entry.get("keypoint_score")
    if score is None or data.shape[3] == 3:
        return data, False
    score = np.asarray(score)
    if score.shape != data.shape[:3]:
        raise ValueError(f"{name}: keypoint_score must have the shape {data.shape[:3]} of keypoint, not {score.shape}")
    return np.concatenate([data, score[..., None]], axis=3), True


def read_pyskl(path, protocol: str | None = None) -> Clips:
    """Clips of a PYSKL pickle: ``split``, lists of names, and ``annotations``, dicts with ``frame_dir``, ``label``,
    ``keypoint`` (M, T, V, 2 or 3), and where present ``keypoint_score`` (M, T, V) and ``total_frames``.

    ``protocol`` chooses among several splits: ``xsub`` for the lists ``xsub_train`` and ``xsub_val``. Clips in neither
    list, and names without a clip, are passed over, as PYSKL does; clips without a body are left out with a warning.
    Coordinates are taken as they are; two-dimensional ones get the score as their third channel; the first two persons
    are kept.
    """
    content = load_plain(path)
    if not isinstance(content, Mapping) or not isinstance(content.get("split"), Mapping) \
            or not isinstance(content.get("annotations"), list):
        raise ValueError(f"{path} must hold a dict with split (a dict of lists) and annotations (a list)")
    train, test = (set(content["split"][name]) for name in _chosen(content["split"], protocol, path))
    if train & test:
        raise ValueError(f"{path}: training and test lists must share no clip, but both hold {min(train & test)!r}")
    recordings, empty, scored = [], [], set()
    for number, entry in enumerate(content["annotations"]):
        name = f"{path}, annotation {number}"
        if not isinstance(entry, Mapping) or not {"frame_dir", "label"} <= entry.keys():
            raise ValueError(f"{name}: must be a dict with frame_dir, label and keypoint")
        clip = entry["frame_dir"]
        if clip not in train and clip not in test:
            continue
        data, with_score = _joints(entry, f"{name} ({clip})")
        if not data.any():
            empty.append(str(clip))
            continue
        scored.add(with_score)
        recordings.append(Recording(name=f"{name} ({clip})", data=data, label=entry["label"], split=int(clip in test)))
    warn_left_out(path, empty)
    return pack(recordings, path, scored=scored == {True})
