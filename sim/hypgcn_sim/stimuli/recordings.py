"""Recorded clips with their labels, as a design takes them: other skeletons mapped, empty places filled."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip, resample

from .clips import generated_clip

__all__ = ["PARTS", "Recordings", "clips_for"]

PARTS = {"train": 0, "test": 1}
"""Parts of a recording, as its ``split`` numbers them."""

KINECT20_ON_NTU25: dict[int, tuple[tuple[int, float], ...]] = {
    joint: ((source, 1.0),) for joint, source in enumerate((*range(20), 2, 7, 7, 11, 11))}
KINECT20_ON_NTU25[2] = ((2, 2 / 3), (3, 1 / 3))
"""NTU RGB+D's joints from those of Kinect v1, as the offline path maps them: the neck lies between shoulders and head,
tips and thumbs are at the hands."""


GENERATED_TRAIN = 1_000_000
"""Seeds of generated clips that stand for training clips begin so much later."""


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """Clips of one part of a recording.

    clips : int8 (N, M, T, V, C), prepared as the design's ``meta`` says; labels : int (N,), of the first person
    places : int (N,), which of the clips of that part of the file these are
    """

    clips: np.ndarray
    labels: np.ndarray
    places: np.ndarray

    @classmethod
    def load(cls, design: Design, path: Path, *, count: int | None = None, seed: int = 1,
             crowded: bool = True, part: str = "test") -> "Recordings":
        """Clips of ``part`` (one of :data:`PARTS`) of an npz with ``data`` (N, C, T, V, M), ``length``, ``label`` and
        ``split``: all of them, or ``count`` that ``seed`` chooses.

        Where a recording has fewer persons than the design, ``crowded`` fills the places with the first persons of the
        clips of that part that follow, at the speed of their new companion; else these persons are absent. Raises
        :exc:`ValueError` when the file does not fit the design.
        """
        if part not in PARTS:
            raise ValueError(f"part must be one of {', '.join(PARTS)}, not {part!r}")
        try:
            with np.load(path, allow_pickle=False) as file:
                data, length, label, split = file["data"], file["length"], file["label"], file["split"]
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is not a recording: it must hold data, length, label and split ({error})") \
                from error
        if data.ndim != 5 or data.shape[1] != design.channels or _joints(design, data.shape[3]) is None:
            raise ValueError(f"{path}: data must have shape (clips, {design.channels}, frames, {design.joints}, "
                             f"persons) for this design, not {data.shape}")
        held = np.flatnonzero(split == PARTS[part])
        places = np.arange(len(held))
        if count is not None:
            if len(held) < count:
                raise ValueError(f"{path} holds {len(held)} {part} clips, fewer than the {count} that are asked for")
            places = np.sort(np.random.default_rng(seed).permutation(len(held))[:count])
        mapped = _joints(design, data.shape[3])

        def recorded(place: int) -> np.ndarray:
            index = held[place % len(held)]
            clip = data[index, :, :int(length[index])].transpose(3, 1, 2, 0)
            return clip if not mapped else np.stack(
                [sum(clip[:, :, source] * np.float32(weight) for source, weight in mapped[joint])
                 for joint in range(design.joints)], axis=2)

        entry = design.meta.get("preparation")
        preparation = Preparation.from_dict(entry) if entry else Preparation(frames=design.frames)
        clips = []
        for place in places.tolist():
            clip = recorded(place)[:design.persons]
            people = np.zeros((design.persons, *clip.shape[1:]), clip.dtype)
            people[:len(clip)] = clip
            if crowded:
                for person in range(len(clip), design.persons):
                    guest = recorded(place + person - len(clip) + 1)[:1]
                    people[person] = resample(guest, clip.shape[1])[0]
            clips.append(quantise_clip(design, prepare_clip(people, preparation)))
        return cls(clips=np.stack(clips), labels=label[held[places]].astype(np.int64), places=places)


def _joints(design: Design, joints: int) -> dict | None:
    """How the design's joints come from recorded ones: empty when they are the same, ``None`` when they do not."""
    if joints == design.joints:
        return {}
    named = design.meta.get("skeleton", {})
    if joints == 20 and design.joints == 25 and isinstance(named, dict) and named.get("name") == "ntu25":
        return KINECT20_ON_NTU25
    return None


def clips_for(design: Design, count: int, path: Path, *, seed: int = 1, explicit: bool = False,
              part: str = "test") -> tuple[np.ndarray, int]:
    """``count`` clips of ``part`` with all persons present, and how many of them are recorded: all, or none where there
    is no file or, unless it was asked for, one that does not fit. Generated ones of the two parts differ too."""
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, not {part!r}")
    if path.exists() or explicit:
        try:
            return Recordings.load(design, path, count=count, seed=seed, part=part).clips, count
        except ValueError:
            if explicit:
                raise
    first = seed * 1000 + (0 if part == "test" else GENERATED_TRAIN)
    return np.stack([generated_clip(design, first + number) for number in range(count)]), 0
