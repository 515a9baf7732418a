"""Answers as text: a line for each clip, or for each stretch of time with the same answer."""

from collections.abc import Sequence

import numpy as np

from .predict import ClipAnswer
from .windows import spans

__all__ = ["answer_table"]

NOBODY = "nobody is there"


def _percent(share: float) -> str:
    return f"{100 * share:5.1f} %"


def _clip_line(answer: ClipAnswer, names: Sequence[str], top: int) -> str:
    mean = answer.mean
    if mean is None:
        return NOBODY
    return ", ".join(f"{names[k]} {_percent(mean[k]).strip()}" for k in answer.best(top))


def _stretches(answer: ClipAnswer, names: Sequence[str]) -> list[str]:
    """A line for each stretch of windows with the same most probable class, with its mean probability there."""
    first = [int(order[0]) if seen else None for order, seen in zip(answer.order, answer.seen)]
    lines, place = [], 0
    for start, end, chosen, count in spans(answer.windows, first):
        shown = NOBODY if chosen is None else names[chosen]
        shares = answer.probabilities[place:place + count, chosen or 0]
        share = " " * 7 if chosen is None else _percent(float(np.mean(shares)))
        lines.append(f"  frames {start:6} to {end - 1:6}  {share}  {shown}")
        place += count
    return lines


def answer_table(answers: Sequence[ClipAnswer], names: Sequence[str], *, top: int) -> str:
    """Table of ``answers``.

    Parameters
    ----------
    answers : sequence of ClipAnswer
    names : sequence of str
        Of the classes.
    top : int
        Classes that a line of a clip shows, the most probable first.
    """
    width = max(len(answer.name) for answer in answers)
    lines = []
    for answer in answers:
        recorded = f"  (recorded as {answer.recorded})" if answer.recorded else ""
        lines.append(f"{answer.name:{width}}  {_clip_line(answer, names, top)}{recorded}")
        if len(answer.windows) > 1:
            lines += _stretches(answer, names)
    return "\n".join(lines)
