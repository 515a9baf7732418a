"""How well a live classifier follows a sequence: accuracy of segments, delay, false alarms."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .sequence import Segment

__all__ = ["Figures", "figures", "summed"]

TimedLabel = tuple[float, float, str | None]
"""Seconds at which an answer was given, seconds of its clip, and its class, ``None`` for no action."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Counts of one or several sequences, and what follows from them.

    Parameters
    ----------
    segments : int
        Actions.
    dominant : int
        Segments whose class is answered more often than any other for the clips that have their middle in them.
    final : int
        Segments whose class is the last answer in them, when the window holds the largest part of them.
    delays : tuple of float
        Of each segment in which its class is answered at all, seconds from its begin to the first such answer.
    answers, right, silent : int
        Answers about clips that have their middle in a segment; those with its class; those of no action.
    pauses, quiet : int
        Answers about clips that have their middle in a pause; those of no action.
    alarms : int
        False alarms: the answer changes to a class that is neither that of the segment nor, up to ``carry`` seconds
        after its end, that of the one before.
    seconds : float
        Of the sequences.
    """

    segments: int = 0
    dominant: int = 0
    final: int = 0
    delays: tuple[float, ...] = ()
    answers: int = 0
    right: int = 0
    silent: int = 0
    pauses: int = 0
    quiet: int = 0
    alarms: int = 0
    seconds: float = 0.0

    @property
    def delay(self) -> float | None:
        """Median delay in seconds; ``None`` where no class was ever recognised."""
        return float(np.median(self.delays)) if self.delays else None

    @property
    def alarms_per_minute(self) -> float:
        """False alarms a minute."""
        return 60 * self.alarms / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict:
        """Plain data for JSON, shares from 0 to 1."""
        return {"segments": self.segments, "dominant": _share(self.dominant, self.segments),
                "final": _share(self.final, self.segments), "recognised": _share(len(self.delays), self.segments),
                "delay_seconds": None if self.delay is None else round(self.delay, 3),
                "delay_seconds_90": round(float(np.quantile(self.delays, 0.9)), 3) if self.delays else None,
                "answers": self.answers, "right": _share(self.right, self.answers),
                "silent": _share(self.silent, self.answers), "quiet_in_pauses": _share(self.quiet, self.pauses),
                "false_alarms": self.alarms, "false_alarms_per_minute": round(self.alarms_per_minute, 2),
                "seconds": round(self.seconds, 1)}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def figures(segments: Sequence[Segment], answers: Sequence[TimedLabel], *, carry: float) -> Figures:
    """Figures of one sequence.

    Parameters
    ----------
    segments : sequence of Segment
        One behind the other.
    answers : sequence of (float, float, str or None)
        Time, seconds of the clip, class; in the order of their times.
    carry : float
        Seconds for which the class of the segment before is no false alarm: its frames are in the window still.
    """
    total = Figures(seconds=segments[-1].end - segments[0].begin)
    for segment in segments:
        inside = [(time, label) for time, _, label in answers if segment.begin <= time < segment.end]
        labels = [label for time, seconds, label in answers if segment.begin <= time - seconds / 2 < segment.end]
        if segment.label is None:
            total = summed([total, Figures(pauses=len(labels), quiet=labels.count(None))])
            continue
        counts = Counter(label for label in labels if label is not None).most_common(2)
        first = next((time for time, label in inside if label == segment.label), None)
        unique = bool(counts) and (len(counts) == 1 or counts[0][1] > counts[1][1])
        total = summed([total, Figures(
            segments=1, dominant=unique and counts[0][0] == segment.label,
            final=bool(inside) and inside[-1][1] == segment.label,
            delays=() if first is None else (first - segment.begin,), answers=len(labels),
            right=labels.count(segment.label), silent=labels.count(None))])
    return summed([total, Figures(alarms=_false_alarms(segments, answers, carry))])


def _false_alarms(segments: Sequence[Segment], answers: Sequence[TimedLabel], carry: float) -> int:
    before, alarms, place = None, 0, 0
    for time, _, label in answers:
        while place + 1 < len(segments) and time >= segments[place].end:
            place += 1
        if label not in (None, before):
            expected = {segments[place].label, *(segment.label for segment in segments[:place]
                                                 if segment.end > time - carry)}
            alarms += label not in expected
        before = label
    return alarms


def summed(parts: Iterable[Figures]) -> Figures:
    """Figures of all ``parts`` together."""
    parts = list(parts)
    return Figures(**{name: sum((getattr(part, name) for part in parts), type(getattr(Figures(), name))())
                      for name in Figures.__dataclass_fields__})
