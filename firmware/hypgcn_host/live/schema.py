"""Frames as JSON lines, the form in which pose estimators hand them over; ``docs/live.md`` has the schema.

>>> reader = FrameReader(StreamFormat(skeleton="coco17", values="xys"))
>>> frame = reader.frame('{"time": 0.5, "people": [{"id": 3, "joints": [[310, 95, 0.9], null, ...]}]}')
"""

import json
from dataclasses import dataclass

import numpy as np

from hypgcn.design.skeleton import BUILT_IN

from .frame import PICTURES, VALUES, Frame, with_scores
from .tracker import Tracker

__all__ = ["MAX_LINE", "MAX_PEOPLE", "FrameReader", "StreamFormat", "header_of", "parse_line"]

MAX_LINE = 1 << 20
"""Bytes of a line; more cannot be a frame of people."""
MAX_PEOPLE = 100
"""People of a frame; to track more takes longer than a frame."""
_JOINTS = ("joints", "keypoints", "pose_keypoints_2d", "landmarks")
_IDENTITY = ("id", "track_id", "person_id")
_SCORES = ("score", "visibility", "confidence")


@dataclass(frozen=True, kw_only=True)
class StreamFormat:
    """What the lines of a stream hold.

    Parameters
    ----------
    skeleton : str
        Built-in skeleton of the joints; empty for that of the network.
    values : str
        Numbers of a joint, a key of :data:`~.frame.VALUES`; empty: ``xys`` for the skeletons of pictures, else ``xyz``.
    rate : float
        Frames a second, above 0, for lines that have a frame number in the place of a time.
    scale : float
        Factor of all coordinates, above 0: to the metres of the network.
    axes : str
        Where the coordinates of the network come from, with signs: ``x,y,z``, or ``x,-y,-z`` for a stream whose y goes
        down and whose z comes nearer.
    min_score : float
        0..1; joints of this score or less are missing.
    """

    skeleton: str = ""
    values: str = ""
    rate: float = 30.0
    scale: float = 1.0
    axes: str = ""
    min_score: float = 0.0

    def __post_init__(self):
        for name in ("skeleton", "values", "axes"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} must be a text, not {getattr(self, name)!r}")
        if self.skeleton and self.skeleton not in BUILT_IN:
            raise ValueError(f"skeleton must be one of {', '.join(BUILT_IN)}, not {self.skeleton!r}")
        if self.values and self.values not in VALUES:
            raise ValueError(f"values must be one of {', '.join(VALUES)}, not {self.values!r}")
        for name, value in (("rate", self.rate), ("scale", self.scale)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise ValueError(f"{name} must be above 0, not {value!r}")
        if not isinstance(self.min_score, int | float) or not 0 <= self.min_score <= 1:
            raise ValueError(f"min_score must be in 0..1, not {self.min_score!r}")
        self.turn  # noqa: B018  a property that checks

    @property
    def kind(self) -> str:
        """``values``, or what the skeleton says of them."""
        return self.values or ("xys" if self.skeleton in PICTURES else "xyz")

    @property
    def turn(self) -> np.ndarray:
        """Matrix from the coordinates of the stream to those of the network, by ``axes`` and ``scale``."""
        count = VALUES[self.kind][0]
        names = self.axes.split(",") if self.axes else list("xyz"[:count])
        letters = [name.lstrip("+-") for name in names]
        if sorted(letters) != list("xyz"[:count]) or any(len(name) - len(letter) > 1
                                                         for name, letter in zip(names, letters)):
            raise ValueError(f"axes must be {', '.join('xyz'[:count])} in some order, each perhaps with a minus, such "
                             f"as {','.join('xyz'[:count])}, not {self.axes!r}")
        turn = np.zeros((count, count))
        for row, (name, letter) in enumerate(zip(names, letters)):
            turn[row, "xyz".index(letter)] = -self.scale if name.startswith("-") else self.scale
        return turn


def parse_line(line: str | bytes) -> dict:
    """The object in a line; :exc:`ValueError` says what is wrong with it."""
    if len(line) > MAX_LINE:
        raise ValueError(f"a line must have at most {MAX_LINE} bytes, not {len(line)}")
    try:
        entry = json.loads(line)
    except UnicodeDecodeError as error:
        raise ValueError(f"a line must be UTF-8: {error.reason}") from error
    except json.JSONDecodeError as error:
        text = line.decode(errors="replace") if isinstance(line, bytes) else line
        cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
        raise ValueError(f"a line must be a JSON object, but {'ends too early' if cut else error.msg} at column "
                         f"{error.colno}: {text.strip()[:40]!r}") from error
    except RecursionError as error:
        raise ValueError("a line must be a JSON object of few levels") from error
    if not isinstance(entry, dict):
        raise ValueError(f"a line must be a JSON object, not {str(entry)[:40]!r}")
    return entry


def header_of(entry: dict) -> dict | None:
    """Settings of a stream in an object that is no frame; ``None`` for a frame."""
    if "people" in entry or "time" in entry or "frame" in entry:
        return None
    known = StreamFormat.__dataclass_fields__
    if unknown := sorted(set(entry) - set(known)):
        raise ValueError(f"a line without people must be the header of a stream, with {', '.join(known)}, and not "
                         f"{unknown[0]!r}")
    return entry


class FrameReader:
    """Frames of the objects in lines.

    People without identities get one by where they are (:class:`~.tracker.Tracker`).

    Parameters
    ----------
    form : StreamFormat
    joints : int or None
        Of the skeleton, where ``form`` names none.
    """

    def __init__(self, form: StreamFormat, joints: int | None = None):
        self.form = form
        self.joints = BUILT_IN[form.skeleton].joints if form.skeleton else joints
        self._turn = form.turn
        self._tracker = Tracker()

    def frame(self, line: str | bytes | dict) -> Frame:
        """The frame in a line.

        Raises
        ------
        ValueError
            It holds none; the text names the field and what would be right.
        """
        entry = line if isinstance(line, dict) else parse_line(line)
        time = self._time(entry)
        found = entry.get("people")
        if not isinstance(found, list):
            raise ValueError(f"people must be a list, not {_short(found)}")
        if len(found) > MAX_PEOPLE:
            raise ValueError(f"people must be at most {MAX_PEOPLE}, not {len(found)}")
        bodies: list[np.ndarray] = []
        identities: list[int | str | None] = []
        labels: list[str | None] = []
        for number, person in enumerate(found):
            if not isinstance(person, dict):
                raise ValueError(f"people[{number}] must be an object, not {_short(person)}")
            bodies.append(self._body(person, f"people[{number}]"))
            identities.append(_identity(person, f"people[{number}]"))
            label = person.get("label")
            labels.append(label if isinstance(label, str) else None)
        if any(identity is None for identity in identities):
            if len(set(identities)) > 1:
                raise ValueError("people must all have an id, or none of them")
            identities = list(self._tracker.identities(time, bodies))
        if len(set(identities)) < len(identities):
            double = next(one for one in identities if identities.count(one) > 1)
            raise ValueError(f"people must have ids that differ, but {double!r} is there twice")
        return Frame(time=time, people={person: body for person, body in zip(identities, bodies) if person is not None},
                     labels={person: label for person, label in zip(identities, labels)
                             if person is not None and label is not None})

    def _time(self, entry: dict) -> float:
        if "time" not in entry and "frame" in entry:
            number = entry["frame"]
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise ValueError(f"frame must be a number, not {_short(number)}")
            return number / self.form.rate
        time = entry.get("time")
        if isinstance(time, bool) or not isinstance(time, int | float):
            raise ValueError(f"time must be a number of seconds, not {_short(time)}")
        try:
            return float(time)
        except OverflowError:
            raise ValueError(f"time must be a finite number of seconds, not {_short(time)}") from None

    def _body(self, person: dict, where: str) -> np.ndarray:
        """Joints (V, C + 1) of a person."""
        key = next((key for key in _JOINTS if key in person), None)
        if key is None:
            raise ValueError(f"{where} must have joints")
        where = f"{where}.{key}"
        count, scored = VALUES[self.form.kind]
        numbers = _numbers(person[key], self.form.kind, where)
        if self.joints is not None and len(numbers) != self.joints:
            named = f" ({self.form.skeleton})" if self.form.skeleton else ""
            raise ValueError(f"{where} must have {self.joints} joints{named}, not {len(numbers)}")
        seen = with_scores(numbers, scored=scored, min_score=self.form.min_score)
        seen[:, :count] = seen[:, :count] @ self._turn.T
        return seen


def _numbers(joints, kind: str, where: str) -> np.ndarray:
    """Float64 (V, C) of a list of joints, or of a flat list of numbers; NaN where a joint is null."""
    width = len(kind)
    if not isinstance(joints, list) or not joints:
        raise ValueError(f"{where} must be a list of joints, not {_short(joints)}")
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in joints):
        if len(joints) % width:
            raise ValueError(f"{where} must have {width} numbers ({kind}) for each joint, not {len(joints)} in all")
        joints = [joints[first:first + width] for first in range(0, len(joints), width)]
    rows = [_joint(joint, kind, f"{where}[{number}]") for number, joint in enumerate(joints)]
    try:
        return np.array(rows, np.float64)
    except OverflowError:
        raise ValueError(f"{where} must hold numbers that fit float64") from None


def _joint(joint, kind: str, where: str) -> list[float]:
    if joint is None:
        return [float("nan")] * len(kind)
    if isinstance(joint, dict):
        score = next((joint[name] for name in _SCORES if name in joint), None)
        joint = [score if letter == "s" else joint.get(letter) for letter in kind]
    if not isinstance(joint, list) or len(joint) != len(kind):
        raise ValueError(f"{where} must be {len(kind)} numbers ({kind}) or null, not {_short(joint)}")
    joint = [float("nan") if value is None else value for value in joint]
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in joint):
        raise ValueError(f"{where} must be {len(kind)} numbers ({kind}) or null, not {_short(joint)}")
    return joint


def _identity(person: dict, where: str) -> int | str | None:
    value = next((person[key] for key in _IDENTITY if key in person), None)
    if isinstance(value, list) and len(value) == 1:  # as OpenPose has it; -1 is nobody
        value = None if value[0] == -1 else value[0]
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | str)):
        raise ValueError(f"{where}.id must be an integer or a text, not {_short(value)}")
    if isinstance(value, str) and len(value) > 100:
        raise ValueError(f"{where}.id must have at most 100 characters, not {len(value)}")
    return value


def _short(value) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."
