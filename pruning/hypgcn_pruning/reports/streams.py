"""Streams and sums of streams: what rows of accuracy are measured of."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from hypgcn.design.clip import Preparation

from ..config import STREAMS

__all__ = ["check_pairs", "check_weighted", "sorted_place", "stream_of", "stream_weights", "sums", "weights_text"]


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


def stream_weights(text: str) -> dict[str, Fraction]:
    """Weights of streams in sums of scores, exact.

    Parameters
    ----------
    text : str
        ``joint=2,bone=1.5``; a stream that is not named has the weight 1. Empty: no weights.

    Raises
    ------
    ValueError
        An unknown stream, one that is named twice, or a weight that is not positive.
    """
    found: dict[str, Fraction] = {}
    for part in text.split(",") if text.strip() else []:
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in STREAMS or name in found:
            raise ValueError(f"weights must name streams of {', '.join(STREAMS)}, each once, such as "
                             f"joint=2,bone=1.5, not {part.strip()!r}")
        try:
            found[name] = Fraction(value)
        except (ValueError, ZeroDivisionError):
            found[name] = Fraction(0)
        if found[name] <= 0:
            raise ValueError(f"weights: that of {name} must be a positive number, not {value!r}")
    return found


def check_weighted(weights: Mapping[str, Fraction], streams: Iterable[str]):
    """Raise :exc:`ValueError` where ``weights`` name a stream that is not among ``streams``."""
    given = set(streams)
    for name in weights:
        if name not in given:
            raise ValueError(f"weights must be of the streams of the networks ({', '.join(sorted(given))}), not of "
                             f"{name}")


def weights_text(weights: Mapping[str, Fraction], streams: Sequence[str]) -> dict[str, str]:
    """Entry of a row for the weights of its sum of ``streams``; none for one stream, or where all are 1."""
    if len(streams) == 1 or all(weights.get(stream, 1) == 1 for stream in streams):
        return {}
    return {"weights": ",".join(f"{stream}={float(weights.get(stream, 1)):g}" for stream in streams)}
