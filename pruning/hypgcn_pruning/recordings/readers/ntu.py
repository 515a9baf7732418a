"""Raw NTU RGB+D recordings: the text of a ``.skeleton`` file, and the numbers in its name."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design.filling import complete_clip
from hypgcn.design.missing import no_origins
from hypgcn.design.skeleton import BUILT_IN

from ..data import Clips
from ..missing import Tally
from .ntu_preparation import choose_bodies, prepare_ntu
from .pack import Recording, pack, warn_left_out

__all__ = ["NtuName", "complete_bodies", "read_skeleton", "read_ntu", "PROTOCOLS"]

PROTOCOLS = ("xsub", "xview", "xset")
"""Cross-subject, cross-view (cameras 2 and 3 train), cross-setup (even setups train)."""

TRAINING_SUBJECTS = frozenset((
    1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38,
    45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89, 91, 92, 93, 94, 95,
    97, 98, 100, 103))
"""The first row is NTU RGB+D, whose subjects end at 40; both rows together are NTU RGB+D 120."""

TRAINING_CAMERAS = frozenset((2, 3))
JOINTS, TRACKED, FRAMES = 25, 4, 300
IGNORED = "samples_with_missing_skeletons.txt"


@dataclass(frozen=True, kw_only=True)
class NtuName:
    """The numbers of ``SsssCcccPpppRrrrAaaa``: setup, camera, subject (person), repetition, action, all from 1."""

    setup: int
    camera: int
    subject: int
    repetition: int
    action: int

    @classmethod
    def parse(cls, name: str) -> "NtuName":
        """The numbers of a file's name, or :exc:`ValueError`."""
        found = re.match(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})(?!\d)", name)
        if not found:
            raise ValueError(f"name must begin with SsssCcccPpppRrrrAaaa, as S001C002P003R002A013, not {name!r}")
        setup, camera, subject, repetition, action = map(int, found.groups())
        if not 1 <= action <= 120:
            raise ValueError(f"action in the name must be in 1..120, not {action} ({name})")
        return cls(setup=setup, camera=camera, subject=subject, repetition=repetition, action=action)

    def split(self, protocol: str) -> int:
        """0 where the recording is for training under ``protocol``, 1 where it is for testing."""
        if protocol not in PROTOCOLS:
            raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol!r}")
        trains = {"xsub": self.subject in TRAINING_SUBJECTS, "xview": self.camera in TRAINING_CAMERAS,
                  "xset": self.setup % 2 == 0}
        return 0 if trains[protocol] else 1


class _Lines:
    """The lines of a file, one after the other; errors name file, line number and what was expected."""

    def __init__(self, path: Path):
        self.path = path
        self.number = 0
        try:
            self.lines = path.read_text(encoding="ascii").splitlines()
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} must be text, as .skeleton files are: {error}") from error

    def fail(self, expected: str, actual: str):
        """Raise :exc:`ValueError` for the current line."""
        raise ValueError(f"{self.path}, line {self.number}: must be {expected}, not {actual}")

    def fields(self, count: int, expected: str) -> list[str]:
        """The ``count`` words of the next line."""
        self.number += 1
        if self.number > len(self.lines):
            self.fail(expected, "the end of the file (truncated?)")
        words = self.lines[self.number - 1].split()
        if len(words) != count:
            self.fail(expected, f"{len(words)} fields")
        return words

    def integer(self, expected: str, maximum: int | None = None) -> int:
        """The next line as one number, 0..``maximum``."""
        word, = self.fields(1, expected)
        if not word.isdecimal() or (maximum is not None and int(word) > maximum):
            self.fail(expected, repr(word))
        return int(word)

    def place(self, expected: str) -> tuple[float, ...]:
        """x, y, z of the next line, a joint's."""
        words = self.fields(12, expected)
        try:
            place = tuple(map(float, words[:3]))
        except ValueError:
            self.fail(expected, repr(" ".join(words[:3])))
        if not np.isfinite(place).all():
            self.fail(f"{expected} with finite x, y, z", repr(" ".join(words[:3])))
        return place

    def end(self):
        """Refuse anything but blank lines from here on."""
        for line in self.lines[self.number:]:
            self.number += 1
            if line.strip():
                self.fail("the end of the file after the last frame", repr(line[:40]))


def _places(names: list[str], owners: dict[str, int]) -> list[int]:
    """Place of each body of a frame.

    A body whose tracking number was seen before keeps the place of that number. Another one takes the place that it has
    in its frame, or, where that is the place of somebody who is there, the first that is not. Who shares a tracking
    number with an earlier body of the frame counts as another one.

    Parameters
    ----------
    names : list of str
        Tracking numbers in the order of the frame.
    owners : dict of str to int
        Places of the tracking numbers that were seen; changed.
    """
    known = [name if name in owners and name not in names[:body] else None for body, name in enumerate(names)]
    taken = {owners[name] for name in known if name is not None}
    places = []
    for body, name in enumerate(known):
        if name is not None:
            places.append(owners[name])
            continue
        free = (place for place in range(len(names) + len(taken)) if place not in taken)
        places.append(body if body not in taken else next(free))
        taken.add(places[-1])
        if names[body] not in owners:
            # Who had this place has left it: a number that comes back does not share it.
            for former in [former for former, place in owners.items() if place == places[-1]]:
                del owners[former]
            owners[names[body]] = places[-1]
    return places


def read_skeleton(path, joints: int = JOINTS) -> np.ndarray:
    """Float64 (4, T, ``joints``, 3) of one ``.skeleton`` file, x, y, z in metres; absent bodies are zero, T may be 0.

    The file holds the number of frames; per frame the number of bodies; per body a line of 10 fields, the number of
    joints, and a line of 12 fields per joint, of which the first three are read. Bodies keep their place by the
    tracking number that their line begins with (:func:`_places`); places beyond the fourth are read and dropped.
    Anything else, also a file that ends early or goes on, is a :exc:`ValueError` with file, line number and what had to
    be there.
    """
    lines = _Lines(Path(path))
    count = lines.integer("the number of frames")
    frames: list[np.ndarray] = []
    owners: dict[str, int] = {}
    for frame in range(count):
        bodies = np.zeros((TRACKED, joints, 3))
        names, found = [], []
        for body in range(lines.integer(f"the number of bodies in frame {frame}")):
            where = f"of body {body} in frame {frame}"
            names.append(lines.fields(10, f"the 10 fields {where}")[0])
            if lines.integer(f"{joints}, the number of joints {where}", joints) != joints:
                lines.fail(f"{joints}, the number of joints {where}", repr(lines.lines[lines.number - 1].strip()))
            found.append([lines.place(f"the 12 fields of joint {joint} {where}") for joint in range(joints)])
        for place, joints_of_body in zip(_places(names, owners), found):
            if place < TRACKED:
                bodies[place] = joints_of_body
        frames.append(bodies)
    lines.end()
    return np.stack(frames, axis=1) if frames else np.zeros((TRACKED, 0, joints, 3))


def complete_bodies(bodies: np.ndarray, name: str, tally: Tally) -> np.ndarray:
    """The two bodies that are kept of ``bodies`` (M, T, 25, 3), at least one of them present, without missing joints.

    It comes before they are centred and turned by joints that may be missing. ``tally`` is given what was done to the
    recording ``name``.
    """
    chosen = choose_bodies(bodies)
    done = complete_clip(chosen, parents=BUILT_IN["ntu25"].parents, origins=no_origins(len(chosen), JOINTS))
    tally.add(done, name)
    return done.clip


def _ignored(folder: Path) -> set[str]:
    path = folder / IGNORED
    return {line.strip() for line in path.read_text(encoding="utf-8").splitlines()} if path.is_file() else set()


def read_ntu(path, protocol: str = "xsub", *, replayed: bool = True) -> Clips:
    """Clips of a folder of ``.skeleton`` files (or of one file), prepared as 2s-AGCN does, sorted by name.

    ``replayed``: clips are replayed up to 300 frames, as published; otherwise they keep their own length. Recordings
    in which nobody is seen, and those named in ``samples_with_missing_skeletons.txt`` of the folder, are left out with
    a warning. There are 60 classes, or 120 where an action above 60 occurs.
    """
    path = Path(path)
    files = [path] if path.is_file() else sorted(path.glob("*.skeleton"))
    ignored = _ignored(path)
    recordings, empty, tally = [], [], Tally()
    for file in files:
        name = NtuName.parse(file.name)
        split = name.split(protocol)
        bodies = np.zeros(0) if file.stem in ignored else read_skeleton(file)
        if not bodies.any():
            empty.append(file.stem)
            continue
        try:
            bodies = complete_bodies(bodies, file.name, tally)
            data = prepare_ntu(bodies, FRAMES if replayed else 0).astype(np.float32)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from error
        recordings.append(Recording(name=str(file), data=data, label=name.action - 1, split=split, numbers={
            "view": name.camera, "subject": name.subject, "setup": name.setup}))
    warn_left_out(path, empty)
    tally.say(path)
    return pack(recordings, path, classes=120 if any(r.label >= 60 for r in recordings) else 60, joint_order="ntu25")
