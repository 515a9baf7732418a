"""The search for one option of every choice: fewest cycles within a budget, or least resources for given cycles.

Cycles are those of the slowest chosen option and of the busiest X store, with one activity. The formulas are in
``docs/folding.md``; the same over several clips is :class:`~hypgcn.planning.allocator.clips.ClipSearch`.
"""

from collections.abc import Sequence
from functools import cached_property

from ..budget import Budget
from .model import ChoiceModel, block_reads, scarcest
from .options import Choice, Option, pareto_front

__all__ = ["Search", "shortfall"]


class Search:
    """Searches over the same choices, for any number of budgets.

    Parameters
    ----------
    choices : sequence of Choice
        Index of the block (``None``: no block) and options, of each choice.
    fixed : dict of int
        Resources that are taken beside the choices: ``dsp``, ``bram`` (halves), ``lut``.
    """

    def __init__(self, choices: Sequence[Choice], fixed: dict[str, int]):
        self.choices, self.fixed = list(choices), fixed

    @cached_property
    def min_cycles(self) -> int:
        """Cycles per clip of the slowest choice at its fastest."""
        return max(min(option.cycles for option in options) for _, options in self.choices)

    @cached_property
    def max_cycles(self) -> int:
        """Cycles that are enough for any option and any number of reads."""
        slowest = max(max(option.cycles, *option.clips, 0) for _, options in self.choices for option in options)
        return slowest + sum(max(option.x_reads for option in options) for _, options in self.choices)

    @property
    def bound(self) -> str:
        """Why no folding takes fewer cycles than :attr:`min_cycles`, for an error message."""
        index, options = max(self.choices, key=lambda choice: min(option.cycles for option in choice[1]))
        fastest = min(options, key=lambda option: option.cycles)
        where = "head" if index is None else f"blocks[{index}]"
        return f"{where} takes as many with {', '.join(f'{name} = {value}' for name, value in fastest.fields.items())}"

    def limits(self, budget: Budget) -> dict[str, int]:
        """What ``budget`` leaves for the choices."""
        return {"dsp": int(budget.dsp) - self.fixed["dsp"], "bram": int(2 * budget.bram36) - self.fixed["bram"],
                "lut": int(budget.lut) - self.fixed["lut"]}

    def solve(self, budget: Budget, cycles: int | None = None) -> list[Option] | None:
        """The options of fewest cycles, or of least resources with at most ``cycles``; the scarcest resource is spared
        first. ``None`` when nothing fits.
        """
        chosen = self.fastest(budget) if cycles is None else self.cheapest(budget, cycles)
        return None if chosen is None else self.sparing(budget, chosen, cycles)

    def sparing(self, budget: Budget, chosen: list[Option], cycles: int | None = None) -> list[Option]:
        """Options that are as fast as those ``chosen`` (or as ``cycles``) and take less of the resource of which these
        take the largest share.
        """
        if cycles is None:
            cycles = max(*(option.cycles for option in chosen), *block_reads(self.choices, chosen))
        scarce = scarcest(chosen, self.limits(budget), self.fixed)
        return self.cheapest(budget, cycles, scarce=scarce) or chosen

    def cheapest(self, budget: Budget, cycles: int, *, overdraw: bool = False,
                 scarce: str | None = None) -> list[Option] | None:
        """The options of least resources with at most ``cycles`` per clip.

        Parameters
        ----------
        budget : Budget
            Limits, and what the shares of the resources are of.
        cycles : int
            Limit of every option and of the reads of every X store.
        overdraw : bool
            What goes beyond the budgets is minimised first, not forbidden.
        scarce : str, optional
            The resource that is spared first.

        Returns
        -------
        list of Option or None
            One option per choice; ``None`` when nothing fits.
        """
        candidates = self._candidates(cycles)
        if not all(candidates):
            return None
        model = ChoiceModel([(index, options) for (index, _), options in zip(self.choices, candidates)])
        for reads in model.x_reads():
            model.add(reads <= cycles)
        model.minimize(model.within(self.limits(budget), self.fixed, overdraw, scarce))
        return model.run()

    def fastest(self, budget: Budget) -> list[Option] | None:
        """The options of fewest cycles within ``budget``, by bisection over all cycles that some option takes and all
        numbers of reads that a block can come to; ``None`` when nothing fits.
        """
        steps = sorted({option.cycles for _, options in self.choices for option in options
                        if option.cycles >= self.min_cycles}
                       | {reads for reads in self._possible_reads() if reads > self.min_cycles} | {self.max_cycles})
        best, low, high = None, 0, len(steps)
        while low < high:
            middle = (low + high) // 2
            chosen = self.cheapest(budget, steps[middle])
            if chosen is None:
                low = middle + 1
            else:
                best, high = chosen, middle
        return best

    def prompt(self, budget: Budget, cycles: int) -> list[Option] | None:
        """The options of the least latency with at most ``cycles`` per clip; ``None`` when nothing fits."""
        candidates = [pareto_front([option for option in options if option.cycles <= cycles], Option.cost_and_latency)
                      for _, options in self.choices]
        if not all(candidates):
            return None
        model = ChoiceModel([(index, options) for (index, _), options in zip(self.choices, candidates)])
        for reads in model.x_reads():
            model.add(reads <= cycles)
        model.within(self.limits(budget), self.fixed)
        model.minimize(sum(model.sums(lambda option: option.latency)))
        return model.run()

    def _candidates(self, cycles: int) -> list[list[Option]]:
        """Options of each choice that are fast enough, without dominated ones."""
        fast = [[option for option in options if option.cycles <= cycles] for _, options in self.choices]
        max_reads: dict[int | None, int] = {}
        for (index, _), options in zip(self.choices, fast):
            max_reads[index] = max_reads.get(index, 0) + max((option.x_reads for option in options), default=0)
        # Where the port of the X store is never too busy, reads are for free.
        return [pareto_front(options, Option.cost if max_reads[index] <= cycles else Option.cost_and_reads)
                for (index, _), options in zip(self.choices, fast)]

    def _possible_reads(self) -> set[int]:
        """Reads of the X store that the options of a block can make together, of all blocks."""
        sums: dict[int | None, set[int]] = {}
        for index, options in self.choices:
            reads = {option.x_reads for option in options}
            sums[index] = {before + more for before in sums.get(index, {0}) for more in reads}
        return set().union(*sums.values())


def shortfall(search: Search, name: str, budget: Budget, cycles: int | None) -> str:
    """Which budgets fail for the network called ``name``, and by how much."""
    chosen = search.cheapest(budget, cycles or search.max_cycles, overdraw=True)
    at = "at any speed" if cycles is None else f"for {cycles} cycles per clip"
    if chosen is None:
        return f"no folding {at}: the reads of an X store alone take longer"
    missing = []
    for resource, limit in search.limits(budget).items():
        needed, fixed = sum(getattr(option, resource) for option in chosen), search.fixed[resource]
        if needed > limit:
            scale = 2 if resource == "bram" else 1
            missing.append(f"{(needed + fixed) / scale:g} {'bram36' if resource == 'bram' else resource}, "
                           f"{(needed - limit) / scale:g} more than the budget of {(limit + fixed) / scale:g}")
    return f"{name} does not fit {at}: it needs " + " and ".join(missing)
