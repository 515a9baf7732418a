"""Which tool wrote a JSON file of poses, by what is in it."""

import json
from pathlib import Path

__all__ = ["LANDMARKS", "json_kind", "load_json"]

LANDMARKS = ("poseWorldLandmarks", "pose_world_landmarks", "worldLandmarks", "poseLandmarks", "pose_landmarks",
             "landmarks")
"""Keys of MediaPipe's results in JavaScript and Python; metres come before places in the picture."""

_KEYS = {("people",): "openpose-frames", ("label_index",): "openpose", ("instance_info",): "mmpose",
         ("images", "annotations"): "coco"}


def load_json(path):
    """Content of a JSON file; :exc:`ValueError`, naming it, where it is damaged or truncated."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # json's own error and bad UTF-8
        raise ValueError(f"{path} is not JSON, or is truncated: {error}") from error


def _first(content):
    """The first element of nested lists that is no list, and how many lists are around it."""
    depth = 0
    while isinstance(content, list):
        content = next((entry for entry in content if entry != []), None)
        depth += 1
    return content, depth


def json_kind(content) -> str | None:
    """Name of the format, one of the readers', or None where none of them knows it."""
    if isinstance(content, dict):
        for keys, name in _KEYS.items():
            if set(keys) <= content.keys():
                return name
        if any(key in content for key in LANDMARKS):
            return "mediapipe"
        return json_kind(content["frames"]) if isinstance(content.get("frames"), list) else None
    entry, depth = _first(content)
    if isinstance(entry, dict):
        if any(key in entry for key in LANDMARKS) or {"x", "y"} <= entry.keys() and "keypoints" not in entry:
            return "mediapipe"
        if "instances" in entry or "keypoint_scores" in entry:
            return "mmpose"
        if "image_id" in entry and "keypoints" in entry:
            return "coco"
        if isinstance(entry.get("keypoints"), dict):
            return "yolo"
    elif isinstance(entry, int | float) and depth in (3, 4):
        return "mediapipe"
    return None
