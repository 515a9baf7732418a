"""Foldings for several clips: the mean over clips of the cycles that each takes is minimal.

Where clips are so short that several are in the pipeline at once, a "clip" here is a stretch of as many
(:func:`~hypgcn.planning.estimate.overlapping`). A clip takes as long as the unit that is slowest on it, and which one
that is differs from clip to clip, because the lanes' work depends on zeros and that of the 1x1 arrays does not. So the
mean over clips is more than what the slowest unit takes for a mean clip. With C[s] for each clip s, and the choices and
budgets of :mod:`~hypgcn.planning.allocator.allocate`:

    cycles on clip s of a chosen option             <= C[s]    for every choice and clip
    reads of the X store by the options of a block  <= C[s]    for every block and clip
    minimise sum C[s], or sum C[s] <= clips * the cycles that are given; then the shares as there

No clip can take less than the fastest folding for it alone. This bound makes many options equal, so that few remain.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from math import ceil

from ..budget import Budget
from .model import ChoiceModel, block_reads, scarcest
from .options import Choice, Option, pareto_front
from .search import Search

__all__ = ["ClipSearch", "cheapest", "cycles_of_clips", "fastest", "min_cycles_of_clips"]


class ClipSearch(Search):
    """Searches whose cycles are the mean over clips.

    Parameters
    ----------
    choices : sequence of Choice
        Index of the block (``None``: no block) and options with cycles for each clip, of each choice.
    fixed : dict of int
        Resources that are taken beside the choices.
    clips : int, at least 2
        Clips.
    """

    def __init__(self, choices: Sequence[Choice], fixed: dict[str, int], clips: int):
        super().__init__(choices, fixed)
        self.clips = clips

    @cached_property
    def min_cycles(self) -> int:
        """Mean over clips of the slowest choice at its fastest."""
        return ceil(sum(min_cycles_of_clips(self.choices)) / self.clips)

    @property
    def bound(self) -> str:
        """Why no folding takes fewer cycles than :attr:`min_cycles`, for an error message."""
        return f"the mean over {self.clips} clips with the fastest of everything"

    def sparing(self, budget: Budget, chosen: list[Option], cycles: int | None = None) -> list[Option]:
        """``chosen``: both searches over clips spare the scarcest resource by themselves."""
        return chosen

    def cheapest(self, budget: Budget, cycles: int, *, overdraw: bool = False,
                 scarce: str | None = None) -> list[Option] | None:
        """The options of least resources with a mean of at most ``cycles``; see :meth:`Search.cheapest`. The scarcest
        resource is determined here, so ``scarce`` does not count."""
        return cheapest(self.choices, self.limits(budget), self.fixed, self.clips * cycles, overdraw=overdraw)

    def fastest(self, budget: Budget) -> list[Option] | None:
        """The options of the smallest mean: begun with the fastest for a mean clip, bounded by those for each clip
        alone."""
        start = Search(self.choices, self.fixed).fastest(budget)
        if start is None:
            return None
        alone = []
        for number in range(self.clips):
            choices = [(index, [replace(option, cycles=option.clips[number]) for option in options])
                       for index, options in self.choices]
            alone.append(Search(choices, self.fixed).fastest(budget) or start)
        return fastest(self.choices, self.limits(budget), self.fixed, alone, start)


def min_cycles_of_clips(choices: Sequence[Choice]) -> list[int]:
    """Cycles of every clip of the slowest choice at its fastest."""
    fastest_of_choices = (map(min, zip(*(option.clips for option in options))) for _, options in choices)
    return [max(cycles) for cycles in zip(*fastest_of_choices)]


def cycles_of_clips(choices: Sequence[Choice], chosen: Sequence[Option]) -> list[int]:
    """Cycles of every clip with the ``chosen`` option of every choice."""
    reads = block_reads(choices, chosen)
    return [max(*cycles, *reads) for cycles in zip(*(option.clips for option in chosen))]


def cheapest(choices: Sequence[Choice], limits: dict[str, int], fixed: dict[str, int], total: int, *,
             lows: Sequence[int] | None = None, overdraw: bool = False,
             start: Sequence[Option] | None = None) -> list[Option] | None:
    """The options of least shares whose clips take at most ``total`` cycles together, the scarcest resource spared
    first.

    Parameters
    ----------
    choices : sequence of Choice
        Index of the block and options, of each choice.
    limits, fixed : dict of int
        See :meth:`~.model.ChoiceModel.within`.
    total : int
        Limit of the sum over clips.
    lows : sequence of int, optional
        Lower bounds of the cycles of every clip; ``None``: :func:`min_cycles_of_clips`.
    overdraw : bool
        See :meth:`~.model.ChoiceModel.within`.
    start : sequence of Option, optional
        A choice to begin with.

    Returns
    -------
    list of Option or None
        One option per choice; ``None`` when nothing fits.
    """
    def run(start: Sequence[Option] | None, scarce: str | None) -> list[Option] | None:
        model, _ = _model(choices, lows or min_cycles_of_clips(choices), total)
        if model is None:
            return None
        model.minimize(model.within(limits, fixed, overdraw, scarce))
        if start is not None:
            model.start_from(start)
        return model.run()

    chosen = run(start, None)
    if chosen is None or overdraw:
        return chosen
    return run(chosen, scarcest(chosen, limits, fixed)) or chosen


def fastest(choices: Sequence[Choice], limits: dict[str, int], fixed: dict[str, int],
            alone: Sequence[Sequence[Option]], start: Sequence[Option]) -> list[Option]:
    """The options whose clips take the fewest cycles together, and of these the cheapest.

    Parameters
    ----------
    choices : sequence of Choice
        Index of the block and options, of each choice.
    limits, fixed : dict of int
        See :meth:`~.model.ChoiceModel.within`.
    alone : sequence of sequence of Option
        Of every clip the fastest options when only that clip counts.
    start : sequence of Option
        A choice to begin with.
    """
    lows = [cycles_of_clips(choices, chosen)[number] for number, chosen in enumerate(alone)]
    best = list(min((start, *alone), key=lambda chosen: sum(cycles_of_clips(choices, chosen))))
    model, cycles = _model(choices, lows, sum(cycles_of_clips(choices, best)))
    model.within(limits, fixed)
    model.minimize(cycles)
    model.start_from(best)
    best = model.run() or best
    total = sum(cycles_of_clips(choices, best))
    return cheapest(choices, limits, fixed, total, lows=lows, start=best) or best


def _model(choices: Sequence[Choice], lows: Sequence[int], total: int):
    """The model of options that can be in a choice with ``total`` cycles, and the sum of cycles in it; ``(None, 0)``
    where some choice has none."""
    kept = [(index, [option for option in options if sum(map(max, option.clips, lows)) <= total])
            for index, options in choices]
    if not all(options for _, options in kept):
        return None, 0
    max_reads: dict[int | None, int] = {}
    for index, options in kept:
        max_reads[index] = max_reads.get(index, 0) + max(option.x_reads for option in options)
    busy = {index for index, reads in max_reads.items() if reads > min(lows)}

    def key(option: Option) -> tuple[int, ...]:
        return *map(max, option.clips, lows), *option.cost()

    def key_with_reads(option: Option) -> tuple[int, ...]:
        return *key(option), option.x_reads

    model = ChoiceModel([(index, pareto_front(options, key_with_reads if index in busy else key))
                         for index, options in kept])
    spare = total - sum(lows)
    limits = [model.new_int_var(low, low + spare, f"clip{number}") for number, low in enumerate(lows)]
    for number, (limit, low) in enumerate(zip(limits, lows)):
        def cycles_of_clip(option: Option, number: int = number) -> int:
            return option.clips[number]

        sums = model.sums(cycles_of_clip)
        for (_, options), cycles in zip(model.choices, sums):
            if any(option.clips[number] > low for option in options):
                model.add(cycles <= limit)
        for reads in model.x_reads() if busy else ():
            model.add(reads <= limit)
    model.add(sum(limits) <= total)
    return model, sum(limits)
