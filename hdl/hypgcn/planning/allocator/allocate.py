"""Folding allocator: the parallelism of every unit, chosen by CP-SAT.

Per block four choices are independent but for the sums: graph subsets in parallel; the 1x1 convolution on an array
(joints, pairs, width) or on lanes; lanes, pairs and width of the temporal unit with the read ports of the H store; read
ports of the X store. Each has a list of options with its cycles per clip, its reads of
the X store, DSPs, block RAMs and LUTs (:mod:`~hypgcn.planning.estimate`), without those that another option dominates.
One more choice is the width of the head. With one 0/1 variable per option:

    exactly one option of every choice
    cycles of a chosen option (with the loss by coupling)  <= C
    reads of the X store by the chosen options of a block  <= C      (one vector a cycle)
    sum of DSPs, block RAMs, LUTs over everything          <= budget of each
    minimise C, or C given; then, with that C, minimise the sum of used / budget over the three resources; then
    the same with the scarcest of these, the one of the largest share, counted :data:`~.model.SCARCE` times

The minimal C is found by bisection over all cycles that options take, and all reads that a block can make; for a given
C only options that are fast enough remain, and of these only the Pareto front, so that a run takes a fraction of a
second (:mod:`~hypgcn.planning.allocator.search`). One worker and a fixed seed: the same request gives the same folding.
With the activities of several clips the mean over these clips takes the place of C
(:mod:`~hypgcn.planning.allocator.clips`). The formulas are written out in ``docs/folding.md``.
"""

import copy
from collections.abc import Sequence
from functools import cached_property
from math import ceil

from ...arith.cost import DSP48E2_OPERAND
from ...cost import Resources
from ...design import Design
from ...design.folding import Folding
from ...design.limits import REQUANTISERS
from ..budget import PLENTY, RESOURCES, Budget
from ..estimate import (
    Activity,
    BlockModel,
    clip_cycles,
    estimate,
    last_frame_latency,
    mean_activities,
    overlapping,
)
from ..estimate.stages import folding_of
from .allocation import Allocation
from .clips import ClipSearch
from .options import (
    IN_DSPS,
    Choice,
    Option,
    conv_lane_options,
    conv_options,
    graph_options,
    head_options,
    pareto_front,
    temporal_options,
    x_store_options,
)
from .prompt import FEWER_ROWS, Prompt, soon, with_fewer_rows
from .search import Search, shortfall
from .stores import rows_of, worth_ultra

__all__ = ["PLENTY", "RESOURCES", "Allocation", "Allocator", "Budget", "allocate", "reaching", "within"]


class Allocator:
    """All options of a design, ready for any number of requests.

    Parameters
    ----------
    design : Design
        The network.
    mac : str
        Form of the packed MACs.
    activities : sequence of Activity, optional
        Non-zeros of each block; ``None``: from the design's densities.
    clips : sequence of sequence of Activity
        In place of ``activities`` those of each clip and block: the mean over clips of the cycles counts. One clip is
        the same as its ``activities``.
    multiplier : int
        Bits of the wider operand of the device's multipliers, sign included.
    uram : int
        UltraRAMs. The stores of H in which they save the most block RAMs get them, where that makes a folding possible
        or faster.
    few_multipliers : bool
        Offer requantisers that share a multiplier or have none, too, where that makes a folding possible or faster;
        else only where it makes one possible.
    by_latency : bool
        Keep the options that are better in latency alone, for :meth:`within_latency`.

    Attributes
    ----------
    choices : list of Choice
        Index of the block (``None``: the head) and options, of each choice.
    search : Search
        Over these choices, by one activity or by clips.

    Raises
    ------
    ValueError
        If ``activities`` and ``clips`` are both given, or a clip has another number of blocks than the design.
    """

    def __init__(self, design: Design, mac: str = "dsp48e2", activities: Sequence[Activity] | None = None,
                 clips: Sequence[Sequence[Activity]] = (), multiplier: int = DSP48E2_OPERAND, uram: int = 0,
                 by_latency: bool = False, few_multipliers: bool = False):
        self.key = Option.key_and_latency if by_latency else Option.key
        self.in_ultra: frozenset[int] = frozenset()
        self.forms: Sequence[str] = IN_DSPS
        self.with_ultra: Allocator | None = None
        self.with_forms: Allocator | None = None
        self._given = design, mac, activities, clips, multiplier
        if uram:
            self.with_ultra = copy.copy(self)
            self.with_ultra.in_ultra = worth_ultra(design, mac, uram)
            self.with_ultra._offer(*self._given)
        if few_multipliers:
            self.with_forms = self.frugal
        self._offer(*self._given)

    @cached_property
    def frugal(self) -> "Allocator":
        """With UltraRAM, where there is any, and with requantisers of few multipliers, which take fewer LUTs as well:
        what fits where nothing else does."""
        made = copy.copy(self.with_ultra or self)
        made.forms = REQUANTISERS.values
        made._offer(*self._given)
        return made

    def _offer(self, design: Design, mac: str, activities: Sequence[Activity] | None,
               clips: Sequence[Sequence[Activity]], multiplier: int):
        """Make all options, and the search over them."""
        if clips and activities is not None:
            raise ValueError("activities must be None where clips are given")
        for number, clip in enumerate(clips):
            if len(clip) != len(design.blocks):
                raise ValueError(f"clips[{number}] must be of {len(design.blocks)} blocks, not {len(clip)}")
        if clips:
            activities = clips[0] if len(clips) == 1 else mean_activities(clips)
        self.design, self.mac, self.activities, self.multiplier = design, mac, activities, multiplier
        self.clips = tuple(clips) if len(clips) > 1 else ()
        stretches = overlapping(design, self.clips)
        self.choices: list[Choice] = []
        total = Resources()
        for index in range(len(design.blocks)):
            model = BlockModel.of(design, index, mac, None if activities is None else activities[index], multiplier)
            rows = rows_of(design, index)
            per_clip = [model.with_activity(stretch[index]) for stretch in stretches]
            conv = (conv_options(model, len(per_clip), self.forms)
                    + conv_lane_options(model, rows["x_rows"], per_clip, self.forms))
            memory = "ultra" if index in self.in_ultra else "auto"
            own = {name: rows.pop(name) for name in ("x_rows", "h_rows")}
            beside = [conv, *(temporal_options(model, **own, clips=per_clip, memory=memory, stage=stage, behind=rows,
                                               forms=self.forms)
                              for stage in model.shape.stages)]
            of_block = [pareto_front(options, self.key) for options in (
                graph_options(model, design.subsets, own["x_rows"], beside, per_clip), *beside)]
            of_block.append(x_store_options(model, own["x_rows"], of_block, len(per_clip)))
            self.choices += [(index, options) for options in of_block]
        self.choices.append((None, pareto_front(head_options(design, len(self.clips)))))
        fixed = {"dsp": total.dsp, "bram": ceil(2 * total.bram36), "lut": ceil(total.lut)}
        self.search = (ClipSearch(self.choices, fixed, len(self.clips)) if self.clips
                       else Search(self.choices, fixed))

    @property
    def min_cycles(self) -> int:
        """Cycles per clip below which no folding comes, whatever the budget."""
        return self.search.min_cycles

    def solve(self, budget: Budget, *, cycles: int | None = None) -> Allocation:
        """The folding of fewest cycles within ``budget``, or the cheapest with at most ``cycles`` per clip.

        Raises
        ------
        ValueError
            If nothing fits: which budget fails, and by how much.
        """
        if cycles is not None and cycles < 1:
            raise ValueError(f"cycles must be at least 1, not {cycles!r}")
        found, reason = self._found(self.parts, budget, cycles)
        if not found and self.with_forms is None and (cycles is None or cycles >= self.min_cycles):
            found, reason = self._found([self.frugal], budget, cycles)
        if not found:
            raise reason
        return min(found, key=lambda allocation: allocation.cycles)

    @staticmethod
    def _found(parts: "Sequence[Allocator]", budget: Budget, cycles: int | None
               ) -> tuple[list[Allocation], ValueError]:
        """What ``parts`` find, or the first of them that finds any where ``cycles`` are given; and why the last one
        that finds nothing does not."""
        found, reason = [], ValueError()
        for part in parts:
            try:
                found.append(part._solve(budget, cycles))
            except ValueError as error:
                reason = error
            if found and cycles is not None:
                break
        return found, reason

    @property
    def parts(self) -> "list[Allocator]":
        """Itself, and those with more options: with UltraRAM, and with requantisers of few multipliers as well.

        Each is taken only where it makes a folding possible or faster. Where none of them fits, :attr:`frugal` is
        tried, on a device of many multipliers as well.
        """
        return [part for part in (self, self.with_ultra, self.with_forms) if part is not None]

    def _solve(self, budget: Budget, cycles: int | None) -> Allocation:
        """:meth:`solve` without a choice of the memories."""
        if cycles is not None and cycles < self.min_cycles:
            raise ValueError(f"cycles must be at least {self.min_cycles}, not {cycles}: {self.search.bound}")
        chosen = self.search.solve(budget, cycles)
        if chosen is None:
            raise ValueError(shortfall(self.search, f"design {self.design.name}", budget, cycles))
        return self._allocation(chosen, budget)

    def within_latency(self, budget: Budget, latency: float | None) -> Allocation:
        """The fastest folding within ``budget`` whose estimated latency is at most ``latency``, with the mean activity.

        Parameters
        ----------
        budget : Budget
            Limits.
        latency : float or None
            Cycles from a clip's last frame in to its scores, while clips follow each other without a gap; ``None``: as
            few as possible.

        Raises
        ------
        ValueError
            If nothing fits, or nothing that is soon enough: then with the least latency that was found.
        """
        if latency is not None and latency < 1:
            raise ValueError(f"latency must be at least 1 cycle, not {latency!r}")

        def of(part: Allocator) -> tuple[Prompt | None, Prompt | None]:
            return soon(Search(part.choices, part.search.fixed), budget, latency,
                        lambda chosen: part._prompts(chosen, budget))

        found = [of(part) for part in self.parts]
        if self.with_forms is None and all(prompt is None for _, prompt in found):
            found = [of(self.frugal)]
        soonest = min((prompt for _, prompt in found if prompt is not None),
                      key=lambda prompt: (prompt.latency, prompt.cycles), default=None)
        if soonest is None:
            raise ValueError(shortfall(self.frugal.search, f"design {self.design.name}", budget, None))
        fastest = min((prompt for prompt, _ in found if prompt is not None),
                      key=lambda prompt: (prompt.cycles, prompt.latency), default=None)
        if latency is not None and fastest is None:
            raise ValueError(f"latency must be at least about {ceil(soonest.latency)} cycles within this budget, not "
                             f"{latency:g}: the soonest folding takes {ceil(soonest.cycles)} cycles per clip")
        folding = (fastest or soonest).folding
        return Allocation(folding=folding, budget=budget,
                          estimate=estimate(self.design, folding, self.activities, self.multiplier),
                          clips=tuple(clip_cycles(self.design, folding, self.clips)))

    def _prompts(self, chosen: list[Option], budget: Budget) -> list[Prompt]:
        """The folding of the ``chosen`` options with all rows, and with fewer where that is within ``budget``, judged:
        stores of fewer rows may be LUTs in place of block RAMs."""
        full, found = self.folding(chosen), []
        for fewer in FEWER_ROWS:
            folding = with_fewer_rows(self.design, full, fewer)
            estimated = estimate(self.design, folding, self.activities, self.multiplier)
            if not fewer or all(getattr(estimated.resources, name) <= getattr(budget, name) for name in RESOURCES):
                found.append(Prompt(folding=folding, cycles=estimated.cycles,
                                    latency=last_frame_latency(self.design, folding, self.activities)))
        return found

    def better(self, allocation: Allocation, factor: float = 0.95) -> dict[str, float] | None:
        """Cycles and resources of the cheapest folding that is faster by ``factor``, if there were enough of
        everything; ``None`` when no folding is."""
        part = self._made_by(allocation)
        target = int(allocation.cycles * factor)
        if target < part.min_cycles:
            return None
        chosen = part.search.cheapest(allocation.budget, target, overdraw=True)
        return None if chosen is None else self._summary(part._allocation(chosen, allocation.budget))

    def _made_by(self, allocation: Allocation) -> "Allocator":
        """The one of :attr:`parts` that has the options of ``allocation``."""
        own = {name for block in allocation.folding.to_dict()["blocks"] for name in (*block, *block.get("scales", ()))}
        if any(name.endswith("_requant") for name in own):
            return self.frugal
        return self.with_ultra if self.with_ultra is not None and allocation.estimate.resources.uram else self

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
        """Cycles and resources, by name."""
        return {"cycles": round(allocation.cycles), **allocation.used}

    def folding(self, chosen: list[Option]) -> Folding:
        """The folding of the ``chosen`` options."""
        blocks: list[dict] = [{} for _ in self.design.blocks]
        head: dict = {}
        for (index, _), option in zip(self.choices, chosen):
            (head if index is None else blocks[index]).update(option.fields)
        return Folding(mac=self.mac, **head, blocks=tuple(
            folding_of({**fields, **rows_of(self.design, index)}) for index, fields in enumerate(blocks)))

    def _allocation(self, chosen: list[Option], budget: Budget) -> Allocation:
        """The folding of the ``chosen`` options, with its estimate."""
        folding = self.folding(chosen)
        return Allocation(folding=folding, budget=budget,
                          estimate=estimate(self.design, folding, self.activities, self.multiplier),
                          clips=tuple(clip_cycles(self.design, folding, self.clips)))


def within(design: Design, dsp: int, *, mac: str = "dsp48e2") -> Folding:
    """The fastest folding with at most ``dsp`` multipliers and unlimited other resources."""
    return allocate(design, Budget(dsp=dsp, bram36=PLENTY, lut=PLENTY), mac=mac).folding


def reaching(design: Design, cycles: int, *, mac: str = "dsp48e2") -> Folding:
    """The cheapest folding with at most ``cycles`` per clip, or the fastest when none reaches that."""
    allocator = Allocator(design, mac)
    return allocator.solve(Budget(dsp=PLENTY, bram36=PLENTY, lut=PLENTY),
                           cycles=max(cycles, allocator.min_cycles)).folding


def allocate(design: Design, budget: Budget, *, cycles: int | None = None, mac: str = "dsp48e2",
             activities: Sequence[Activity] | None = None, clips: Sequence[Sequence[Activity]] = (),
             multiplier: int = DSP48E2_OPERAND, uram: int = 0, few_multipliers: bool = False) -> Allocation:
    """The folding of ``design`` with the fewest cycles within ``budget``, or the cheapest with at most ``cycles``.

    Parameters and errors are those of :class:`Allocator` and :meth:`Allocator.solve`.
    """
    return Allocator(design, mac, activities, clips, multiplier, uram,
                     few_multipliers=few_multipliers).solve(budget, cycles=cycles)
