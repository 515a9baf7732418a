"""Key points of detectors as JSON: COCO's annotations and results, MMPose's predictions (RTMPose), YOLO's results."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from .tracking import tracks

__all__ = ["ORDERS", "read_coco", "read_mmpose", "read_yolo"]

ORDERS = {17: "coco17", 21: "hand21", 25: "body25"}
"""Joints of pictures by their number."""

MAX_FRAMES = 1 << 20


def _clip(frames: Sequence[Sequence[np.ndarray]], identities: list[list], name, coordinates: int = 2) -> np.ndarray:
    """(M, T, V, C) of tracked persons; by their identities where all have one."""
    counts = {person.shape for persons in frames for person in persons}
    if len(counts) > 1:
        raise ValueError(f"{name}: all persons must have the same number of key points, not "
                         f"{sorted(count for count, _ in counts)}")
    if not counts:
        raise ValueError(f"{name} must hold at least one person with key points, but has none")
    known = all(identity is not None for row in identities for identity in row) and \
        all(len(set(row)) == len(row) for row in identities)
    found = tracks(frames, coordinates, identities if known else None)
    (joints, channels), = counts
    return np.stack(found) if found else np.zeros((0, len(frames), joints, channels))


def _points(x, y, score, name: str, *more) -> np.ndarray:
    """(V, 3) of lists of x, y and scores; a point of score 0 is zero."""
    try:
        columns = [np.asarray(values, np.float64) for values in (x, y, *more, score)]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: key points must be numbers ({error})") from error
    if any(column.shape != columns[0].shape or column.ndim != 1 for column in columns):
        raise ValueError(f"{name}: key points must have as many scores as places, not "
                         f"{', '.join(str(column.shape) for column in columns)}")
    points = np.stack(columns, axis=1)
    if not np.isfinite(points).all():
        raise ValueError(f"{name}: key points must be finite numbers, not NaN or infinite")
    return np.where(points[:, -1:] > 0, points, 0)


def _places(keys: Sequence) -> dict:
    """Frame of each image: by the last number in its identifier where these are nearly without gaps, else in order."""
    numbers = [int(found[-1]) if (found := re.findall(r"\d+", str(key).rsplit(".", 1)[0])) else None for key in keys]
    known = [number for number in numbers if number is not None]
    if len(known) == len(keys) == len(set(known)) and max(known) - min(known) < min(4 * len(keys), MAX_FRAMES):
        return {key: number - min(known) for key, number in zip(keys, known)}
    return {key: place for place, key in enumerate(sorted(keys, key=lambda k: (isinstance(k, str), k)))}


def read_coco(content, name) -> np.ndarray:
    """Float64 (M, T, V, 3), x, y and score, of one video in COCO's format; so AlphaPose and YOLO's validation write it.

    ``content`` is the list of results, ``{"image_id", "keypoints": 3 V numbers, "score"}``, with ``track_id`` (or
    ``idx``) where persons are tracked; or ``{"images", "annotations"}``, whose third number is a visibility: 0, 1 and 2
    become the scores 0, 0.5 and 1. Frames are the images by the number in ``file_name`` or ``image_id``.

    Raises :exc:`ValueError`, naming the file and the entry, for anything else, and for several videos in one file.
    """
    visible = isinstance(content, Mapping)
    entries = content["annotations"] if visible else content
    keys = {}
    if visible:
        videos = {image.get("video_id") for image in content["images"]}
        if len(videos) > 1:
            raise ValueError(f"{name} must hold the images of one video, one clip, not of {len(videos)}")
        keys = {image.get("id"): image.get("file_name", image.get("id")) for image in content["images"]}
    found: dict = {key: [] for key in keys.values()}
    for number, entry in enumerate(entries):
        where = f"{name}, entry {number}"
        if not isinstance(entry, Mapping) or "image_id" not in entry:
            raise ValueError(f"{where}: must have image_id and keypoints, not {str(entry)[:60]}")
        if not entry.get("keypoints"):
            continue  # a box alone
        points = np.asarray(entry["keypoints"], np.float64) if _flat(entry["keypoints"]) else np.zeros(1)
        if points.size % 3:
            raise ValueError(f"{where}: keypoints must be x, y and score (or visibility) of each point, 3 V numbers, "
                             f"not {len(entry['keypoints'])}")
        if visible and not np.isin(points[2::3], (0, 1, 2)).all():
            raise ValueError(f"{where}: visibility must be 0, 1 or 2, not {points[2::3].max()}")
        person = _points(points[0::3], points[1::3], points[2::3] / (2 if visible else 1), where)
        key = keys.get(entry["image_id"], entry["image_id"])
        found.setdefault(key, []).append((person, entry.get("track_id", entry.get("idx"))))
    if not found:
        raise ValueError(f"{name} must hold at least one person with key points, but has none")
    places = _places(list(found))
    frames: list[list] = [[] for _ in range(max(places.values()) + 1)]
    for key, persons in found.items():
        frames[places[key]] = persons
    return _clip([[p for p, _ in frame] for frame in frames], [[i for _, i in frame] for frame in frames], name)


def _flat(values) -> bool:
    return isinstance(values, list) and all(isinstance(v, int | float) for v in values)


def read_mmpose(content, name) -> np.ndarray:
    """Float64 (M, T, V, 3), x, y and score, or (M, T, V, 4), x, y, z and score, of MMPose's predictions (RTMPose).

    ``content`` is ``{"meta_info", "instance_info"}`` or its ``instance_info``: for a video a list of ``{"frame_id",
    "instances"}``, for a picture the list of instances, with ``keypoints`` (V places) and ``keypoint_scores``.
    """
    entries = content["instance_info"] if isinstance(content, Mapping) else content
    if entries and isinstance(entries[0], Mapping) and "instances" not in entries[0]:
        entries = [{"frame_id": 0, "instances": entries}]
    frames: dict[int, list] = {}
    for number, entry in enumerate(entries):
        instances = entry.get("instances") if isinstance(entry, Mapping) else entry
        if not isinstance(instances, list):
            raise ValueError(f"{name}, frame {number}: must have instances, a list of persons")
        frame = entry.get("frame_id", number) if isinstance(entry, Mapping) else number
        if isinstance(frame, bool) or not isinstance(frame, int) or not 0 <= frame < MAX_FRAMES or frame in frames:
            raise ValueError(f"{name}: frame_id must be an integer in 0..{MAX_FRAMES - 1}, each once, not {frame!r}")
        frames[frame] = [(_instance(person, f"{name}, frame {frame}"), person.get("track_id"))
                         for person in instances]
    if not frames:
        raise ValueError(f"{name} must hold at least one frame, but has none")
    first = min(frames)
    rows = [frames.get(first + index, []) for index in range(max(frames) - first + 1)]
    persons = [[person for person, _ in row] for row in rows]
    coordinates = next((person.shape[1] - 1 for row in persons for person in row), 2)
    return _clip(persons, [[identity for _, identity in row] for row in rows], name, coordinates)


def _instance(person, where: str) -> np.ndarray:
    if not isinstance(person, Mapping) or "keypoints" not in person:
        raise ValueError(f"{where}: a person must have keypoints and keypoint_scores, not {str(person)[:60]}")
    try:
        places = np.asarray(person["keypoints"], np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: key points must be numbers ({error})") from error
    if places.ndim != 2 or places.shape[1] not in (2, 3):
        raise ValueError(f"{where}: keypoints must be V pairs or triples of numbers, not of shape {places.shape}")
    score = person.get("keypoint_scores", np.ones(len(places)))
    return _points(places[:, 0], places[:, 1], score, where, *places.T[2:])


def read_yolo(content, name) -> np.ndarray:
    """Float64 (M, T, V, 3), x, y and score, of Ultralytics' results: one list of detections for each frame.

    A detection is what ``Results.to_json`` writes: ``{"confidence", "keypoints": {"x", "y", "visible"}}``, with
    ``track_id`` where persons are tracked.
    """
    frames = content if content and all(isinstance(frame, list) for frame in content) else [content]
    rows = []
    for number, frame in enumerate(frames):
        where, row = f"{name}, frame {number}", []
        for person in frame:
            points = person.get("keypoints") if isinstance(person, Mapping) else None
            if not isinstance(points, Mapping) or not {"x", "y"} <= points.keys():
                raise ValueError(f"{where}: a detection must have keypoints with x, y and visible, not "
                                 f"{str(person)[:60]}")
            score = points.get("visible")
            if score is None and isinstance(points["x"], list):
                score = [float(x != 0 or y != 0) for x, y in zip(points["x"], points["y"])]
            row.append((_points(points["x"], points["y"], score, where), person.get("track_id")))
        rows.append(row)
    return _clip([[p for p, _ in row] for row in rows], [[i for _, i in row] for row in rows], name)
