"""Foldings by latency: the fastest one whose scores come soon enough after the last frame, or the one that is soonest.

The latency of a folding follows from its rows one by one (:mod:`~hypgcn.planning.estimate.latency`), which no solver
can do. But what its units add to it, row by row, is a sum over the choices. So for given cycles C the options of the
least such sum are chosen, and their latency is estimated; C becomes larger until it is short enough, since units that
may be slower leave their resources to those of which a row takes long. Of each folding the stores are also tried with
fewer rows, which hold fewer rows in front of the last one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from ...design import Design
from ...design.folding import Folding
from ..budget import Budget
from .model import block_reads
from .options import Option
from .search import Search

__all__ = ["FEWER_ROWS", "Prompt", "soon", "with_fewer_rows"]

FEWER_ROWS = (0, 2, 4)
"""Rows less than those that limit nothing, in every store, which are tried."""
SLOWER = (1, 1.02, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 3)
"""Cycles over the fewest that fit the budget, which are tried."""
HALVINGS = 2
"""Bisections between the last of these that is too slow in its answer and the first that is not."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A folding and what counts of it.

    Parameters
    ----------
    folding : Folding
    cycles, latency : float
        Per clip, and from the last frame to the scores.
    """

    folding: Folding
    cycles: float
    latency: float


def with_fewer_rows(design: Design, folding: Folding, fewer: int) -> Folding:
    """``folding`` with ``fewer`` rows in all stores of X and H, as far as that is legal."""
    def block(index: int):
        one, stride = folding.blocks[index], design.blocks[index].stride
        return replace(one, x_rows=max(one.x_rows - fewer, design.pad + 1, stride),
                       h_rows=max(one.h_rows - fewer, design.kernel, stride))

    return replace(folding, blocks=tuple(block(index) for index in range(len(folding.blocks))))


def soon(search: Search, budget: Budget, latency: float | None, judge: Callable[[list[Option]], list[Prompt]]
         ) -> tuple[Prompt | None, Prompt | None]:
    """The fastest folding within ``latency``, and the one of the least latency that was found.

    Parameters
    ----------
    search : Search
        Over all choices, by one activity.
    budget : Budget
        Limits.
    latency : float or None
        Cycles; ``None``: as few as possible.
    judge : callable
        The foldings of options, with their cycles and latencies.

    Returns
    -------
    fastest : Prompt or None
        ``None`` where none that was found is within ``latency``.
    soonest : Prompt or None
        ``None`` where nothing fits the budget.
    """
    fastest = search.fastest(budget)
    if fastest is None:
        return None, None
    found = judge(fastest)

    def attempt(cycles: float) -> bool:
        """Look at the options of least latency with at most ``cycles``; whether they are within ``latency``."""
        chosen = search.prompt(budget, ceil(cycles))
        judged = judge(chosen) if chosen is not None else []
        found.extend(judged)
        return any(_within(prompt, latency) for prompt in judged)

    fewest = max(*(option.cycles for option in fastest), *block_reads(search.choices, fastest))
    if not any(_within(prompt, latency) for prompt in found):
        low = 1.0
        for high in SLOWER:
            if attempt(fewest * high):
                for _ in range(HALVINGS if high > 1 else 0):
                    middle = (low + high) / 2
                    low, high = (low, middle) if attempt(fewest * middle) else (middle, high)
                break
            low = high
    within = [prompt for prompt in found if _within(prompt, latency)]
    return (min(within, key=lambda prompt: (prompt.cycles, prompt.latency), default=None),
            min(found, key=lambda prompt: (prompt.latency, prompt.cycles)))


def _within(prompt: Prompt, latency: float | None) -> bool:
    """Whether ``prompt`` is as soon as asked for; never where the soonest is."""
    return latency is not None and prompt.latency <= latency
