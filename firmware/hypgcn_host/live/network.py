"""One network of a live classifier: its clips, prepared as those of its training, and its scores from a core."""

import time
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from hypgcn.design import Design
from hypgcn.design.clip import Preparation, prepare_clip, quantise_clip
from hypgcn.design.ensemble import Ensemble, designs_of
from hypgcn.design.filling import complete_clip
from hypgcn.design.persons import match_persons
from hypgcn.design.skeleton import BUILT_IN, Skeleton
from hypgcn.design.skeleton_maps import joint_map, mapped

from .frame import PICTURES, VALUES
from .window import Span, evenly_timed

__all__ = ["Classifies", "Clip", "LiveNetwork", "Scores", "network_skeleton", "network_values"]


class Scores(Protocol):
    """What a core answers."""

    @property
    def scores(self) -> np.ndarray:
        """Int64 (classes,); of an ensemble those of the sum."""

    @property
    def streams(self) -> np.ndarray:
        """Int64 (streams, classes), those of each network of an ensemble; without rows for one network."""

    @property
    def flags(self) -> tuple[str, ...]:
        """What is wrong with them, see ``docs/integration.md``; empty: nothing."""


class Classifies(Protocol):
    """Anything that answers clips of one design or ensemble: a core behind a driver, or the golden integers."""

    def classify(self, clip: np.ndarray) -> Scores:
        """Scores of a clip (M, T, V, C), int8, or int16 of raw joints.

        Failures are :exc:`~hypgcn_host.errors.CoreError`.
        """


def network_skeleton(design: Design) -> Skeleton | None:
    """Skeleton that ``design.meta`` names, ``None`` where it does not."""
    entry = design.meta.get("skeleton")
    return Skeleton.from_dict(entry) if isinstance(entry, dict) else None


def network_values(design: Design) -> str:
    """What the channels of ``design`` are, a key of :data:`~.frame.VALUES`: by their number and its skeleton."""
    skeleton = network_skeleton(design)
    if design.channels == 3:
        return "xys" if skeleton is not None and skeleton.name in PICTURES else "xyz"
    if design.channels not in (2, 4):
        raise ValueError(f"design {design.name}: channels must be 2 to 4, coordinates and perhaps a score, for a live "
                         f"stream, not {design.channels}")
    return "xy" if design.channels == 2 else "xyzs"


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """What a network says of one clip.

    Parameters
    ----------
    logits : np.ndarray float64 (classes,)
        Of the float network's scale; of an ensemble the weighted mean of those of its networks.
    streams : np.ndarray float64 (streams, classes)
        Logits of each network of an ensemble; without rows for one network.
    flags : tuple of str
        Of the core.
    """

    logits: np.ndarray
    streams: np.ndarray
    flags: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class LiveNetwork:
    """A design or an ensemble, the core that computes it, and how the joints of a stream become its clips.

    A clip is made as those of recordings are, in the same order and by the same functions: missing and outlying joints
    are filled (:func:`~hypgcn.design.filling.complete_clip`), joints mapped, persons put into their places, and the
    preparation of the design follows. Before it, times that are uneven are made even.

    Parameters
    ----------
    design : Design or Ensemble
        The networks of an ensemble take the same clips, in one core.
    core : Classifies
        Computes it.
    skeleton : str
        Built-in skeleton of the stream; empty for that of the design.
    values : str
        What the numbers of a joint of the stream are, a key of :data:`~.frame.VALUES`.
    channels : str
        The same of the design; empty: :func:`network_values`.
    weight : float
        Of its logits in a sum with other networks, above 0.

    Attributes
    ----------
    prepare_seconds, core_seconds : float
        Spent so far.
    clips : int
        So far.
    first : Design
        That whose clips are made: ``design``, or the first one of the ensemble.
    """

    design: Design | Ensemble
    core: Classifies
    skeleton: str = ""
    values: str = "xyz"
    channels: str = ""
    weight: float = 1.0
    prepare_seconds: float = field(default=0.0, init=False)
    core_seconds: float = field(default=0.0, init=False)
    clips: int = field(default=0, init=False)

    def __post_init__(self):
        design = self.first = designs_of(self.design)[0]
        own = network_skeleton(design)
        if not self.weight > 0:
            raise ValueError(f"weight must be above 0, not {self.weight!r}")
        if self.skeleton and self.skeleton not in BUILT_IN:
            raise ValueError(f"skeleton must be one of {', '.join(BUILT_IN)}, not {self.skeleton!r}")
        for name in ("values", "channels"):
            if getattr(self, name) not in VALUES and (name == "values" or self.channels):
                raise ValueError(f"{name} must be one of {', '.join(VALUES)}, not {getattr(self, name)!r}")
        self.channels = self.channels or network_values(design)
        wanted, scored = VALUES[self.channels]
        if wanted + scored != design.channels:
            raise ValueError(f"channels must be the {design.channels} of design {design.name}, not {self.channels!r}")
        given, given_scores = VALUES[self.values]
        if given != wanted or scored and not given_scores:
            raise ValueError(f"values must hold the {self.channels} that design {design.name} takes, not "
                             f"{self.values!r}")
        self._keep = wanted + scored
        source = BUILT_IN[self.skeleton] if self.skeleton else own
        self._map = None
        if source is not None and own is not None and source.name != own.name:
            if own.name not in BUILT_IN:
                raise ValueError(f"skeleton must be that of design {design.name}, {own.name}, to which no map is "
                                 f"known, not {source.name!r}")
            self._map = joint_map(source.name, own.name)
        self.joints = source.joints if source is not None else design.joints
        if self._map is None and self.joints != design.joints:
            raise ValueError(f"skeleton must have the {design.joints} joints of design {design.name}, not the "
                             f"{self.joints} of {self.skeleton}")
        self._parents = source.parents if source is not None else ()
        entry = design.meta.get("preparation")
        self._preparation = Preparation.from_dict(entry) if entry else Preparation(frames=design.frames)

    def clip(self, span: Span) -> np.ndarray:
        """Clip (M, T, V, C) of the design for what people did in a window; at most as many as it has persons.

        It is int8, or int16 where the core takes raw joints.
        """
        whole = complete_clip(span.clip, scored=True, parents=self._parents)
        # Frames at the ends in which nobody has a joint were cut off; times of the others stay.
        seen = np.flatnonzero(np.any(span.clip[..., -1] > 0, axis=(0, 2)))
        times = span.times[seen[0]:seen[-1] + 1] if seen.size else span.times
        clip = evenly_timed(whole.clip, times)
        if self._map is not None:
            clip = mapped(clip, self._map)
        prepared = prepare_clip(match_persons(clip[..., :self._keep], self.first.persons), self._preparation)
        return quantise_clip(self.first, prepared)

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the networks of an ensemble; empty for one network."""
        return self.design.streams if isinstance(self.design, Ensemble) else ()

    def classify(self, span: Span) -> Clip:
        """What the core says of a window."""
        start = time.perf_counter()
        clip = self.clip(span)
        ready = time.perf_counter()
        result = self.core.classify(clip)
        self.prepare_seconds += ready - start
        self.core_seconds += time.perf_counter() - ready
        self.clips += 1
        if not isinstance(self.design, Ensemble):
            return Clip(logits=result.scores * self.design.logit_scale, flags=tuple(result.flags),
                        streams=np.zeros((0, len(result.scores))))
        # The mean in place of the sum: a threshold means the same for any number of networks and any unit of weights.
        scale = self.design.score_scale / float(sum(self.design.weights))
        scales = np.array([design.logit_scale for design in self.design.designs])
        return Clip(logits=result.scores * scale, streams=result.streams * scales[:, None], flags=tuple(result.flags))
