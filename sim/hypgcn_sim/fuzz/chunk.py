"""A unit as the fuzz sees it, and the stimuli of one chunk with what must come out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["CHUNK", "Chunk", "Expected", "Feed", "Variant"]

CHUNK = 5000
"""Vectors of a chunk, about: a chunk ends with a whole row or job."""


@dataclass(kw_only=True)
class Feed:
    """Beats of one input stream, or pulses of one input of one bit.

    Parameters
    ----------
    columns : columns
        Payload of all beats, as :func:`~hypgcn_sim.fuzz.words.to_words` takes it; ``None`` for pulses.
    inputs : dict of str to array (N,)
        Plain inputs that change with the beats.
    needs : dict of str to array (N,)
        For each beat, how many transfers of an output must have happened before it is offered.
    """

    columns: Any = None
    inputs: Mapping[str, np.ndarray] = field(default_factory=dict)
    needs: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(kw_only=True)
class Expected:
    """Expected beats of one output stream.

    Parameters
    ----------
    columns : columns
        As in :class:`Feed`.
    item : str
        What a number in ``numbers`` counts, for messages.
    numbers : array (N,) or None
        For each beat the number of the vector that it belongs to; ``None`` where a beat is a vector.
    """

    columns: Any
    item: str = "vector"
    numbers: np.ndarray | None = None


@dataclass(kw_only=True)
class Chunk:
    """Stimuli and expected beats.

    Parameters
    ----------
    vectors : int
        Vectors that pass through the unit.
    sources : dict of str to Feed
        By stream, or by the input that takes pulses.
    sinks : dict of str to Expected
        By stream or monitor.
    memories : dict of str to (columns, columns)
        By request stream: request and response of each vector that it holds.
    levels : dict of str to int
        Values of plain outputs at the end.
    images : dict of str to array
        Words of memory images that differ from the emitted ones, by the name of the ROM.
    """

    vectors: int
    sources: Mapping[str, Feed]
    sinks: Mapping[str, Expected]
    memories: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    images: Mapping[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A unit with one choice of its parameters: one simulator.

    Parameters
    ----------
    name : str
        Its parameters, for messages.
    component : callable
        Makes the component; called once.
    chunk : callable
        Makes a :class:`Chunk` from a random generator and a number of vectors.
    sources : dict of str to tuple of str
        Input streams, each with the plain inputs that change with its beats.
    pulses : tuple of str
        Inputs of one bit that take pulses.
    sinks : tuple of str
        Output streams.
    monitors : dict of str to str
        Outputs of one bit; the output beside each is compared when it is high.
    memories : dict of str to str
        Request streams, each with its stream of responses.
    levels : tuple of str
        Plain outputs that are compared at the end.
    """

    name: str
    component: Callable[[], Any]
    chunk: Callable[[np.random.Generator, int], Chunk]
    sources: Mapping[str, tuple[str, ...]]
    sinks: tuple[str, ...]
    pulses: tuple[str, ...] = ()
    monitors: Mapping[str, str] = field(default_factory=dict)
    memories: Mapping[str, str] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
