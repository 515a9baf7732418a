"""Streams and sums of streams: what rows of accuracy are measured of."""

from collections.abc import Iterable, Mapping

from hypgcn.design.clip import Preparation

from ..config import STREAMS

__all__ = ["check_pairs", "sorted_place", "stream_of", "sums"]


def stream_of(preparation: Preparation) -> str:
    """The one of :data:`~.config.STREAMS` that clips become by ``preparation``."""
    return ("bone" if preparation.parents else "joint") + ("-motion" if preparation.motion else "")


def sums(streams: Iterable[str]) -> list[tuple[str, ...]]:
    """Which of ``streams`` are summed: joint and bone, the usual pair, and all of them; no sum twice."""
    given = tuple(sorted(set(streams), key=STREAMS.index))
    pair = STREAMS[:2] if set(STREAMS[:2]) <= set(given) else ()
    return [chosen for chosen in dict.fromkeys((pair, given)) if len(chosen) > 1]


def sorted_place(stream: str) -> tuple[int, list[int]]:
    """Where ``stream``, or the names of a sum with ``+`` between, stands in a table: the fewest streams first."""
    places = [STREAMS.index(name) for name in stream.split("+")]
    return len(places), places


def check_pairs(counts: Mapping[tuple[str, str], int]):
    """Raise :exc:`ValueError` unless the streams of a step have as many networks each, which their sums pair.

    Parameters
    ----------
    counts : Mapping[tuple[str, str], int]
        Networks by stream and step.
    """
    first: dict[str, tuple[str, int]] = {}
    for (stream, step), count in counts.items():
        other, wanted = first.setdefault(step, (stream, count))
        if count != wanted:
            raise ValueError(f"{stream} {step} must have the {wanted} networks that {other} {step} has, not {count}: "
                             f"the sum of streams pairs the first of each, the second of each, and so on")
