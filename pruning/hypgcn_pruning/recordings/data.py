"""Recorded clips: reading the two common file layouts, splitting, augmentation and batches."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from hypgcn.design.clip import Preparation, at_times, prepare_clip, resample
from hypgcn.design.names import check_text
from hypgcn.design.persons import match_persons

from ..config import STREAMS, Augmentation
from .balance import balanced_order
from .identity import clip_digests, recordings_digests
from .padding import mostly_padding, padded, taken
from .plain_pickle import load_plain
from .skeleton import NTU25_MAPS, Skeleton

__all__ = ["Clips", "load_npz", "load_npy", "load_clips", "map_to_ntu25", "every_nth", "preparation_for", "prepared",
           "calibration_clips", "crowded", "batches"]


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Recorded clips with their labels.

    Parameters
    ----------
    data : np.ndarray float32 (N, C, T, V, M)
        Zero-padded at the end of T.
    length : np.ndarray int64 (N,)
        Real frames of each clip, 1..T.
    label : np.ndarray int64 (N,)
        0..classes-1.
    classes : int
        Number of classes.
    class_names : tuple of str
        Their names, or empty.
    split : np.ndarray uint8 (N,)
        0 training, 1 test.
    scored : bool
        The last channel is a confidence, no coordinate; such clips are not turned in training.
    numbers : dict of np.ndarray int64 (N,)
        What else the recordings say of each clip, by name: ``view``, ``subject``, ...
    chosen : tuple of int
        Where only some classes were chosen, the number of each of them in the recordings; behind
        :func:`~.class_names.match_classes` that in the network. Else empty.
    """

    data: np.ndarray
    length: np.ndarray
    label: np.ndarray
    classes: int
    class_names: tuple[str, ...] = ()
    split: np.ndarray
    scored: bool = False
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    chosen: tuple[int, ...] = ()

    def __post_init__(self):
        if self.data.ndim != 5:
            raise ValueError(f"data must have the five dimensions (clip, channel, frame, joint, person), not "
                             f"{self.data.ndim}")
        count = len(self.data)
        if not count or not self.data.size:
            raise ValueError(f"data must hold at least one clip, but has shape {self.data.shape}")
        for name in ("length", "label", "split"):
            if getattr(self, name).shape != (count,):
                raise ValueError(f"{name} must have one entry for each of the {count} clips, not shape "
                                 f"{getattr(self, name).shape}")
        for name, values in self.numbers.items():
            if values.shape != (count,):
                raise ValueError(f"{name} must have one entry for each of the {count} clips, not shape {values.shape}")
        clip = next((k for k, each in enumerate(self.data) if not np.isfinite(each).all()), None)
        if clip is not None:
            raise ValueError(f"data must hold finite numbers only, but clip {clip} has NaN or infinite coordinates")
        if self.length.min() < 1 or self.length.max() > self.data.shape[2]:
            raise ValueError(f"length must be in 1..{self.data.shape[2]}, not {self.length.min()}..{self.length.max()}")
        if self.label.min() < 0 or self.label.max() >= self.classes:
            raise ValueError(f"label must be in 0..{self.classes - 1}, not {self.label.min()}..{self.label.max()}")
        for index, name in enumerate(self.class_names):
            check_text(f"class_names[{index}]", name)  # a design is refused for it, after all the training

    def __len__(self) -> int:
        return len(self.data)

    @property
    def joints(self) -> int:
        """V of the recordings."""
        return self.data.shape[3]

    def clip(self, index: int) -> np.ndarray:
        """One recorded clip, (M, T, V, C), without its padding."""
        return self.data[index, :, :self.length[index]].transpose(3, 1, 2, 0)

    @cached_property
    def digests(self) -> tuple[bytes, ...]:
        """Hash of each clip's coordinates, without its padding."""
        return clip_digests(self.clip(index) for index in range(len(self)))

    @property
    def identity(self) -> dict:
        """What a run that reads these clips depends on, as plain data."""
        return recordings_digests(self.digests, self.label, self.split, self.class_names, self.scored)

    def part(self, split: int) -> "Clips":
        """The clips of one split; :exc:`ValueError` when there are none."""
        chosen = self.split == split
        if not chosen.any():
            raise ValueError(f"data must hold at least one clip of split {split} (0 training, 1 test), but has none")
        return self.take(np.flatnonzero(chosen))

    def take(self, index: np.ndarray) -> "Clips":
        """The clips at ``index``."""
        return replace(self, data=taken(self.data, self.length, index), length=self.length[index],
                       label=self.label[index], split=self.split[index],
                       numbers={name: v[index] for name, v in self.numbers.items()})

    def evenly(self, count: int) -> "Clips":
        """``count`` clips at even steps through all of them, or all where there are fewer."""
        return self.take(np.linspace(0, len(self) - 1, min(count, len(self))).round().astype(np.int64))


def _lengths(data: np.ndarray) -> np.ndarray:
    """Frames up to the last one that is not all zero, at least 1."""
    used = data.any(axis=(1, 3, 4))
    return np.where(used.any(axis=1), data.shape[2] - np.argmax(used[:, ::-1], axis=1), 1)


def load_npz(path) -> Clips:
    """Clips of an ``.npz`` with ``data`` (N, C, T, V, M) and ``label``; ``length``, ``split``, ``class_names`` and any
    further integers, one for each clip (``view``, ``subject``), where present."""
    try:
        with open(path, "rb") as handle, np.load(handle, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except (zipfile.BadZipFile, ValueError, EOFError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path} is not an npz file, or is damaged: {error}") from error
    for name in ("data", "label"):
        if name not in found:
            raise ValueError(f"{path} must hold data and label, but {name} is missing")
    data, label = found["data"].astype(np.float32), found["label"].astype(np.int64)
    names = tuple(str(n) for n in found.get("class_names", ()))
    if data.ndim != 5:
        raise ValueError(f"{path}: data must have the five dimensions (clip, channel, frame, joint, person), not "
                         f"{data.ndim}")
    numbers = {name: values.astype(np.int64) for name, values in found.items()
               if name not in ("data", "label", "length", "split") and values.shape == label.shape
               and values.dtype.kind in "iu"}
    return Clips(data=data, label=label, class_names=names, numbers=numbers,
                 classes=len(names) or int(label.max(initial=0)) + 1,
                 length=found["length"].astype(np.int64) if "length" in found else _lengths(data),
                 split=found["split"].astype(np.uint8) if "split" in found else np.zeros(len(label), np.uint8))


def _load_labels(path: Path) -> np.ndarray:
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False).astype(np.int64)
    content = load_plain(path)
    try:
        return np.asarray(content[1] if isinstance(content, tuple) else content, dtype=np.int64)
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(f"{path} is not a label file (names and labels, or a list of labels): {error}") from error


def load_npy(data_path, label_path, split: int = 0) -> Clips:
    """Clips of one split in the layout of 2s-AGCN: ``*_data_joint.npy`` (N, C, T, V, M) and ``*_label.pkl`` or
    ``.npy``.

    The pickle is read by ``plain_pickle.py``: a foreign file cannot run code.
    """
    try:
        data = np.load(data_path, allow_pickle=False).astype(np.float32)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{data_path} is not an npy file, or is damaged: {error}") from error
    label = _load_labels(Path(label_path))
    if data.ndim != 5:
        raise ValueError(f"{data_path}: data must have five dimensions (clip, channel, frame, joint, person), not "
                         f"{data.ndim}")
    return Clips(data=data, label=label, classes=int(label.max(initial=0)) + 1, length=_lengths(data),
                 split=np.full(len(label), split, np.uint8))


def load_clips(path) -> Clips:
    """Clips at ``path``: an ``.npz``, or a folder with ``train_data_joint.npy``, ``train_label.pkl``,
    ``val_data_joint.npy``, ``val_label.pkl``."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} not found: a dataset is an .npz file or a folder in the layout of 2s-AGCN")
    if path.is_file():
        return load_npz(path)
    parts = []
    for split, name in enumerate(("train", "val")):
        labels = [path / f"{name}_label{suffix}" for suffix in (".pkl", ".npy")
                  if (path / f"{name}_label{suffix}").is_file()]
        if not labels or not (path / f"{name}_data_joint.npy").is_file():
            raise FileNotFoundError(f"{path} must hold {name}_data_joint.npy and {name}_label.pkl (or .npy)")
        parts.append(load_npy(path / f"{name}_data_joint.npy", labels[0], split))
    joined = {name: np.concatenate([getattr(p, name) for p in parts]) for name in ("data", "length", "label", "split")}
    return Clips(**joined, classes=max(p.classes for p in parts))


def map_to_ntu25(clips: Clips) -> Clips:
    """Kinect v1 (20 joints) or COCO (17 points) recordings on the 25 joints of NTU RGB+D; joints that they lack are
    taken from their neighbours, see ``skeleton.py``."""
    if clips.joints not in NTU25_MAPS:
        raise ValueError(f"clips must have the 20 joints of Kinect v1 or the 17 points of COCO, not {clips.joints}")
    if mostly_padding(clips.length, clips.data.shape[2]):
        shape = clips.data.shape
        data = padded((*shape[:3], len(NTU25_MAPS[clips.joints]), shape[4]))
        for into, each, length in zip(data, clips.data, clips.length):
            for joint, parts in enumerate(NTU25_MAPS[clips.joints]):
                into[:, :length, joint] = sum(each[:, :length, source] * np.float32(weight) for source, weight in parts)
        return replace(clips, data=data)
    joints = [sum(clips.data[:, :, :, source] * np.float32(weight) for source, weight in parts)
              for parts in NTU25_MAPS[clips.joints]]
    return replace(clips, data=np.stack(joints, axis=3))


def every_nth(clips: Clips, step: int) -> Clips:
    """Every ``step``-th frame from the first on: 2 halves the input, as the hardware's paper does; a clip keeps at
    least its first frame."""
    if isinstance(step, bool) or not isinstance(step, int) or step < 1:
        raise ValueError(f"step must be an integer of at least 1, not {step!r}")
    return replace(clips, data=clips.data[:, :, ::step], length=-(-clips.length // step))


def preparation_for(skeleton: Skeleton, frames: int, stream: str = "joint", *, scale: str = "axis",
                    centring: str = "first") -> Preparation:
    """Preparation of one of :data:`~.config.STREAMS` of ``skeleton``; scale and centring of those of published
    networks."""
    if stream not in STREAMS:
        raise ValueError(f"stream must be one of {', '.join(STREAMS)}, not {stream!r}")
    return Preparation(frames=frames, centre=skeleton.centre, scale=scale, centring=centring,
                       parents=skeleton.parents if stream.startswith("bone") else (), motion=stream.endswith("motion"))


def crowded(clips: Clips, persons: int) -> Clips:
    """``clips`` with ``persons`` persons: those that are missing are the first persons of the clips that follow, at the
    speed of their new companion. For measuring what hardware for several persons needs; labels are the first one's."""
    recorded = clips.data.shape[4]
    if recorded >= persons:
        return clips
    data = np.zeros((*clips.data.shape[:4], persons), clips.data.dtype)
    data[..., :recorded] = clips.data
    for index, length in enumerate(clips.length):
        for person in range(recorded, persons):
            guest = match_persons(clips.clip((index + person - recorded + 1) % len(clips)), 1)
            data[index, :, :length, :, person] = resample(guest, int(length))[0].transpose(2, 0, 1)
    return replace(clips, data=data)


def prepared(clips: Clips, preparation: Preparation, persons: int = 1) -> np.ndarray:
    """All clips as the network takes them: float32 (N, M, T, V, C)."""
    return np.stack([prepare_clip(match_persons(clips.clip(i), persons), preparation) for i in range(len(clips))])


def calibration_clips(clips: Clips, preparation: Preparation, persons: int, count: int) -> np.ndarray:
    """``count`` prepared training clips, float32 (N, M, T, V, C), at even steps through the training split; all where
    there are fewer."""
    return prepared(clips.part(0).evenly(count), preparation, persons)


def _rotation(rng: np.random.Generator, tilt: float, degrees: float) -> np.ndarray:
    x, y, z = np.deg2rad(rng.uniform(-1, 1, 3) * (tilt, degrees, tilt))
    cx, sx, cy, sy, cz, sz = np.cos(x), np.sin(x), np.cos(y), np.sin(y), np.cos(z), np.sin(z)
    return (np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
            @ np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]]))


def augment(clip: np.ndarray, rng: np.random.Generator, config: Augmentation, *, mirrored: tuple[int, ...] = (),
            frames: int = 0) -> np.ndarray:
    """``clip`` (M, T, V, C) with random changes, in this order; what is set to 0 changes nothing.

    * cut to a random part of at least ``1 - crop`` of its frames;
    * with ``warp`` its speed varies: the steps in time between frames are 1 - warp plus warp times an exponential
      variable;
    * with ``random_times`` and ``frames`` as many frames, interpolated linearly at uniform random times in order;
    * with probability ``mirror`` mirrored: the first axis changes its sign and joint ``mirrored[j]`` becomes joint j;
    * three coordinates are rotated about the origin by up to ``tilt`` degrees about the first and the last axis, and
      ``degrees`` about the second, the vertical one; absent persons stay zero;
    * every joint, in frames in which there is one, is moved by normal offsets, one for the clip with the standard
      deviation ``jitter``, and one for each frame with half of it: as another camera or tracker would see it.
    """
    recorded = clip.shape[1]
    keep = max(min(recorded, 8), int(round(recorded * rng.uniform(1 - config.crop, 1))))
    first = int(rng.integers(0, recorded - keep + 1))
    clip = clip[:, first:first + keep]
    if config.warp and keep > 2:
        steps = 1 - config.warp + config.warp * rng.exponential(size=keep - 1)
        clip = at_times(clip, np.concatenate([[0.0], steps.cumsum() / steps.sum()]) * (keep - 1))
    if config.random_times and frames:
        clip = at_times(clip, np.sort(rng.uniform(0, keep - 1, frames)))
    if config.mirror and rng.random() < config.mirror:
        clip = clip[:, :, list(mirrored)] * np.where(np.arange(clip.shape[3]) == 0, -1, 1)
    if clip.shape[3] == 3 and (config.degrees or config.tilt):
        clip = clip @ _rotation(rng, config.tilt, config.degrees).T
    if config.jitter and clip.shape[3] == 3:
        persons, count, joints = clip.shape[:3]
        offsets = rng.normal(0, config.jitter, (persons, 1, joints, 3)) + \
            rng.normal(0, config.jitter / 2, (persons, count, joints, 3))
        clip = clip + np.where(clip.any(axis=(2, 3), keepdims=True), offsets, 0)
    return clip


def batches(clips: Clips, preparation: Preparation, size: int, rng: np.random.Generator, *,
            augmentation: Augmentation | None = None, persons: int = 1, mirrored: tuple[int, ...] = (),
            share: tuple[int, int] = (0, 1), further: Sequence[Preparation] = (), passes: int = 1,
            balanced: bool = False):
    """``passes`` passes over the clips, each in random order, augmented: pairs of float32 (N, M, T, V, C) and int64
    (N,), and behind them the same clips in each of the preparations ``further``; the last batch of a pass may be
    smaller. With ``share`` (rank, ranks) every ranks-th clip of each batch: all ranks together have the whole one. With
    ``balanced`` a pass has as many clips of each class (:func:`~.balance.balanced_order`)."""
    config = augmentation or Augmentation()
    if clips.scored:
        config = replace(config, degrees=0.0, tilt=0.0, jitter=0.0)
    orders = [balanced_order(clips.label, rng) if balanced else rng.permutation(len(clips)) for _ in range(passes)]
    rank, ranks = share
    if ranks > 1:
        rng = rng.spawn(ranks)[rank]
    frames = preparation.period or preparation.frames
    for order in orders:
        for start in range(0, len(order), size):
            chosen = order[start:start + size][rank::ranks]
            augmented = [augment(match_persons(clips.clip(i), persons), rng, config, mirrored=mirrored, frames=frames)
                         for i in chosen]
            ready, *more = (np.stack([prepare_clip(clip, kind) for clip in augmented])
                            for kind in (preparation, *further))
            yield ready, clips.label[chosen], *more
