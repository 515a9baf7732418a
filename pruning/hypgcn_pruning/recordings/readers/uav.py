"""UAV-Human's skeleton text files, which are laid out as NTU's are, with 17 joints."""

import re
from pathlib import Path

import numpy as np

from ..data import Clips
from .ntu import read_skeleton
from .ntu_preparation import choose_bodies
from .pack import Recording, last_is_score, pack, warn_left_out

__all__ = ["PROTOCOLS", "is_uav_name", "read_uav"]

JOINTS, CLASSES, SUBJECTS = 17, 155, 119
_NAME = re.compile(r"P(\d+)S\d+G\d+B\d+H\d+UC\d+LC\d+A(\d+)R\d+_\d+")

_TESTED = {
    "xsub1": frozenset((1, 3, 4, 9, 22, 23, 24, 31, 41, 54, 58, 60, 66, 72, 74, 75, 91, 92, 93, 94, 95, 96, 97, 99, 101,
                        104, 107, 108, 109, 113)),
    "xsub2": frozenset((1, 2, 7, 9, 13, 15, 17, 23, 25, 27, 28, 33, 34, 41, 42, 48, 50, 51, 53, 55, 58, 65, 68, 76, 82,
                        85, 90, 98, 105, 116)),
}
"""Subjects of both published splits that do not train, of 0..118."""

PROTOCOLS = tuple(_TESTED)


def is_uav_name(path: Path) -> bool:
    """Whether a file has the name of a recording of UAV-Human."""
    return path.suffix == ".txt" and _NAME.fullmatch(path.stem) is not None


def read_uav(path, protocol: str = "xsub1", third: str | None = None) -> Clips:
    """Clips of a folder of UAV-Human's ``.txt`` files (or of one); the two bodies with the most energy are kept.

    Names are ``P000S00G10B10H10UC022000LC021000A000R0_08241716.txt``: person, action (0..154) and others. ``protocol``
    is the published ``xsub1`` (cross-subject v1) or ``xsub2``. Recordings without a body are left out with a warning.
    ``third`` is what the third number of a joint is, ``score`` or ``z``; ``None`` to see by its range.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)} for {path}, not {protocol!r}")
    path = Path(path)
    files = [path] if path.is_file() else sorted(path.glob("*.txt"))
    recordings, empty = [], []
    for file in files:
        match = _NAME.fullmatch(file.stem)
        if not match:
            raise ValueError(f"{file} must be named as P000S00G10B10H10UC022000LC021000A000R0_08241716.txt")
        person, action = int(match[1]), int(match[2])
        if person >= SUBJECTS or action >= CLASSES:
            raise ValueError(f"{file}: person must be in 0..{SUBJECTS - 1} and action in 0..{CLASSES - 1}, not "
                             f"{person} and {action}")
        bodies = read_skeleton(file, joints=JOINTS)
        if not bodies.any():
            empty.append(file.stem)
            continue
        recordings.append(Recording(name=str(file), data=choose_bodies(bodies).astype(np.float32), label=action,
                                    split=int(person in _TESTED[protocol]), numbers={"subject": person}))
    warn_left_out(path, empty)
    return pack(recordings, path, classes=CLASSES, joint_order="coco17", scored=last_is_score(recordings, third, path))
