"""PYSKL and mmaction2 annotation files: one pickle with all clips of a dataset and its splits."""

import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

import numpy as np

from ...messages import say
from ..data import Clips
from ..plain_pickle import load_plain
from .pack import Recording, last_is_score, pack, warn_left_out

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


def _stem(name) -> str:
    """``name`` without folders and suffix."""
    return PurePosixPath(str(name).replace("\\", "/")).stem


def _lists(split: Mapping, chosen: tuple[str, str], names: list, path) -> tuple[set, set]:
    """Names of the annotations that train, and of those that test; what does not fit is said."""
    known = set(names)
    stems: dict[str, list] = {}
    for name in known:
        stems.setdefault(_stem(name), []).append(name)
    found = []
    for word in chosen:
        listed = list(split[word])
        twice = len(listed) - len(set(listed))
        if twice:
            say(f"{path}: {word} names {twice} clips more than once, which count once")
        missing = set(listed) - known
        taken = set(listed) & known
        by_stem = {name: stems[_stem(name)] for name in missing if _stem(name) in stems}
        if by_stem:
            several = [name for name, fitting in by_stem.items() if len(fitting) > 1]
            if several:
                raise ValueError(f"{path}: {word} names {several[0]!r}, which without its folder fits several clips: "
                                 f"{', '.join(map(repr, by_stem[several[0]][:3]))}")
            taken |= {fitting[0] for fitting in by_stem.values()}
            say(f"{path}: {len(by_stem)} names of {word} are compared without folder and suffix, as {min(by_stem)!r}")
        if len(missing) > len(by_stem):
            left = sorted(map(str, missing - by_stem.keys()))
            say(f"{path}: {len(left)} of {len(set(listed))} names of {word} have no clip: "
                f"{', '.join(left[:5])}{', ...' if len(left) > 5 else ''}")
        found.append(taken)
    train, test = found
    if train & test:
        raise ValueError(f"{path}: training and test lists must share no clip, but both hold {min(train & test)!r}")
    return train, test


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


def read_pyskl(path, protocol: str | None = None, third: str | None = None) -> Clips:
    """Clips of a PYSKL pickle: ``split``, lists of names, and ``annotations``, dicts with ``frame_dir``, ``label``,
    ``keypoint`` (M, T, V, 2 or 3), and where present ``keypoint_score`` (M, T, V) and ``total_frames``.

    Or, as older PYSKL files are, the list of annotations alone, all for training, or for the test where the file's name
    has ``val`` or ``test``.

    ``protocol`` chooses among several splits: ``xsub`` for the lists ``xsub_train`` and ``xsub_val``. Names of clips
    and of lists may have folders and a suffix, of which one side knows nothing: then they are compared without. Clips
    in neither list, and names without a clip, are passed over, as PYSKL does, and their number is said; clips without
    a body are left out with a warning, and so are clips that have the name of an earlier one. Coordinates are taken as
    they are; two-dimensional ones get the score as their third channel; the first two persons are kept. ``third`` is
    what the third number of a joint is where there are three, ``score`` or ``z``; ``None`` to see by its range.
    """
    content = load_plain(path)
    annotations = content.get("annotations") if isinstance(content, Mapping) else content
    if isinstance(content, Mapping) and not isinstance(content.get("split"), Mapping) \
            or not isinstance(annotations, list) or not isinstance(content, Mapping) and not annotations:
        raise ValueError(f"{path} must hold a dict with split (a dict of lists) and annotations (a list), or a list of "
                         f"annotations")
    names = [entry["frame_dir"] for entry in annotations if isinstance(entry, Mapping) and "frame_dir" in entry]
    if isinstance(content, Mapping):
        train, test = _lists(content["split"], _chosen(content["split"], protocol, path), names, path)
    else:
        if protocol is not None:
            raise ValueError(f"protocol must be left out for {path}, which holds no splits, not {protocol!r}")
        held = any(word in PurePosixPath(str(path)).stem.lower() for word in ("val", "test"))
        train, test = (set(), set(names)) if held else (set(names), set())
    twice = [str(name) for name, count in Counter(names).items() if count > 1]
    if twice:
        warnings.warn(f"{path}: {len(twice)} clips are there more than once, of which the first is taken: "
                      f"{', '.join(twice[:5])}{', ...' if len(twice) > 5 else ''}", stacklevel=2)
    recordings, empty, scored, seen = [], [], set(), set()
    for number, entry in enumerate(annotations):
        name = f"{path}, annotation {number}"
        if not isinstance(entry, Mapping) or not {"frame_dir", "label"} <= entry.keys():
            raise ValueError(f"{name}: must be a dict with frame_dir, label and keypoint")
        clip = entry["frame_dir"]
        if clip in seen or clip not in train and clip not in test:
            continue
        seen.add(clip)
        data, with_score = _joints(entry, f"{name} ({clip})")
        if not data.any():
            empty.append(str(clip))
            continue
        scored.add(with_score)
        recordings.append(Recording(name=f"{name} ({clip})", data=data, label=entry["label"], split=int(clip in test)))
    warn_left_out(path, empty)
    # Three numbers of a joint without scores beside them are x, y, z or x, y, score.
    return pack(recordings, path, scored=scored == {True} or scored == {False} and last_is_score(recordings, third,
                                                                                                 path))
