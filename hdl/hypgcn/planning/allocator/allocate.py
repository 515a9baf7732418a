"""Folding allocator: the parallelism of every unit, chosen by CP-SAT.

Per block three choices are independent but for the sums: graph subsets at once; joints, pairs and width of the 1x1
array; lanes, pairs and width of the temporal unit. Each has a list of options with its cycles per clip, its reads of
the X store, DSPs, block RAMs and LUTs (:mod:`~hypgcn.planning.estimate`), without those that another option beats or
equals in everything. One more choice is the width of the head. With one 0/1 variable per option:

    exactly one option of every choice
    cycles of a chosen option (with the loss by coupling)  <= C
    reads of the X store by the chosen options of a block  <= C      (one vector a cycle)
    sum of DSPs, block RAMs, LUTs over everything          <= budget of each
    minimise C, or C given; then, with that C, minimise the sum of used / budget over the three resources; then
    the same with the scarcest of these, the one of the largest share, counted :data:`~.allocate_model.SCARCE` times

The least C is found by halving the list of all cycles that options take, and of all reads that a block can make; for a
given C only options that are fast enough remain, and again only those that no other beats, so that a run takes a
fraction of a second. One worker and a fixed seed: the same request gives the same folding. With the activities of
several clips the mean over these clips takes the place of C (:mod:`~hypgcn.planning.allocator.clips`). The formulas
are written out in ``docs/folding.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ...design import Design
from ...design.folding import BlockFolding, Folding
from ..budget import PLENTY, RESOURCES, Budget
from ..estimate import WIDE, Activity, BlockModel, Estimate, Resources, clip_cycles, estimate, mean_activities
from . import clips as allocate_clips
from .model import ChoiceModel, scarcest
from .options import Option, conv_options, front, graph_options, head_options, temporal_options, up

__all__ = ["PLENTY", "RESOURCES", "Allocation", "Allocator", "Budget", "allocate", "reaching", "within"]


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """A folding and what it takes.

    folding : the choice; estimate : of it, with the mean activity; budget : what was allowed
    clips : cycles of each of the clips that the choice went by, empty when it went by one activity
    """

    folding: Folding
    estimate: Estimate
    budget: Budget
    clips: tuple[float, ...] = ()

    @property
    def cycles(self) -> float:
        """Cycles per clip: the mean over ``clips``, or of the estimate."""
        return sum(self.clips) / len(self.clips) if self.clips else self.estimate.cycles

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
    clips : of each clip the activities of each block, in place of ``activities``: the mean over clips of the cycles
        counts. One clip is the same as its ``activities``
    multiplier : bits of the wider operand of the device's multipliers
    """

    def __init__(self, design: Design, mac: str = "dsp48e2", activities: Sequence[Activity] | None = None,
                 clips: Sequence[Sequence[Activity]] = (), multiplier: int = WIDE):
        if clips and activities is not None:
            raise ValueError("activities must be None where clips are given")
        for number, clip in enumerate(clips):
            if len(clip) != len(design.blocks):
                raise ValueError(f"clips[{number}] must be of {len(design.blocks)} blocks, not {len(clip)}")
        if clips:
            activities = clips[0] if len(clips) == 1 else mean_activities(clips)
        self.design, self.mac, self.activities, self.multiplier = design, mac, activities, multiplier
        self.clips = tuple(clips) if len(clips) > 1 else ()
        self.choices: list[tuple[int | None, list[Option]]] = []
        fixed = Resources()
        for index in range(len(design.blocks)):
            model = BlockModel(design, index, mac, None if activities is None else activities[index],
                               multiplier)
            rows = self.rows(index)
            fixed += model.stores(lanes=1, **rows)["x_store"] + model.skid
            single = [model.with_activity(clip[index]) for clip in self.clips]
            for options in (graph_options(model, design.subsets, single), conv_options(model, len(single)),
                            temporal_options(model, **rows, clips=single)):
                self.choices.append((index, front(options)))
        self.choices.append((None, front(head_options(design, len(self.clips)))))
        self.fixed = {"dsp": fixed.dsp, "bram": up(2 * fixed.bram36), "lut": up(fixed.lut)}

    def rows(self, index: int) -> dict[str, int]:
        """Rows that the stores of block ``index`` hold: so many that they do not limit units that all take the same
        cycles (:func:`~hypgcn.planning.estimate.loop.loop`), and two more of X that let neighbours drift."""
        stride = self.design.blocks[index].stride
        return {"x_rows": self.design.pad + 7 + stride, "h_rows": self.design.kernel + 2 * stride + 1}

    @cached_property
    def least_cycles(self) -> int:
        """Cycles per clip of the slowest choice at its fastest."""
        if self.clips:
            return up(sum(allocate_clips.least(self.choices)) / len(self.clips))
        return max(min(option.cycles for option in options) for _, options in self.choices)

    def choosing(self, choices: list[tuple[int | None, list[Option]]]) -> "Allocator":
        """The same with other options, which say themselves what they take; by one activity."""
        other = Allocator.__new__(Allocator)
        other.__dict__ |= {name: value for name, value in vars(self).items()
                           if name not in ("least_cycles", "most_reads")}     # cached, of these options
        other.choices, other.clips = choices, ()
        return other

    def solve(self, budget: Budget, *, cycles: int | None = None) -> Allocation:
        """The folding of fewest cycles within ``budget``, or the cheapest with at most ``cycles`` per clip.

        Raises :exc:`ValueError` that says which budget fails and by how much.
        """
        if cycles is not None and cycles < 1:
            raise ValueError(f"cycles must be at least 1, not {cycles!r}")
        if cycles is None:
            found = self._fastest(budget)
        elif cycles < self.least_cycles and self.clips:
            raise ValueError(f"cycles must be at least {self.least_cycles}, not {cycles}: the mean over "
                             f"{len(self.clips)} clips with the fastest of everything")
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
        return self._allocation(found if self.clips else self._spared(budget, found, cycles), budget)

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
        return Allocation(folding=folding, budget=budget,
                          estimate=estimate(self.design, folding, self.activities, self.multiplier),
                          clips=tuple(clip_cycles(self.design, folding, self.clips)))

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

    def _spared(self, budget: Budget, chosen: list[Option], cycles: int | None) -> list[Option]:
        """The options that are as fast as those ``chosen`` and take less of what these take the largest share of."""
        if cycles is None:
            reads: dict[int | None, int] = {}
            for (index, _), option in zip(self.choices, chosen):
                reads[index] = reads.get(index, 0) + option.x_reads
            cycles = max(*(option.cycles for option in chosen), *reads.values())
        return self._run(budget, cycles, scarce=scarcest(chosen, self._limits(budget), self.fixed)) or chosen

    def _run(self, budget: Budget, cycles: int, overdraw: bool = False,
             scarce: str | None = None) -> list[Option] | None:
        """The chosen options, or ``None`` when there are none. ``overdraw``: what goes beyond the budgets is
        minimised first, not forbidden; ``scarce``: the resource that is spared first."""
        if self.clips:
            return allocate_clips.cheapest(self.choices, self._limits(budget), self.fixed, len(self.clips) * cycles,
                                           overdraw=overdraw)
        candidates = self._candidates(cycles)
        if not all(candidates):
            return None
        model = ChoiceModel([(index, options) for (index, _), options in zip(self.choices, candidates)])
        for reads in model.x_reads():
            model.add(reads <= cycles)
        model.minimize(model.within(self._limits(budget), self.fixed, overdraw, scarce))
        return model.run()

    def _fastest(self, budget: Budget) -> list[Option] | None:
        """The choice of fewest cycles within ``budget``: a search over all cycles that some option takes, and all
        numbers of reads that a block can come to."""
        if self.clips:
            return self._balanced(budget)
        steps = sorted({option.cycles for _, options in self.choices for option in options
                        if option.cycles >= self.least_cycles}
                       | {reads for reads in self._block_reads() if reads > self.least_cycles} | {self.most_reads})
        best, low, high = None, 0, len(steps)
        while low < high:
            middle = (low + high) // 2
            found = self._run(budget, steps[middle])
            if found is None:
                low = middle + 1
            else:
                best, high = found, middle
        return best

    def _block_reads(self) -> set[int]:
        """Reads of the X store that the options of a block can make together."""
        found: dict[int | None, set[int]] = {}
        for index, options in self.choices:
            mine = {option.x_reads for option in options}
            found[index] = {before + reads for before in found.get(index, {0}) for reads in mine}
        return set().union(*found.values())

    def _balanced(self, budget: Budget) -> list[Option] | None:
        """The same over several clips: begun with the fastest folding by their mean, bounded by that of each alone."""
        start = self.choosing(self.choices)._fastest(budget)
        if start is None:
            return None
        alone = []
        for number in range(len(self.clips)):
            mine = self.choosing([(index, [replace(option, cycles=option.clips[number]) for option in options])
                                  for index, options in self.choices])
            alone.append(mine._fastest(budget) or start)
        return allocate_clips.fastest(self.choices, self._limits(budget), self.fixed, alone, start)

    @cached_property
    def most_reads(self) -> int:
        """Cycles that are enough for any option and any number of reads."""
        most = max(max(option.cycles, *option.clips, 0) for _, options in self.choices for option in options)
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


def within(design: Design, dsp: int, *, mac: str = "dsp48e2") -> Folding:
    """The fastest folding with at most ``dsp`` multipliers and as much of everything else as it likes."""
    return allocate(design, Budget(dsp=dsp, bram36=PLENTY, lut=PLENTY), mac=mac).folding


def reaching(design: Design, cycles: int, *, mac: str = "dsp48e2") -> Folding:
    """The cheapest folding with at most ``cycles`` per clip, or the fastest when none reaches that."""
    allocator = Allocator(design, mac)
    return allocator.solve(Budget(dsp=PLENTY, bram36=PLENTY, lut=PLENTY),
                           cycles=max(cycles, allocator.least_cycles)).folding


def allocate(design: Design, budget: Budget, *, cycles: int | None = None, mac: str = "dsp48e2",
             activities: Sequence[Activity] | None = None, clips: Sequence[Sequence[Activity]] = ()) -> Allocation:
    """The folding of ``design`` with the fewest cycles within ``budget``, or the cheapest with at most ``cycles``."""
    return Allocator(design, mac, activities, clips).solve(budget, cycles=cycles)
