"""Measurements of a run: times of clips, scores, and the performance counters of the units."""

from dataclasses import dataclass, field

import numpy as np

from hypgcn.stream.activity import STATES

__all__ = ["FILL", "Run"]

FILL = 2
"""Results of a run that are left out of the steady state: the network fills."""


@dataclass(kw_only=True)
class Run:
    """Measurements of a simulation of clips; cycles count from its start.

    Attributes
    ----------
    first_in, last_in : int64 (clips,)
        Cycle of the first and last joint of each clip.
    first_out, last_out : int64 (clips,)
        Cycle of its first and last score.
    scores : int64 (clips, classes)
        The scores.
    overflow : bool (clips,)
        Their overflow flags.
    streams : int64 (streams, clips, classes)
        Scores of each network of an ensemble, whose sums are the ``scores``; without rows for one network.
    counts : uint32 (clips, units, 3)
        Performance counters at the last score of each clip; no units without counters.
    units : list of str
        Their names.
    cycles : int
        Of the whole run.
    lost : list of int
        Vectors that lost values, by block.
    seconds : float
        Time of the simulator.
    compared : int
        Vectors and scores that were compared with the golden model.
    """

    first_in: np.ndarray
    last_in: np.ndarray
    first_out: np.ndarray
    last_out: np.ndarray
    scores: np.ndarray
    overflow: np.ndarray
    counts: np.ndarray
    streams: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), np.int64))
    units: list[str] = field(default_factory=list)
    cycles: int = 0
    lost: list[int] = field(default_factory=list)
    seconds: float = 0.0
    compared: int = 0

    @property
    def steady(self) -> np.ndarray:
        """Cycles between results once the network is full; empty for fewer than ``FILL + 1`` clips."""
        return np.diff(self.last_out)[FILL - 1:]

    @property
    def cycles_per_clip(self) -> float | None:
        """Mean of :attr:`steady`."""
        return float(self.steady.mean()) if len(self.steady) else None

    @property
    def latency(self) -> np.ndarray:
        """Cycles from a clip's last joint in to its last score out."""
        return self.last_out - self.last_in

    def window(self) -> tuple[int, int, dict[str, dict[str, int]]]:
        """Activity of every unit in the steady state; in the whole run when it has at most ``FILL`` clips.

        Returns
        -------
        cycles : int
            Length of the window.
        clips : int
            Results in it.
        activity : dict of str to dict
            Cycles by unit and state: busy, starved, blocked.
        """
        if len(self.last_out) > FILL:
            first = FILL - 1
            clips, cycles = len(self.last_out) - FILL, int(self.last_out[-1] - self.last_out[first])
            spent = self.counts[-1] - self.counts[first]  # wraps as the counters do
        else:
            clips, cycles, spent = len(self.last_out), int(self.last_out[-1] - self.first_in[0]), self.counts[-1]
        activity = {name: {state: int(spent[index, n]) for n, state in enumerate(STATES)}
                    for index, name in enumerate(self.units)}
        return cycles, clips, activity
