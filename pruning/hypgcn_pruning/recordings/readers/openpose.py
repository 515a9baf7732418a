"""Kinetics-skeleton recordings: one JSON file per clip with OpenPose's 18 points and their scores."""

import json
from pathlib import Path

import numpy as np

from ..data import Clips
from .pack import Recording, pack, warn_left_out

__all__ = ["read_pose_file", "read_openpose"]

JOINTS, SEEN, KEPT, FRAMES = 18, 5, 2, 4096
PARTS = (("train", 0), ("val", 1))


def _person(entry, name: str) -> np.ndarray:
    """(18, 3): x to the right and y up from the middle of the picture, and the score; zero where that is zero."""
    try:
        pose, score = np.asarray(entry["pose"], np.float64), np.asarray(entry["score"], np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{name}: a skeleton must have pose and score, lists of numbers ({error!r})") from error
    if pose.shape != (2 * JOINTS,) or score.shape != (JOINTS,):
        raise ValueError(f"{name}: pose must have {2 * JOINTS} numbers and score {JOINTS}, not {pose.size} and "
                         f"{score.size}")
    place = np.stack([pose[0::2] - 0.5, 0.5 - pose[1::2], score], axis=1)
    return np.where(score[:, None] == 0, 0, place)


def read_pose_file(path) -> tuple[np.ndarray, dict]:
    """Float64 (2, T, 18, 3) of one file, and all of its content.

    The file holds ``data``, a list of ``{"frame_index", "skeleton": [{"pose": 36 numbers, "score": 18 numbers}]}``,
    ``label`` and ``label_index``. Of the first five persons of a frame the two with the largest sum of scores are kept,
    the best first. The clip begins at its smallest frame index; frames that are missing are zero. T is 0 without any.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # json's own error and bad UTF-8
        raise ValueError(f"{path} is not JSON, or is truncated: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("data"), list) or "label_index" not in content:
        raise ValueError(f"{path} must hold data (a list of frames) and label_index, as Kinetics-skeleton files do")
    frames: dict[int, list[np.ndarray]] = {}
    for entry in content["data"]:
        index = entry.get("frame_index") if isinstance(entry, dict) else None
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < FRAMES:
            raise ValueError(f"{path}: frame_index must be an integer in 0..{FRAMES - 1}, not {index!r}")
        persons = entry.get("skeleton")
        if not isinstance(persons, list):
            raise ValueError(f"{path}, frame {index}: skeleton must be a list of persons, not {persons!r}")
        found = [_person(person, f"{path}, frame {index}") for person in persons[:SEEN]]
        frames[index] = sorted(found, key=lambda person: -person[:, 2].sum())[:KEPT]
    first = min(frames, default=0)
    clip = np.zeros((KEPT, max(frames) - first + 1 if frames else 0, JOINTS, 3))
    for index, persons in frames.items():
        for into, person in zip(clip, persons):
            into[index - first] = person
    return clip, content


def _folders(path: Path) -> list[tuple[Path, int]]:
    """Folders with files and their splits: ``*train`` and ``*val`` below ``path``, or else ``path`` itself."""
    below = [(folder, split) for word, split in PARTS for folder in sorted(path.glob(f"*{word}")) if folder.is_dir()]
    return below or [(path, 0)]


def _names(found: dict[int, str]) -> tuple[str, ...]:
    """Class names in order, or none unless every label has one."""
    return tuple(found[i] for i in range(len(found))) if sorted(found) == list(range(len(found))) else ()


def read_openpose(path) -> Clips:
    """Clips of a folder in the layout of Kinetics-skeleton: ``kinetics_train/*.json`` and ``kinetics_val/*.json``, or
    JSON files directly, which are all for training; or of one file. Clips without a body are left out with a
    warning."""
    path = Path(path)
    if path.is_file():
        files = [(path, 0)]
    else:
        files = [(file, split) for folder, split in _folders(path) for file in sorted(folder.glob("*.json"))
                 if not file.stem.endswith("_label")]
    recordings, empty, names = [], [], {}
    for file, split in files:
        data, content = read_pose_file(file)
        if not data.any():
            empty.append(file.stem)
            continue
        label = content["label_index"]
        recordings.append(Recording(name=str(file), data=data, label=label, split=split))
        if isinstance(label, int) and isinstance(content.get("label"), str):
            names[label] = content["label"]
    warn_left_out(path, empty)
    return pack(recordings, path, class_names=_names(names), scored=True, joint_order="openpose18")
