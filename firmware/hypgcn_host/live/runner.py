"""From lines to lines: every frame pushed, every answer given, and whatever is wrong said and passed over."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from ..errors import CoreError
from .answer import Answer
from .classifier import LiveClassifier
from .feeds import Feed
from .frame import Frame
from .schema import FrameReader, parse_line

__all__ = ["MAX_FAILURES", "Totals", "answer_record", "follow"]

MAX_FAILURES = 5
"""Frames in a row for which a core fails, after which it is taken for dead."""
_KEPT = 10_000
"""Latencies of which quantiles are taken, the latest ones."""
_TOP = 3


@dataclass(kw_only=True)
class Totals:
    """What came and went.

    Parameters
    ----------
    frames, answers : int
        Taken in, and given.
    errors : int
        Lines and clips that failed.
    passed : int
        Frames that were taken in without an answer, because later ones were waiting.
    seconds : float
        From the first line to the last.
    latencies : deque of float
        Seconds from a frame's arrival to each of the latest answers.
    """

    frames: int = 0
    answers: int = 0
    errors: int = 0
    passed: int = 0
    seconds: float = 0.0
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def to_dict(self, live: LiveClassifier, rate: float = 30.0) -> dict:
        """Plain data: counts, latency, and how many people a core of this speed follows at ``rate`` frames a second."""
        record: dict = {"frames": self.frames, "answers": self.answers, "errors": self.errors, "passed": self.passed,
                  "late": live.late, "double": live.doubles, "restarts": live.restarts, "refused": live.refused,
                  "seconds": round(self.seconds, 3)}
        if self.latencies:
            middle, high, longest = np.quantile(self.latencies, (0.5, 0.95, 1))
            record["latency_ms"] = {"median": _ms(middle), "95 %": _ms(high), "max": _ms(longest)}
        clips = sum(network.clips for network in live.networks)
        if clips:
            each = clips / len(live.networks)
            host = sum(network.prepare_seconds for network in live.networks) / each
            core = sum(network.core_seconds for network in live.networks) / each
            record |= {"host_ms_per_clip": _ms(host), "core_ms_per_clip": _ms(core),
                       "people_per_second": round(live.persons / (host + core), 1),
                       f"people_at_{rate:g}_frames": round(live.persons / (host + core) / rate, 2)}
        return record


def _ms(seconds) -> float:
    return round(1000 * float(seconds), 3)


def answer_record(answer: Answer, labels: list[str], *, scores: bool = False) -> dict:
    """An answer as the plain data of a line, with all logits where ``scores`` says so; see ``docs/live.md``."""
    order = np.argsort(-answer.probabilities, kind="stable")[:_TOP]
    record = {"time": round(answer.time, 6), "people": list(answer.people), "label": answer.label,
              "class": answer.best if answer.label is not None else None,
              "probability": round(answer.probability, 4),
              "best": [[labels[k], round(float(answer.probabilities[k]), 4)] for k in order],
              "seconds": round(answer.seconds, 3), "latency_ms": _ms(answer.latency)}
    if scores:
        record["scores"] = _by_label(answer.logits, labels)
        if answer.streams:
            record["streams"] = {name: _by_label(logits, labels) for name, logits in answer.streams.items()}
    return record | ({"flags": list(answer.flags)} if answer.flags else {})


def _by_label(logits: np.ndarray, labels: list[str]) -> dict[str, float]:
    return {label: round(float(logit), 6) for label, logit in zip(labels, logits)}


def follow(feed: Feed, lines: Iterable[bytes], reader: FrameReader, live: LiveClassifier,
           emit: Callable[[dict], None], show: Callable[[Frame], None], totals: Totals, *, scores: bool = False):
    """Push every frame of ``lines`` and emit a record for each answer, for people who left, and for each error.

    A line that is no frame is an error with its number, and the stream goes on. While later frames wait, a frame is
    taken in without an answer: what is answered is about now.

    Parameters
    ----------
    feed : Feed
        Says when frames are due, and whether others wait.
    lines : iterable of bytes
        Of ``feed``, without a header.
    reader : FrameReader
    live : LiveClassifier
    emit
        Takes each record.
    show
        Takes each frame, before it is pushed.
    totals : Totals
        Counts.
    scores : bool
        Records have all logits.

    Raises
    ------
    CoreError
        A core failed for :data:`MAX_FAILURES` answers in a row.
    OSError
        The stream is dead.
    """
    start, failures = time.monotonic(), 0
    refused: tuple = ()
    for number, line in enumerate(lines, 1):
        totals.seconds = time.monotonic() - start
        if not line.strip():
            continue
        try:
            frame = reader.frame(parse_line(line))
            behind = feed.behind(frame.time)
            show(frame)
            update = live.push(frame.time, frame.people, answer=not behind)
        except ValueError as error:
            totals.errors += 1
            emit({"error": f"line {number}: {error}"})
            continue
        except CoreError as error:
            totals.errors += 1
            totals.frames += 1
            failures += 1
            emit({"time": frame.time, "error": f"core: {error}"})
            if failures == MAX_FAILURES:
                raise
            continue
        failures = 0 if update.answers else failures
        totals.frames += 1
        totals.passed += behind
        for answer in update.answers:
            totals.latencies.append(answer.latency)
            emit(answer_record(answer, live.labels, scores=scores))
        totals.answers += len(update.answers)
        if update.left:
            emit({"time": frame.time, "left": list(update.left)})
        if update.refused and update.refused != refused:
            refused = update.refused
            emit({"time": frame.time, "refused": list(refused),
                  "error": f"more people than --people {live.config.people}"})
        if update.kind in ("double", "restart"):
            emit({"time": frame.time, update.kind: True})
