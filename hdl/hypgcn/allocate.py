"""Folding allocator: the parallelism of every unit, chosen by CP-SAT.

Per block three choices are independent but for the sums: graph subsets at once; joints, pairs and width of the 1x1
array; lanes, pairs and width of the temporal unit. Each has a list of options with its cycles per clip, its reads of
the X store, DSPs, block RAMs and LUTs (:mod:`~hypgcn.estimate`), without those that another option beats or equals in
everything. One more choice is the width of the head. With one 0/1 variable per option:

    exactly one option of every choice
    cycles of a chosen option (with the loss by coupling)  <= C
    reads of the X store by the chosen options of a block  <= C      (one vector a cycle)
    sum of DSPs, block RAMs, LUTs over everything          <= budget of each
    minimise C, or C given; then, with that C, minimise the sum of used / budget over the three resources

The least C is found by halving the list of all cycles that options take; for a given C only options that are fast
enough remain, and again only those that no other beats, so that a run takes a fraction of a second. One worker and a
fixed seed: the same request gives the same folding. The formulas are written out in ``docs/folding.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ortools.sat.python import cp_model

from .allocate_options import Option, conv_options, front, graph_options, head_options, temporal_options, up
from .budget import PLENTY, RESOURCES, Budget
from .design import Design
from .estimate import Activity, BlockModel, Estimate, Resources, estimate
from .folding import BlockFolding, Folding

__all__ = ["PLENTY", "RESOURCES", "Allocation", "Allocator", "Budget", "allocate", "reaching", "within"]

SECONDS = 30
"""Deterministic time of one solver run at most."""


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """A folding and what it takes.

    folding : the choice; estimate : of it; budget : what was allowed
    """

    folding: Folding
    estimate: Estimate
    budget: Budget

    @property
    def cycles(self) -> float:
        """Cycles per clip."""
        return self.estimate.cycles

    @property
    def used(self) -> dict[str, float]:
        """Resources."""
        total = self.estimate.resources
        return {"dsp": total.dsp, "bram36": total.bram36, "lut": round(total.lut)}


class Allocator:
    """All options of a design, ready for any number of requests.

    Parameters
    ----------
    design : the network; mac : form of the packed MACs; activities : of each block, ``None`` takes the densities
    """

    def __init__(self, design: Design, mac: str = "dsp48e2", activities: Sequence[Activity] | None = None):
        self.design, self.mac, self.activities = design, mac, activities
        self.choices: list[tuple[int | None, list[Option]]] = []
        fixed = Resources()
        for index in range(len(design.blocks)):
            model = BlockModel(design, index, mac, None if activities is None else activities[index])
            rows = self.rows(index)
            fixed += model.stores(lanes=1, **rows)["x_store"] + model.skid
            for options in (graph_options(model, design.subsets), conv_options(model),
                            temporal_options(model, **rows)):
                self.choices.append((index, front(options)))
        self.choices.append((None, front(head_options(design))))
        self.fixed = {"dsp": fixed.dsp, "bram": up(2 * fixed.bram36), "lut": up(fixed.lut)}

    def rows(self, index: int) -> dict[str, int]:
        """Rows that the stores of block ``index`` hold: what the kernel needs, and a few to let neighbours drift."""
        return {"x_rows": self.design.pad + 6, "h_rows": self.design.kernel + 2 * self.design.blocks[index].stride + 1}

    @cached_property
    def least_cycles(self) -> int:
        """Cycles per clip of the slowest choice at its fastest."""
        return max(min(option.cycles for option in options) for _, options in self.choices)

    def solve(self, budget: Budget, *, cycles: int | None = None) -> Allocation:
        """The folding of fewest cycles within ``budget``, or the cheapest with at most ``cycles`` per clip.

        Raises :exc:`ValueError` that says which budget fails and by how much.
        """
        if cycles is not None and cycles < 1:
            raise ValueError(f"cycles must be at least 1, not {cycles!r}")
        if cycles is None:
            found = self._fastest(budget)
        elif cycles < self.least_cycles:
            index, options = max(self.choices, key=lambda choice: min(option.cycles for option in choice[1]))
            unit = min(options, key=lambda option: option.cycles)
            where = "head" if index is None else f"blocks[{index}]"
            raise ValueError(f"cycles must be at least {self.least_cycles}, not {cycles}: {where} takes as many with "
                             f"{', '.join(f'{name} = {value}' for name, value in unit.fields.items())}")
        else:
            found = self._run(budget, cycles)
        if found is None:
            raise ValueError(self._shortfall(budget, cycles))
        return self._allocation(found, budget)

    def better(self, allocation: Allocation, factor: float = 0.95) -> dict[str, float] | None:
        """Cycles and least resources of a folding that is faster by ``factor``, as if there were enough of
        everything; ``None`` when no folding is."""
        target = int(allocation.cycles * factor)
        if target < self.least_cycles:
            return None
        found = self._run(allocation.budget, target, overdraw=True)
        return None if found is None else self._summary(self._allocation(found, allocation.budget))

    def cheaper(self, allocation: Allocation, factor: float = 0.95) -> dict[str, float] | None:
        """Cycles and resources of the fastest folding that takes at most ``factor`` of the scarcest resource;
        ``None`` when there is none."""
        scarce = max(RESOURCES, key=lambda name: allocation.used[name] / getattr(allocation.budget, name))
        limits = {name: getattr(allocation.budget, name) for name in RESOURCES}
        limits[scarce] = max(1, int(allocation.used[scarce] * factor))
        try:
            return self._summary(self.solve(Budget(**limits)))
        except ValueError:
            return None

    @staticmethod
    def _summary(allocation: Allocation) -> dict[str, float]:
        return {"cycles": round(allocation.cycles), **allocation.used}

    def _allocation(self, chosen: list[Option], budget: Budget) -> Allocation:
        parts: list[dict] = [{} for _ in self.design.blocks]
        head: dict = {}
        for (index, _), option in zip(self.choices, chosen):
            (head if index is None else parts[index]).update(option.fields)
        folding = Folding(mac=self.mac, **head, blocks=tuple(
            BlockFolding(**part, **self.rows(index)) for index, part in enumerate(parts)))
        return Allocation(folding=folding, estimate=estimate(self.design, folding, self.activities), budget=budget)

    def _limits(self, budget: Budget) -> dict[str, int]:
        return {"dsp": int(budget.dsp) - self.fixed["dsp"], "bram": int(2 * budget.bram36) - self.fixed["bram"],
                "lut": int(budget.lut) - self.fixed["lut"]}

    def _candidates(self, cycles: int) -> list[list[Option]]:
        """Of each choice the options that are fast enough, without those that another one makes needless."""
        fast = [[option for option in options if option.cycles <= cycles] for _, options in self.choices]
        reads: dict[int | None, int] = {}
        for (index, _), options in zip(self.choices, fast):
            reads[index] = reads.get(index, 0) + max((option.x_reads for option in options), default=0)
        # Where the port of the X store is never too busy, reads are for free.
        return [front(options, Option.cost if reads[index] <= cycles else Option.cost_and_reads)
                for (index, _), options in zip(self.choices, fast)]

    def _run(self, budget: Budget, cycles: int, overdraw: bool = False) -> list[Option] | None:
        """The chosen options, or ``None`` when there are none. ``overdraw``: what goes beyond the budgets is
        minimised first, not forbidden."""
        model = cp_model.CpModel()
        candidates = self._candidates(cycles)
        if not all(candidates):
            return None
        chosen = [[model.new_bool_var(f"c{number}o{at}") for at in range(len(options))]
                  for number, options in enumerate(candidates)]
        reads: dict[int, list] = {}
        for (index, _), options, flags in zip(self.choices, candidates, chosen):
            model.add_exactly_one(flags)
            if index is not None:
                reads.setdefault(index, []).append(_weighted(options, flags, "x_reads"))
        for parts in reads.values():
            model.add(sum(parts) <= cycles)
        shares, beyond = [], []
        for name, limit in self._limits(budget).items():
            used = sum(_weighted(options, flags, name) for options, flags in zip(candidates, chosen))
            # Shares are counted in millionths of the budget.
            weight = max(1, 1_000_000 // max(1, limit + self.fixed[name]))
            shares.append(weight * used)
            if overdraw:
                more = model.new_int_var(0, 1 << 31, f"more_{name}")
                beyond.append(1000 * weight * more)
                model.add(used <= limit + more)
            else:
                model.add(used <= limit)
        model.minimize(sum(shares) + sum(beyond))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = SECONDS
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [options[next(at for at, flag in enumerate(flags) if solver.boolean_value(flag))]
                for options, flags in zip(candidates, chosen)]

    def _fastest(self, budget: Budget) -> list[Option] | None:
        """The choice of fewest cycles within ``budget``: a search over all cycles that some option takes."""
        steps = sorted({option.cycles for _, options in self.choices for option in options
                        if option.cycles >= self.least_cycles})
        steps.append(self.most_reads)
        steps.sort()
        best, low, high = None, 0, len(steps)
        while low < high:
            middle = (low + high) // 2
            found = self._run(budget, steps[middle])
            if found is None:
                low = middle + 1
            else:
                best, high = found, middle
        return best

    @cached_property
    def most_reads(self) -> int:
        """Cycles that are enough for any option and any number of reads."""
        most = max(option.cycles for _, options in self.choices for option in options)
        return most + sum(max(option.x_reads for option in options) for _, options in self.choices)

    def _shortfall(self, budget: Budget, cycles: int | None) -> str:
        """Which budgets fail, and by how much."""
        found = self._run(budget, cycles or self.most_reads, overdraw=True)
        at = "at any speed" if cycles is None else f"for {cycles} cycles per clip"
        if found is None:
            return f"no folding {at}: the reads of an X store alone take longer"
        need = {"dsp": 0, "bram": 0, "lut": 0}
        for option in found:
            need = {name: total + getattr(option, name) for name, total in need.items()}
        told = []
        for name, limit in self._limits(budget).items():
            if need[name] > limit:
                scale = 2 if name == "bram" else 1
                total = (need[name] + self.fixed[name]) / scale
                told.append(f"{total:g} {'bram36' if name == 'bram' else name}, {(need[name] - limit) / scale:g} more "
                            f"than the budget of {(limit + self.fixed[name]) / scale:g}")
        return f"design {self.design.name} does not fit {at}: it needs " + " and ".join(told)


def _weighted(options: list[Option], flags: list, name: str):
    return sum(getattr(option, name) * flag for option, flag in zip(options, flags))


def within(design: Design, dsp: int, *, mac: str = "dsp48e2") -> Folding:
    """The fastest folding with at most ``dsp`` multipliers and as much of everything else as it likes."""
    return allocate(design, Budget(dsp=dsp, bram36=PLENTY, lut=PLENTY), mac=mac).folding


def reaching(design: Design, cycles: int, *, mac: str = "dsp48e2") -> Folding:
    """The folding of fewest multipliers with at most ``cycles`` per clip, or the fastest when none reaches that."""
    allocator = Allocator(design, mac)
    return allocator.solve(Budget(dsp=PLENTY, bram36=PLENTY, lut=PLENTY),
                           cycles=max(cycles, allocator.least_cycles)).folding


def allocate(design: Design, budget: Budget, *, cycles: int | None = None, mac: str = "dsp48e2",
             activities: Sequence[Activity] | None = None) -> Allocation:
    """The folding of ``design`` with the fewest cycles within ``budget``, or the cheapest with at most ``cycles``."""
    return Allocator(design, mac, activities).solve(budget, cycles=cycles)
