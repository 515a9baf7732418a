"""Sequences of several actions, made of recorded clips, with what is done when."""

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hypgcn.design import Design

from .frame import Frame, with_scores
from .network import network_skeleton

__all__ = ["GROUP", "PARTS", "RecordedClip", "Segment", "join_clips", "read_recording"]

GROUP = "hypgcn.recordings"
"""Entry points that read recordings, as for ``hypgcn run``: ``read(path, joints=, skeleton=)``."""

PARTS = ("test", "train", "unseen")
"""Names of the parts of a recording; the third is what of the first is not in the second."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordedClip:
    """A clip of a recording.

    Parameters
    ----------
    name : str
        Of file and clip.
    clip : np.ndarray (M, T, V, C)
        Coordinates, missing joints filled.
    label : str or None
        Its class.
    """

    name: str
    clip: np.ndarray
    label: str | None


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of a sequence: ``begin`` to below ``end`` in seconds; ``label`` is ``None`` for a pause."""

    begin: float
    end: float
    label: str | None


def read_recording(path, design: Design, *, part: str = "test") -> list[RecordedClip]:
    """Clips of a recording in any format that training reads, on the joints of ``design``.

    Parameters
    ----------
    path : path
    design : Design
        Gives the names of classes that the recording only numbers.
    part : str
        One of :data:`PARTS`: ``"test"``, ``"train"``, or ``"unseen"``, the test clips whose coordinates no training
        clip has; recordings that hold out nothing are all test.

    Raises
    ------
    ValueError
        No package reads recordings, or there is no such clip.
    """
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, not {part!r}")
    entries = list(importlib.metadata.entry_points(group=GROUP))
    if not entries:
        raise ValueError(f"recordings need a package that reads them (entry points {GROUP}); without one a sequence "
                         f"must be a file of JSON lines")
    skeleton = network_skeleton(design)
    found = entries[0].load()(path, joints=design.joints, skeleton=skeleton.name if skeleton else None)
    if part == "unseen":
        trained = {_content(clip.clip) for clip in found if not clip.test}
        found = [clip for clip in found if clip.test and _content(clip.clip) not in trained]
    names = design.class_names
    clips = [RecordedClip(name=clip.name, clip=clip.clip,
                          label=clip.class_name or (names[clip.label] if names and clip.label is not None else None))
             for clip in found if clip.test == (part != "train")]
    if not clips:
        raise ValueError(f"{path} must hold {part} clips, but has none")
    return clips


def _content(clip: np.ndarray) -> tuple[tuple[int, ...], bytes]:
    """What is equal for clips of the same coordinates."""
    return clip.shape, np.ascontiguousarray(clip).tobytes()


def join_clips(clips: Sequence[RecordedClip], *, rate: float = 30.0,
               pause: float = 0.0) -> tuple[list[Frame], list[Segment]]:
    """Clips one behind the other, each but the first behind a pause in which the last pose is held.

    Person m of every clip has the identity m + 1, and comes and goes as in the clip.

    Parameters
    ----------
    clips : sequence of RecordedClip
        At least one.
    rate : float
        Frames a second, above 0.
    pause : float
        Seconds, 0 or more.

    Returns
    -------
    frames : list of Frame
        With labels, but in pauses.
    segments : list of Segment
        Clips and pauses.
    """
    if not clips:
        raise ValueError("clips must hold at least one clip")
    if not 0 < rate < float("inf"):
        raise ValueError(f"rate must be above 0 frames a second, not {rate!r}")
    if not 0 <= pause < float("inf"):
        raise ValueError(f"pause must be at least 0 seconds, not {pause!r}")
    frames: list[Frame] = []
    segments: list[Segment] = []

    def add(bodies: Sequence[np.ndarray], label: str | None):
        begin = len(frames)
        for body in bodies:
            people: dict[int | str, np.ndarray] = {
                m + 1: with_scores(joints, scored=False) for m, joints in enumerate(body) if joints.any()}
            frames.append(Frame(time=len(frames) / rate, people=people,
                                labels=dict.fromkeys(people, label) if label is not None else {}))
        if len(frames) > begin:
            segments.append(Segment(begin=begin / rate, end=len(frames) / rate, label=label))

    for place, recorded in enumerate(clips):
        if place:
            add([clips[place - 1].clip[:, -1]] * round(pause * rate), None)
        add(list(recorded.clip.transpose(1, 0, 2, 3)), recorded.label)
    return frames, segments
