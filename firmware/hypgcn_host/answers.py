"""What a core says: what it is, its results, and its counters."""

from dataclasses import dataclass, field

import numpy as np

from .registers import FLAGS, TRAILER

__all__ = ["BlockCounters", "Counters", "Identity", "Result", "flag_names"]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Identity registers of the core.

    Parameters
    ----------
    hash : str
        First 16 hexadecimal digits of the design's hash.
    version : str
        Of the generator, ``major.minor.patch``.
    persons, frames, joints, channels : int
        Shape of a clip.
    classes : int
        Scores of a result.
    blocks : int
        Blocks of the network.
    bus_bytes : int
        Bytes of a beat of a clip.
    element_bytes : int
        Of a clip: 1, prepared coordinates, int8, or 2, raw joints, int16.
    stream_blocks : tuple of int
        Blocks of each network of an ensemble, which are those of ``blocks`` in order; empty for a core of one network.
    """

    hash: str
    version: str
    persons: int
    frames: int
    joints: int
    channels: int
    classes: int
    blocks: int
    bus_bytes: int
    element_bytes: int = 1
    stream_blocks: tuple[int, ...] = ()

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements of a clip, in the order of bytes in which the core takes them."""
        return np.dtype(f"<i{self.element_bytes}")

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of a clip: persons, frames, joints, channels."""
        return self.persons, self.frames, self.joints, self.channels

    @property
    def clip_bytes(self) -> int:
        """Bytes of a clip."""
        return self.persons * self.frames * self.joints * self.channels * self.element_bytes

    @property
    def result_bytes(self) -> int:
        """Bytes of a result: scores, those of each network of an ensemble, and trailer."""
        return 4 * (self.classes * (1 + len(self.stream_blocks)) + len(TRAILER))


@dataclass(frozen=True, kw_only=True)
class Result:
    """Result of one clip.

    Parameters
    ----------
    scores : np.ndarray int64 (classes,)
        Logits in steps of the design's ``logit_scale``; of an ensemble the sums, in steps of its ``score_scale``.
    argmax : int
        Class of the highest score.
    clip : int
        Number since the reset, from 0.
    flags : tuple of str
        See ``docs/integration.md``; empty: the scores are those of the network for this clip.
    streams : np.ndarray int64 (streams, classes)
        Logits of each network of an ensemble; no rows for a core of one network.
    """

    scores: np.ndarray
    argmax: int
    clip: int
    flags: tuple[str, ...]
    streams: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))


@dataclass(frozen=True, kw_only=True)
class BlockCounters:
    """Counters of one block.

    Parameters
    ----------
    busy, starved, blocked : int
        Cycles: at work, without input, with output that is not taken.
    overflow : int
        Vectors that lost values in its stores.
    """

    busy: int
    starved: int
    blocked: int
    overflow: int


@dataclass(frozen=True, kw_only=True)
class Counters:
    """All counters, captured in one cycle.

    Parameters
    ----------
    cycles : int
        Since the reset.
    clips_in, clips_out : int
        Clips and results since the reset.
    clip_cycles : int
        Latency of the last result in cycles.
    blocks : tuple of BlockCounters
        One a block.
    """

    cycles: int
    clips_in: int
    clips_out: int
    clip_cycles: int
    blocks: tuple[BlockCounters, ...]


def flag_names(word: int) -> tuple[str, ...]:
    """Names of the bits of ERRORS or of the last word of a result."""
    return tuple(name for name, bit in FLAGS.items() if word & bit)
