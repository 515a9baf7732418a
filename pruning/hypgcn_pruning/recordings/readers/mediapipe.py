"""MediaPipe's pose landmarks, 33 for each person, as its users write them out: JSON lists or objects."""

from collections.abc import Mapping

import numpy as np

from .pose_json import LANDMARKS
from .tracking import tracks

__all__ = ["read_landmarks"]

JOINTS = 33
_SCORES = ("visibility", "presence", "score")


def _numbers(entry, name: str) -> list[float]:
    """x, y, z and the visibility of one landmark; a z that is missing is 0, a visibility that is missing 1."""
    if isinstance(entry, Mapping):
        score = next((entry[key] for key in _SCORES if entry.get(key) is not None), 1.0)
        entry = [entry.get("x"), entry.get("y"), entry.get("z", 0.0), score]
    if not isinstance(entry, list) or len(entry) not in (2, 3, 4):
        raise ValueError(f"{name}: a landmark must be x, y, z and perhaps visibility, not {entry!r}")
    try:
        return [float(value) for value in (*entry, *(0.0, 1.0)[len(entry) - 2:])]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: a landmark must be numbers, not {entry!r}") from error


def _person(entry, name: str) -> np.ndarray:
    """(33, 4) of one person."""
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in ("landmark", "landmarks") if key in entry), entry)
    if isinstance(entry, Mapping) and {str(joint) for joint in range(JOINTS)} <= entry.keys():
        entry = [entry[str(joint)] for joint in range(JOINTS)]
    if not isinstance(entry, list) or len(entry) != JOINTS:
        raise ValueError(f"{name}: a person must be a list of {JOINTS} landmarks, not "
                         f"{len(entry) if isinstance(entry, list) else repr(entry)}")
    found = np.array([_numbers(landmark, name) for landmark in entry])
    if not np.isfinite(found).all():
        raise ValueError(f"{name}: landmarks must be finite numbers, not NaN or infinite")
    return found


def _is_landmark(entry) -> bool:
    return isinstance(entry, Mapping) and "x" in entry or \
        isinstance(entry, list) and 2 <= len(entry) <= 4 and all(isinstance(v, int | float) for v in entry)


def _persons(frame, name: str) -> list[np.ndarray]:
    """Persons of a frame: of an object with one of MediaPipe's keys, a list of landmarks, or a list of persons."""
    if isinstance(frame, Mapping):
        key = next((key for key in LANDMARKS if key in frame), None)
        if key is None:
            raise ValueError(f"{name}: a frame must have one of {', '.join(LANDMARKS)}, not "
                             f"{', '.join(map(str, frame))}")
        frame = frame[key]
    if not frame:
        return []
    if isinstance(frame, list) and not _is_landmark(frame[0]):
        return [_person(person, name) for person in frame]
    return [_person(frame, name)]


def read_landmarks(content, name) -> tuple[np.ndarray, np.ndarray]:
    """Float64 (M, T, 33, 3) of the places and (M, T, 33) of the visibility, in 0..1, of one video.

    ``content`` is a list of frames, or an object with it under ``frames``. A frame is a list of 33 landmarks, a list of
    persons with 33 landmarks, null or empty where nobody was seen, or an object that has one of these under
    :data:`~.pose_json.LANDMARKS`; where it has several, metres (``worldLandmarks``) are taken. A landmark is
    ``{"x", "y", "z", "visibility"}`` or a list of these numbers. Persons are tracked.

    Raises :exc:`ValueError`, naming the file and the frame, for anything else.
    """
    frames = content.get("frames", content) if isinstance(content, Mapping) else content
    if isinstance(frames, Mapping):
        whole = next(frames[key] for key in LANDMARKS if key in frames)
        frames = [frames] if not isinstance(whole, list) or not whole or _is_landmark(whole[0]) else whole
    if not isinstance(frames, list) or not frames:
        raise ValueError(f"{name} must be a list of at least one frame with MediaPipe's landmarks")
    if _is_landmark(frames[0]):
        raise ValueError(f"{name} must be a list of frames, not of the {len(frames)} landmarks of one")
    persons = [_persons(frame, f"{name}, frame {index}") for index, frame in enumerate(frames)]
    found = tracks(persons, 3)
    clip = np.stack(found) if found else np.zeros((0, len(frames), JOINTS, 4))
    return clip[..., :3], clip[..., 3]
