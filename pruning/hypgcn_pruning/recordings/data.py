"""Recorded clips: splitting, preparation and batches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from hypgcn.design.clip import Preparation, prepare_clip, resample
from hypgcn.design.names import check_text
from hypgcn.design.persons import match_persons
from hypgcn.design.skeleton import BUILT_IN, Skeleton
from hypgcn.design.skeleton_maps import joint_map, mapped, source_skeleton

from ..config import STREAMS, Augmentation
from .augment import augment
from .balance import balanced_order
from .identity import clip_digests, recordings_digests
from .joining import joined_window
from .passes import passing
from .stores import Computed, Store

__all__ = ["Clips", "map_to", "every_nth", "preparation_for", "prepared", "calibration_clips", "crowded",
           "batches"]


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Recorded clips with their labels.

    Parameters
    ----------
    data : np.ndarray float32 (N, C, T, V, M) or Store
        Zero-padded at the end of T; a :class:`~.stores.Store` holds them ragged or in a mapped file.
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
    scores : Store or None
        Confidence of every joint, 0..1, as one channel, where the format has it beside three coordinates.
    joint_order : str
        Name of the built-in skeleton whose joints these are, where format or file says it; else empty.
    chosen : tuple of int
        Where only some classes were chosen, the number of each of them in the recordings; behind
        :func:`~.class_names.match_classes` that in the network. Else empty.
    """

    data: np.ndarray | Store
    length: np.ndarray
    label: np.ndarray
    classes: int
    class_names: tuple[str, ...] = ()
    split: np.ndarray
    scored: bool = False
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    scores: Store | None = None
    joint_order: str = ""
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
        # A store was checked when it was read: it may be larger than the memory.
        if isinstance(self.data, np.ndarray) and not np.isfinite(self.data).all():
            clip = np.argwhere(~np.isfinite(self.data))[0][0]
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
        if isinstance(self.data, Store):
            return self.data.clip(index)[:, :self.length[index]]
        return self.data[index, :, :self.length[index]].transpose(3, 1, 2, 0)

    def score(self, index: int) -> np.ndarray | None:
        """Confidences of one clip, (M, T, V), or None where the recordings have none."""
        if self.scored:
            return self.clip(index)[..., -1]
        return None if self.scores is None else self.scores.clip(index)[:, :self.length[index], :, 0]

    def changed(self, change: Callable[[int, np.ndarray], np.ndarray], *, joints: int | None = None,
                persons: int | None = None, length: np.ndarray | None = None) -> "Clips":
        """These clips, each of them changed: at once in memory, when it is asked for in a store.

        Parameters
        ----------
        change : callable
            Of the index and the clip (M, T, V, C) without padding; gives a clip. Confidences pass through it as a clip
            of one channel, so it must treat channels alike.
        joints, persons : int or None
            V and M of the changed clips; left out, they stay.
        length : np.ndarray int64 (N,) or None
            Their frames; left out, they stay.
        """
        length = self.length if length is None else length

        def lazy(store: Store) -> Store:
            count, channels, _, v, m = store.shape
            return Computed((count, channels, int(length.max()), joints or v, persons or m),
                            lambda i: change(i, store.clip(i)[:, :self.length[i]]))

        data: np.ndarray | Store
        if isinstance(self.data, Store):
            data = lazy(self.data)
        else:
            count, channels, frames, v, m = self.data.shape
            data = np.zeros((count, channels, frames if length is self.length else int(length.max()), joints or v,
                             persons or m), np.float32)
            for index in range(count):
                clip = change(index, self.clip(index))
                data[index, :, :clip.shape[1]] = clip.transpose(3, 1, 2, 0)
        return replace(self, data=data, length=length, scores=None if self.scores is None else lazy(self.scores))

    @cached_property
    def digests(self) -> tuple[bytes, ...]:
        """Hash of each clip's coordinates, without its padding."""
        return clip_digests(passing((self.clip(index) for index in range(len(self))), len(self),
                                    "contents of the recordings"))

    @cached_property
    def score_digests(self) -> tuple[bytes, ...]:
        """Hash of each clip's confidences, where they are beside the coordinates; else empty."""
        store, length = self.scores, self.length
        if store is None:
            return ()
        return clip_digests(passing((store.clip(index)[:, :length[index]] for index in range(len(self))), len(self),
                                    "scores of the recordings"))

    @property
    def identity(self) -> dict:
        """What a run that reads these clips depends on, as plain data."""
        return recordings_digests(self.digests, self.label, self.split, self.class_names, self.scored,
                                  self.score_digests)

    def part(self, split: int) -> "Clips":
        """The clips of one split; :exc:`ValueError` when there are none."""
        chosen = self.split == split
        if not chosen.any():
            raise ValueError(f"data must hold at least one clip of split {split} (0 training, 1 test), but has none")
        return self.take(np.flatnonzero(chosen))

    def take(self, index: np.ndarray) -> "Clips":
        """The clips at ``index``."""
        data = self.data.take(index) if isinstance(self.data, Store) else self.data[index]
        scores = None if self.scores is None else self.scores.take(index)
        return replace(self, data=data, scores=scores, length=self.length[index], label=self.label[index],
                       split=self.split[index], numbers={name: v[index] for name, v in self.numbers.items()})

    def evenly(self, count: int) -> "Clips":
        """``count`` clips at even steps through all of them, or all where there are fewer."""
        return self.take(np.linspace(0, len(self) - 1, min(count, len(self))).round().astype(np.int64))


def map_to(clips: Clips, target: Skeleton, where="clips") -> Clips:
    """``clips`` on the joints of ``target``, as they are where they have these joints already.

    Whose joints the clips have is their ``joint_order``, else the number of joints says it. Joints that they lack are
    taken from their neighbours, see :mod:`hypgcn.design.skeleton_maps`.

    Raises :exc:`ValueError` where the numbers of joints differ and no map is known, or a map is needed and there is
    none.
    """
    if clips.joints == target.joints and (clips.joint_order in ("", target.name) or target.name not in BUILT_IN):
        return clips
    source = source_skeleton(clips.joints, clips.joint_order)
    if source is None or target.name not in BUILT_IN:
        raise ValueError(f"{where} must have the {target.joints} joints of {target.name}, not {clips.joints}")
    try:
        parts = joint_map(source.name, target.name)
    except ValueError as error:
        raise ValueError(f"{where} must have the {target.joints} joints of {target.name}, not {clips.joints}: "
                         f"{error}") from error
    return replace(clips.changed(lambda _, clip: mapped(clip, parts), joints=target.joints), joint_order=target.name)


def every_nth(clips: Clips, step: int) -> Clips:
    """Every ``step``-th frame from the first on: 2 halves the input, as the hardware's paper does; a clip keeps at
    least its first frame."""
    if isinstance(step, bool) or not isinstance(step, int) or step < 1:
        raise ValueError(f"step must be an integer of at least 1, not {step!r}")
    return clips.changed(lambda _, clip: clip[:, ::step], length=-(-clips.length // step))


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

    def accompanied(index: int, clip: np.ndarray) -> np.ndarray:
        guests = [match_persons(clips.clip((index + person - recorded + 1) % len(clips)), 1)
                  for person in range(recorded, persons)]
        return np.concatenate([clip, *(resample(guest, clip.shape[1]) for guest in guests)]).astype(np.float32)

    return replace(clips, scores=None).changed(accompanied, persons=persons)


def prepared(clips: Clips, preparation: Preparation, persons: int = 1) -> np.ndarray:
    """All clips as the network takes them: float32 (N, M, T, V, C)."""
    return np.stack([prepare_clip(match_persons(clips.clip(i), persons), preparation) for i in range(len(clips))])


def calibration_clips(clips: Clips, preparation: Preparation, persons: int, count: int) -> np.ndarray:
    """``count`` prepared training clips, float32 (N, M, T, V, C), at even steps through the training split; all where
    there are fewer."""
    return prepared(clips.part(0).evenly(count), preparation, persons)


def _recorded(clips: Clips, index: int, persons: int, rng: np.random.Generator, config: Augmentation) -> np.ndarray:
    """Clip ``index`` of ``persons`` persons, (M, T, V, C); a share ``config.joined`` of them as windows of recordings
    that are joined (:func:`~.joining.joined_window`)."""
    clip = match_persons(clips.clip(index), persons)
    if config.joined and rng.random() < config.joined:
        return joined_window(clip, config.joined_frames,
                             lambda: match_persons(clips.clip(int(rng.integers(len(clips)))), persons), rng)
    return clip


def batches(clips: Clips, preparation: Preparation, size: int, rng: np.random.Generator, *,
            augmentation: Augmentation | None = None, persons: int = 1, mirrored: tuple[int, ...] = (),
            parents: tuple[int, ...] = (), share: tuple[int, int] = (0, 1), further: Sequence[Preparation] = (),
            passes: int = 1, balanced: bool = False):
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
            augmented = [augment(_recorded(clips, i, persons, rng, config), rng, config, mirrored=mirrored,
                                 frames=frames, scored=clips.scored, parents=parents) for i in chosen]
            ready, *more = (np.stack([prepare_clip(clip, kind) for clip in augmented])
                            for kind in (preparation, *further))
            yield ready, clips.label[chosen], *more
