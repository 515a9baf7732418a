"""Recordings without missing joints: every clip completed before anything else is done to it, and what that did."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from hypgcn.design.filling import Completed, complete_clip
from hypgcn.design.missing import Origins, find_origins
from hypgcn.design.skeleton import BUILT_IN, Skeleton

from ..messages import say
from .data import Clips
from .passes import passing
from .stores import Computed

__all__ = ["Tally", "complete_all", "complete_clips", "origins_of", "recorded_parents"]

_SHOWN = 5


@dataclass(kw_only=True)
class Tally:
    """What was done to recordings, clip after clip.

    Parameters
    ----------
    clips : int
        Number of clips.
    filled, trimmed, outliers, never, cleared : int
        Sums of those of :class:`~hypgcn.design.filling.Completed`.
    changed : int
        Clips to which anything was done.
    empty : list of str
        Clips in which nobody is there.
    origins : tuple of int
        Joints whose zero is a place.
    """

    clips: int = 0
    filled: int = 0
    trimmed: int = 0
    outliers: int = 0
    never: int = 0
    cleared: int = 0
    changed: int = 0
    empty: list[str] = field(default_factory=list)
    origins: tuple[int, ...] = ()

    def add(self, done: Completed, name: str):
        """Add what was done to the clip ``name``."""
        self.clips += 1
        self.filled += done.filled
        self.trimmed += done.trimmed
        self.outliers += done.outliers
        self.never += done.never
        self.cleared += done.cleared
        self.changed += done.changed
        if done.empty:
            self.empty.append(name)

    def text(self) -> str:
        """One line for the user, or empty where nothing was done."""
        done = []
        if self.filled:
            never = f" ({self.never} joints are never seen in their clip and take the place of a neighbour)"
            done.append(f"{self.filled} missing joints of single frames filled{never if self.never else ''}")
        if self.outliers:
            done.append(f"{self.outliers} outlying ones filled")
        if self.trimmed:
            done.append(f"{self.trimmed} frames without a body cut off at the ends")
        if self.cleared:
            done.append(f"{self.cleared} bodies of single frames without any score left out")
        if done:
            done = [f"in {self.changed} of {self.clips} clips " + ", ".join(done)]
        if self.empty:
            shown = ", ".join(self.empty[:_SHOWN]) + (", ..." if len(self.empty) > _SHOWN else "")
            done.append(f"nobody is there in {len(self.empty)} of {self.clips} clips, which stay as they are ({shown})")
        if self.origins:
            done.append(f"zero is taken for the place of joint {', '.join(map(str, self.origins))}, on which the "
                        f"recordings are centred")
        return "; ".join(done)

    def say(self, where):
        """Say :meth:`text` of the recordings ``where``, if there is anything to say."""
        if text := self.text():
            say(f"{where}: {text}")


def recorded_parents(joints: int, skeleton: Skeleton | None) -> tuple[int, ...]:
    """For each recorded joint its neighbour nearer to the centre, or empty where no skeleton has as many joints.

    By ``skeleton``, or, where that has another number of joints (recordings are mapped to it) or is not known, by the
    built-in one with as many.
    """
    for known in ([skeleton] if skeleton else []) + list(BUILT_IN.values()):
        if known.joints == joints:
            return known.parents
    return ()


def origins_of(clips: Clips) -> Origins | None:
    """Joints on which ``clips`` were centred; ``None`` with scores, which say what is missing."""
    if clips.scored:
        return None
    return find_origins(passing((clips.clip(index) for index in range(len(clips))), len(clips),
                                "joints on which the recordings are centred"))


def complete_all(clips: Iterable[np.ndarray], names: Iterable[str], where, *, scored: bool, parents: Sequence[int],
                 origins: Origins | None) -> Iterator[Completed]:
    """Each of ``clips`` completed by :func:`~hypgcn.design.filling.complete_clip`.

    Behind the last one it is said in one line what was done.

    Parameters
    ----------
    clips : iterable of np.ndarray (M, T, V, C)
        As they were recorded.
    names : iterable of str
        Of the clips, in the line.
    where : object
        Name of the recordings in the line.
    scored, parents, origins
        Of :func:`~hypgcn.design.filling.complete_clip`.
    """
    tally = Tally(origins=() if origins is None else tuple(sorted({*origins.at("every"), *origins.at("first")})))
    for clip, name in zip(clips, names):
        done = complete_clip(clip, scored=scored, parents=parents, origins=origins)
        tally.add(done, name)
        yield done
    tally.say(where)


def complete_clips(clips: Clips, skeleton: Skeleton | None, where="data") -> Clips:
    """``clips`` as they were recorded, each completed by :func:`~hypgcn.design.filling.complete_clip`.

    It comes before joints are mapped, persons chosen and clips centred. What was done is said in one line.

    Parameters
    ----------
    clips : Clips
    skeleton : Skeleton or None
        Of the network, if it is known already.
    where : object
        Name of the recordings in the line.

    Returns
    -------
    Clips
        ``clips`` themselves where nothing is missing.
    """
    beside = clips.scores is not None   # confidences that are no channel of the clips
    scored = clips.scored or beside
    parents = recorded_parents(clips.joints, BUILT_IN.get(clips.joint_order, skeleton))
    origins = None if beside else origins_of(clips)

    def with_scores(index: int, clip: np.ndarray) -> np.ndarray:
        score = clips.score(index) if beside else None
        return clip if score is None else np.concatenate([clip, score[..., None]], axis=3)

    recorded = passing((with_scores(index, clips.clip(index)) for index in range(len(clips))), len(clips),
                       f"{where}: missing joints")
    every = complete_all(recorded, (f"clip {index}" for index in range(len(clips))), where, scored=scored,
                         parents=parents, origins=origins)
    lengths = {index: done.clip.shape[1] for index, done in enumerate(every) if done.changed}
    if not lengths:
        return clips
    length = clips.length.copy()
    length[list(lengths)] = list(lengths.values())

    @lru_cache(maxsize=1)   # coordinates and scores of a clip are asked for one after the other
    def whole(index: int) -> np.ndarray:
        recorded = with_scores(index, clips.clip(index))
        if index not in lengths:
            return recorded
        return complete_clip(recorded, scored=scored, parents=parents, origins=origins).clip

    count, channels, _, joints, persons = clips.data.shape
    done = replace(clips, scores=None).changed(lambda index, _: whole(index)[..., :channels], length=length)
    if not beside:
        return done
    return replace(done, scores=Computed((count, 1, int(length.max()), joints, persons),
                                         lambda index: whole(index)[..., channels:]))
