"""OpenPose's output folder: one JSON file for each frame, ``NAME_000000000000_keypoints.json``."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .pose_json import load_json
from .tracking import tracks

__all__ = ["frame_files", "read_frames"]

ORDERS = {25: "body25", 18: "openpose18"}
MAX_FRAMES = 1 << 20


def frame_files(paths: Iterable[Path]) -> dict[Path, dict[int, Path]]:
    """Files of each clip by their frame; a clip is a folder and the name in front of the frame's number.

    Clips of one name in a folder are called by the folder, several by folder and name.
    """
    found: dict[tuple[Path, str], dict[int, Path]] = {}
    for path in paths:
        match = re.fullmatch(r"(.*?)_?(\d+)(?:_keypoints)?", path.stem)
        if not match:
            raise ValueError(f"{path} must have the number of its frame in its name, as "
                             f"clip_000000000007_keypoints.json")
        files = found.setdefault((path.parent, match[1]), {})
        if int(match[2]) in files:
            raise ValueError(f"{path}: frame {int(match[2])} must be there once, not in {files[int(match[2])].name} "
                             f"too")
        files[int(match[2])] = path
    names: dict[Path, int] = {}
    for folder, _ in found:
        names[folder] = names.get(folder, 0) + 1
    return {folder if names[folder] == 1 else folder / name: files for (folder, name), files in found.items()}


def _persons(path: Path) -> list[np.ndarray]:
    content = load_json(path)
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list):
        raise ValueError(f"{path} must hold people, a list of persons, as OpenPose's files do")
    found = []
    for person in people:
        try:
            points = np.asarray(person["pose_keypoints_2d"], np.float64)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: a person must have pose_keypoints_2d, a list of numbers ({error!r})") from error
        if points.ndim != 1 or points.size % 3 or points.size // 3 not in ORDERS:
            raise ValueError(f"{path}: pose_keypoints_2d must have 3 numbers for each of BODY_25's 25 or COCO's 18 "
                             f"points, 75 or 54, not {points.size}")
        if not np.isfinite(points).all():
            raise ValueError(f"{path}: pose_keypoints_2d must be finite numbers, not NaN or infinite")
        points = points.reshape(-1, 3)
        found.append(np.where(points[:, 2:] > 0, points, 0))
    return found


def read_frames(files: dict[int, Path], name) -> tuple[np.ndarray, str]:
    """Float64 (M, T, V, 3) of one clip, x, y and score, and the name of its joints.

    Persons are tracked over the frames (:func:`~.tracking.tracks`), since OpenPose lists them in any order. Points of
    score 0 are zero; so are frames without a file between the first and the last one. M and T may be 0.

    Raises :exc:`ValueError`, naming the file, for damage and for anything but 18 or 25 points.
    """
    first, last = min(files), max(files)
    if last - first >= MAX_FRAMES:
        raise ValueError(f"{name}: frames must be at most {MAX_FRAMES} numbers apart, not {last - first} "
                         f"({files[last].name})")
    frames = [_persons(files[frame]) if frame in files else [] for frame in range(first, last + 1)]
    counts = {len(person) for persons in frames for person in persons}
    if len(counts) > 1:
        raise ValueError(f"{name}: all persons must have the same number of points, not {sorted(counts)}")
    if not counts:
        return np.zeros((0, len(frames), 0, 3)), ""
    found = tracks(frames, 2)
    joints = counts.pop()
    return (np.stack(found) if found else np.zeros((0, len(frames), joints, 3))), ORDERS[joints]
