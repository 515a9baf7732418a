"""Lanes whose results leave in the order of the jobs: how long they wait for each other."""

from functools import lru_cache

__all__ = ["in_order"]

_BEFORE, _JOINTS = 8, 24
"""Joints until the pattern has settled, and joints that are counted."""


@lru_cache(maxsize=1 << 14)
def in_order(jobs: tuple[float, ...], lanes: int) -> float:
    """Cycles of ``lanes`` over those of lanes that never wait for each other, at least 1.

    jobs : cycles of a joint's jobs, in order; every joint has the same

    A job goes to the lane that is free first. A lane keeps one result until those of all earlier jobs are taken, and
    works on another job meanwhile, whose result has no place before (:class:`~hypgcn.temporal.lane.Lane`). Passes of
    unequal work make lanes wait; of equal work they do not.
    """
    if lanes == 1 or max(jobs) == min(jobs):
        return 1.0
    free = [0.0] * lanes        # when the lane takes another job
    kept = [0.0] * lanes        # when the result that it keeps is taken
    taken, begin = 0.0, 0.0
    for joint in range(_BEFORE + _JOINTS):
        if joint == _BEFORE:
            begin = taken
        for cycles in jobs:
            lane = free.index(min(free))
            free[lane] = max(free[lane] + cycles, kept[lane])
            kept[lane] = taken = max(taken, free[lane])
    return max(1.0, (taken - begin) * lanes / (_JOINTS * sum(jobs)))
