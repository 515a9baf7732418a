"""Tables: CSV files of joints, one row for each person in a frame or one for each joint."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data import Clips
from ..labels import checked_labels, checked_split
from .pack import Recording, pack

__all__ = ["read_landmark_table", "read_tables", "table_kind"]

_KEYS = ("clip", "frame", "person", "joint", "label", "split")
_AXES = ("x", "y", "z", "score")
MAX_FRAMES = 1 << 20
_LANDMARK = re.compile(r"(x|y|z|v|visibility)_?(\d+)|landmark_?(\d+)_(x|y|z|v|visibility)")


def _header(path: Path) -> list[str]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as handle:
            return [word.strip() for word in next(csv.reader(handle), [])]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be a table in UTF-8 text: {error}") from error


def _landmark_columns(header: Sequence[str]) -> dict[tuple[int, str], int]:
    """Column of (number, axis) of MediaPipe's landmarks, numbered as in the header."""
    found = {}
    for column, word in enumerate(header):
        match = _LANDMARK.fullmatch(word.lower())
        if match:
            found[int(match[2] or match[3]), (match[1] or match[4])[0]] = column
    return found


def table_kind(path) -> str:
    """``mediapipe`` where the header has 33 numbered landmarks (``x0``, ``x_1`` or ``landmark_0_x``), else ``csv``."""
    header = _header(Path(path))
    joints = {joint for joint, axis in _landmark_columns(header) if axis == "x"}
    return "mediapipe" if len(joints) == 33 and "clip" not in header else "csv"


def _number(text: str, path, line: int, column: str) -> float:
    try:
        return float(text) if text.strip() else 0.0
    except ValueError:
        raise ValueError(f"{path}, line {line}: {column} must be a number, not {text!r}") from None


def read_landmark_table(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Float64 (1, T, 33, 3) and visibility (1, T, 33) of a table with a row for each frame of one video.

    Columns are ``x0, y0, z0, v0, x1, ...`` (also ``x_0``, ``landmark_0_x``, ``visibility``; from 0 or from 1), in any
    order, among others; an empty cell is 0.
    """
    columns = _landmark_columns(_header(path))
    numbers = sorted({joint for joint, _ in columns})
    lacking = any((number, axis) not in columns for number in numbers for axis in "xy")
    if lacking or len(numbers) != 33 or numbers[-1] - numbers[0] != 32:
        raise ValueError(f"{path} must have x and y of 33 landmarks, numbered without gaps, not of {len(numbers)}")
    frames = []
    with open(path, encoding="utf-8-sig", newline="") as handle:
        rows = csv.reader(handle)
        width = len(next(rows))
        for line, row in enumerate(rows, 2):
            if len(row) != width:
                raise ValueError(f"{path}, line {line}: must have {width} cells, not {len(row)} (truncated?)")
            frames.append([[_number(row[columns[n, axis]], path, line, f"{axis}{n}") if (n, axis) in columns
                            else missing for axis, missing in zip("xyzv", (0, 0, 0, 1))] for n in numbers])
    if not frames:
        raise ValueError(f"{path} must have a row for each frame, but has none")
    found = np.array(frames, np.float64)[None]
    return found[..., :3], found[..., 3]


def _joint_columns(header: Sequence[str], path) -> tuple[list[str], dict[tuple[str, str], int]]:
    """Joints in their order, and the column of each of their axes, of a header with ``JOINT_x``, ``JOINT_y``, ..."""
    joints: list[str] = []
    columns = {}
    for column, word in enumerate(header):
        name, _, axis = word.rpartition("_")
        if word in _KEYS or axis not in _AXES or not name:
            if word not in _KEYS:
                raise ValueError(f"{path}: column {word!r} must be one of {', '.join(_KEYS)}, or a joint and an axis, "
                                 f"such as head_x, head_y, head_z, head_score")
            continue
        if name not in joints:
            joints.append(name)
        columns[name, axis] = column
    for name in joints:
        for axis in _AXES:
            if ((name, axis) in columns) != ((joints[0], axis) in columns):
                raise ValueError(f"{path}: all joints must have the columns of {joints[0]}, but of {name} {axis} "
                                 f"differs")
    return joints, columns


def _order(words: Sequence[str]) -> list[str]:
    """Joints of a long table: by number where all are numbers, else as they come."""
    unique = list(dict.fromkeys(words))
    return sorted(unique, key=int) if all(word.isdecimal() for word in unique) else unique


def _rows(path: Path) -> tuple[list[str], list[list[str]]]:
    header = _header(path)
    if "frame" not in header or len(set(header)) < len(header):
        raise ValueError(f"{path} must have a header with frame, each column once, and joints, not "
                         f"{', '.join(header[:8]) or 'nothing'}")
    with open(path, encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        next(reader)
        rows = [row for row in reader if row]
    for line, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ValueError(f"{path}, line {line}: must have {len(header)} cells, not {len(row)} (truncated?)")
    if not rows:
        raise ValueError(f"{path} must have rows below its header, but has none")
    return header, rows


def _values(path, header, rows) -> tuple[list[str], list[str], np.ndarray]:
    """(axes, joints, float64 (rows, joints or 1, axes)) of a wide table, or of a long one with a column ``joint``."""
    if "joint" in header:
        unknown = [word for word in header if word not in (*_KEYS, *_AXES)]
        if unknown:
            raise ValueError(f"{path}: column {unknown[0]!r} must be one of {', '.join((*_KEYS, *_AXES))}")
        axes = [axis for axis in _AXES if axis in header]
        joints = _order([row[header.index("joint")].strip() for row in rows])
        columns = {("", axis): header.index(axis) for axis in axes}
        names = [""]
    else:
        joints, columns = _joint_columns(header, path)
        axes = [axis for axis in _AXES if joints and (joints[0], axis) in columns]
        names = joints
    if axes[:2] != ["x", "y"]:
        raise ValueError(f"{path} must have x and y of its joints (columns joint, x, y, or such as head_x, head_y), "
                         f"not {', '.join(axes) or 'none'}")
    values = np.array([[[_number(row[columns[name, axis]], path, line, header[columns[name, axis]]) for axis in axes]
                        for name in names] for line, row in enumerate(rows, 2)])
    return axes, joints, values


@dataclass(frozen=True, kw_only=True)
class _Table:
    """A table by columns, a list entry a row.

    ``values`` is float64 (rows, joints or 1, axes); ``joint`` the joint of each row in a long table, else 0.
    """

    path: Path
    axes: list[str]
    joints: list[str]
    values: np.ndarray
    frame: list[float]
    person: list[str]
    joint: list[int]
    long: bool

    def clip(self, name: str, rows: list[int]) -> np.ndarray:
        """Float64 (M, T, V, C) of the rows of one clip."""
        people = {word: i for i, word in enumerate(sorted({self.person[i] for i in rows}))}
        start = min(self.frame[i] for i in rows)
        length = max(self.frame[i] for i in rows) - start + 1
        if not length <= MAX_FRAMES:
            raise ValueError(f"{self.path}: frame must be at most {MAX_FRAMES} apart in clip {name!r}, not "
                             f"{length - 1:.0f}")
        data = np.zeros((len(people), int(length), len(self.joints), len(self.axes)))
        seen = set()
        for i in rows:
            spot = (people[self.person[i]], int(self.frame[i] - start), self.joint[i])
            if spot in seen or self.frame[i] != int(self.frame[i]):
                raise ValueError(f"{self.path}, line {i + 2}: frame must be an integer, and each person (and joint) "
                                 f"once in it, not {self.frame[i]:g} again")
            seen.add(spot)
            if self.long:
                data[spot] = self.values[i, 0]
            else:
                data[spot[:2]] = self.values[i]
        return data


def _only_table(path: Path) -> Path:
    if not path.is_dir():
        return path
    files = sorted(path.glob("*.csv"))
    if len(files) != 1:
        raise ValueError(f"{path} must hold one table, with a column clip, not {len(files)}")
    return files[0]


def read_tables(path, first_label: int | None = None) -> Clips:
    """Clips of a table, or of the one ``.csv`` in a folder.

    It has the columns ``clip``, ``frame``, ``person`` (left out: one), ``label``, ``split`` (left out: all for
    training) and the joints. Joints are columns ``NAME_x``, ``NAME_y``, and perhaps ``NAME_z`` and ``NAME_score``, one
    row for each person in a frame; or there are the columns ``joint``, ``x``, ``y``, ..., one row for each joint. Their
    order is that of the columns, or of the numbers of ``joint``, else of their first rows. Rows may have any order;
    what has no row, and an empty cell, is zero. A clip is all rows with the same ``clip``; without the column the file
    is one.

    Raises :exc:`ValueError` with the file, and the line where there is one, for a cell that is no number, a row that is
    there twice, and labels or splits that differ within a clip.
    """
    path = _only_table(Path(path))
    header, rows = _rows(path)
    if "label" not in header:
        raise ValueError(f"{path} must have a column label, the class of each clip, for training or evaluation")
    axes, joints, values = _values(path, header, rows)

    def column(name: str, default: str) -> list[str]:
        return [row[header.index(name)].strip() for row in rows] if name in header else [default] * len(rows)

    place = {name: index for index, name in enumerate(joints)}
    table = _Table(path=path, axes=axes, joints=joints, values=values, long="joint" in header,
                   frame=[_number(text, path, line, "frame") for line, text in enumerate(column("frame", ""), 2)],
                   person=column("person", "0"),
                   joint=[place[word] for word in column("joint", "")] if "joint" in header else [0] * len(rows))
    chosen: dict[str, list[int]] = {}
    for number, name in enumerate(column("clip", path.stem)):
        chosen.setdefault(name, []).append(number)
    said = {what: column(what, default) for what, default in (("label", ""), ("split", "train"))}
    for what, words in said.items():
        for name, index in chosen.items():
            if len({words[i] for i in index}) > 1:
                raise ValueError(f"{path}: {what} must be the same in all rows of clip {name!r}")
    firsts = [index[0] for index in chosen.values()]
    label, names = checked_labels(np.array([said["label"][i] for i in firsts]), (), f"{path}: label", first=first_label)
    split = checked_split(np.array([said["split"][i] for i in firsts]), f"{path}: split")
    recordings = []
    for (name, index), own, test in zip(chosen.items(), label, split):
        data = table.clip(name, index)
        scores = data[..., 3] if len(axes) == 4 else None
        recordings.append(Recording(name=f"{path}, clip {name}", data=data[..., :3], label=int(own), split=int(test),
                                    scores=scores))
    return pack(recordings, path, class_names=names, scored=axes == ["x", "y", "score"])
