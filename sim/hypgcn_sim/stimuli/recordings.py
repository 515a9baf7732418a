"""Recorded clips with their labels, prepared for a design: missing joints and persons filled in, joints mapped."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.class_names import class_order
from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip, resample
from hypgcn.design.persons import match_persons
from hypgcn.testbench.clips import generated_clip

from .completing import clip_reader

__all__ = ["PARTS", "Recordings", "clips_for"]

PARTS = {"train": 0, "test": 1}
"""Parts of a recording, as its ``split`` numbers them."""

KINECT20_ON_NTU25: dict[int, tuple[tuple[int, float], ...]] = {
    joint: ((source, 1.0),) for joint, source in enumerate((*range(20), 2, 7, 7, 11, 11))}
KINECT20_ON_NTU25[2] = ((2, 2 / 3), (3, 1 / 3))
"""NTU RGB+D's joints from those of Kinect v1, with the map of the offline path: the neck lies between shoulders and
head, tips and thumbs are at the hands."""

GENERATED_TRAIN = 1_000_000
"""Offset of the seeds of generated training clips from those of test clips."""


@dataclass(frozen=True, kw_only=True)
class Recordings:
    """Clips of one part of a recording.

    Attributes
    ----------
    clips : int8 (N, M, T, V, C)
        Prepared by the design's ``meta``.
    labels : int64 (N,)
        Class of the first person, as the recording numbers it.
    places : int (N,)
        Index of each clip among those of its part.
    class_names : tuple of str
        Of the recording's classes, or empty.
    """

    clips: np.ndarray
    labels: np.ndarray
    places: np.ndarray
    class_names: tuple[str, ...] = ()

    def labels_of(self, design: Design) -> np.ndarray:
        """Labels as ``design`` numbers the classes: by name, where both have names.

        Raises
        ------
        ValueError
            The recording has a class that the design does not know.
        """
        if not self.class_names or not design.class_names:
            return self.labels
        return np.array(class_order(design.class_names, self.class_names, f"design {design.name}"))[self.labels]

    @classmethod
    def load(cls, design: Design, path: Path, *, count: int | None = None, seed: int = 1,
             crowded: bool = True, part: str = "test") -> "Recordings":
        """Read and prepare clips.

        Parameters
        ----------
        design : Design
            The network.
        path : Path
            npz with ``data`` (N, C, T, V, M), ``length``, ``label`` and ``split``.
        count : int or None
            Number of clips; ``None`` for all.
        seed : int
            Chooses them.
        crowded : bool
            Fill missing persons with the first persons of the next clips of the part, resampled to the same length;
            else they are absent.
        part : str
            One of :data:`PARTS`.

        Raises
        ------
        ValueError
            When the file does not fit the design.
        """
        if part not in PARTS:
            raise ValueError(f"part must be one of {', '.join(PARTS)}, not {part!r}")
        try:
            with np.load(path, allow_pickle=False) as file:
                data, length, label, split = file["data"], file["length"], file["label"], file["split"]
                names = tuple(map(str, file["class_names"])) if "class_names" in file.files else ()
        except (KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is not a recording: it must hold data, length, label and split ({error})") \
                from error
        if data.ndim != 5 or data.shape[1] != design.channels or _joints(design, data.shape[3]) is None:
            raise ValueError(f"{path}: data must have shape (clips, {design.channels}, frames, {design.joints}, "
                             f"persons) for this design, not {data.shape}")
        chosen = np.flatnonzero(split == PARTS[part])
        places = np.arange(len(chosen))
        if count is not None:
            if len(chosen) < count:
                raise ValueError(f"{path} holds {len(chosen)} {part} clips, fewer than the {count} requested")
            places = np.sort(np.random.default_rng(seed).permutation(len(chosen))[:count])
        mapped = _joints(design, data.shape[3])
        read = clip_reader(design, data, length)

        def recorded(place: int) -> np.ndarray:
            clip = read(chosen[place % len(chosen)])
            return clip if not mapped else np.stack(
                [sum(clip[:, :, source] * np.float32(weight) for source, weight in mapped[joint])
                 for joint in range(design.joints)], axis=2)

        entry = design.meta.get("preparation")
        preparation = Preparation.from_dict(entry) if entry else Preparation(frames=design.frames)
        clips = []
        for place in places.tolist():
            clip = recorded(place)
            people = match_persons(clip, design.persons)
            if crowded:
                for person in range(len(clip), design.persons):
                    guest = match_persons(recorded(place + person - len(clip) + 1), 1)
                    people[person] = resample(guest, clip.shape[1])[0]
            clips.append(quantise_clip(design, prepare_clip(people, preparation)))
        return cls(clips=np.stack(clips), labels=label[chosen[places]].astype(np.int64), places=places,
                   class_names=names)


def _joints(design: Design, joints: int) -> dict | None:
    """Map from recorded joints to those of the design: empty when they are the same, ``None`` without a map."""
    if joints == design.joints:
        return {}
    named = design.meta.get("skeleton", {})
    if joints == 20 and design.joints == 25 and isinstance(named, dict) and named.get("name") == "ntu25":
        return KINECT20_ON_NTU25
    return None


def clips_for(design: Design, count: int, path: Path, *, seed: int = 1, explicit: bool = False,
              part: str = "test") -> tuple[np.ndarray, int]:
    """Clips of a part with all persons present: recorded ones, or generated ones without a fitting file.

    Parameters
    ----------
    design : Design
        The network.
    count : int
        Number of clips.
    path : Path
        File of recordings.
    seed : int
        Chooses recorded clips, and makes generated ones.
    explicit : bool
        A missing or unfitting file is an error.
    part : str
        One of :data:`PARTS`; generated clips of the two parts differ, too.

    Returns
    -------
    clips : int8 (N, M, T, V, C)
        The clips.
    real : int
        How many of them are recorded: all or none.
    """
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
