"""The last seconds of a stream: frames in the order of their times, however they arrive."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hypgcn.design.clip import at_times

from .frame import Frame

__all__ = ["MAX_FRAMES", "Span", "Window", "evenly_timed"]

MAX_FRAMES = 4096
"""Frames that are kept at most, whatever the rate of the stream is."""
_ROUNDING = 1e-6
"""Seconds by which times may be off the grid of an even rate: frames that are numbered have times of decimals."""
_EVEN = 1e-3
"""Share of a step by which steps of an even stream may differ."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Span:
    """What some people did in a window.

    Parameters
    ----------
    times : np.ndarray float64 (T,)
        Seconds, rising.
    clip : np.ndarray float64 (M, T, V, C + 1)
        Joints and their scores; zero where a person or a joint is not seen.
    """

    times: np.ndarray
    clip: np.ndarray


class Window:
    """Frames of the last ``seconds``, in order.

    Frames may come late: they are put in their place. One that is older than the window begins the stream anew, since
    only a source that was started again sends it.

    Parameters
    ----------
    seconds : float
        Above 0.
    """

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.frames: list[Frame] = []
        self._times: list[float] = []

    def add(self, frame: Frame) -> str:
        """Take a frame in.

        Returns
        -------
        str
            ``"new"``: the latest so far. ``"late"``: put in its place before others. ``"double"``: there is one of this
            time, and the new one is left out. ``"restart"``: the frame is older than the window; it is the only one
            now.
        """
        if self._times and frame.time < self._times[-1] - self.seconds:
            self.frames, self._times = [frame], [frame.time]
            return "restart"
        place = bisect_left(self._times, frame.time)
        if place < len(self._times) and self._times[place] == frame.time:
            return "double"
        kind = "new" if place == len(self._times) else "late"
        self.frames.insert(place, frame)
        self._times.insert(place, frame.time)
        gone = max(bisect_left(self._times, self._times[-1] - self.seconds + _ROUNDING), len(self.frames) - MAX_FRAMES)
        del self.frames[:gone], self._times[:gone]
        return kind

    def span(self, people: Sequence[int | str], seconds: float | None = None) -> Span | None:
        """Frames of the last ``seconds`` (all by default) in which one of ``people`` is seen; ``None`` without any."""
        begin = 0 if seconds is None else bisect_left(self._times, self._times[-1] - seconds + _ROUNDING)
        seen = [frame for frame in self.frames[begin:] if any(person in frame.people for person in people)]
        if not seen:
            return None
        shape = next(joints.shape for frame in seen for person, joints in frame.people.items() if person in people)
        clip = np.zeros((len(people), len(seen), *shape))
        for t, frame in enumerate(seen):
            for m, person in enumerate(people):
                if person in frame.people:
                    clip[m, t] = frame.people[person]
        return Span(times=np.array([frame.time for frame in seen]), clip=clip)


def evenly_timed(clip: np.ndarray, times: np.ndarray) -> np.ndarray:
    """``clip`` (M, T, V, C) at even steps of time, as recordings are.

    The step is the median of those between ``times``; frames that were lost are interpolated, those that came at other
    times moved. Where the steps are even already the clip is the same to the last bit.
    """
    steps = np.diff(times)
    step = float(np.median(steps)) if len(steps) else 0.0
    if not len(steps) or np.abs(steps - step).max() <= max(_EVEN * step, _ROUNDING):
        return clip
    count = min(1 + round((times[-1] - times[0]) / step), MAX_FRAMES)
    return at_times(clip, np.interp(np.linspace(times[0], times[-1], count), times, np.arange(len(times))))
