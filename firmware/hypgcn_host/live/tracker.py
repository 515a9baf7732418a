"""Identities for people who came without: whoever is nearest goes on."""

from collections.abc import Sequence

import numpy as np

__all__ = ["Tracker"]

_REACH = 0.5
"""A person moves at most so many of its own sizes from one frame to the next that it is seen in."""
_PATIENCE = 1.0
"""Seconds after which somebody at the same place is another one."""


class Tracker:
    """Gives the poses of each frame identities 1, 2, ...

    Pairs of a person and a pose are taken in the order of their distance: the mean over the joints that both have, in
    sizes of the person. A pose further away than half a size from everybody begins a new identity. It has no look ahead
    and no motion model: where people cross, identities of an estimator's own tracker are better.
    """

    def __init__(self):
        self._last: dict[int, tuple[float, np.ndarray]] = {}
        self._count = 0

    def identities(self, time: float, bodies: Sequence[np.ndarray]) -> list[int]:
        """Identity of each body.

        Parameters
        ----------
        time : float
            Seconds.
        bodies : sequence of np.ndarray (V, C + 1)
            Of one frame, with scores.
        """
        self._last = {person: kept for person, kept in self._last.items() if abs(time - kept[0]) <= _PATIENCE}
        pairs = sorted((distance, person, number) for person, (_, before) in self._last.items()
                       for number, body in enumerate(bodies) if (distance := _distance(before, body)) <= _REACH)
        found: dict[int, int] = {}
        taken: set[int] = set()
        for _, person, number in pairs:
            if person not in taken and number not in found:
                found[number] = person
                taken.add(person)
        for number, body in enumerate(bodies):
            if number not in found:
                self._count += 1
                found[number] = self._count
            self._last[found[number]] = (time, body)
        return [found[number] for number in range(len(bodies))]


def _distance(before: np.ndarray, body: np.ndarray) -> float:
    """Mean distance of the joints that both have, in sizes of the body before; infinite without one."""
    if before.shape != body.shape:
        return np.inf
    known = before[:, -1] > 0
    both = known & (body[:, -1] > 0)
    if not both.any():
        return np.inf
    size = float(np.linalg.norm(np.ptp(before[known, :-1], axis=0))) or 1.0
    return float(np.linalg.norm(body[both, :-1] - before[both, :-1], axis=1).mean()) / size
