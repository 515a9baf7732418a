"""One budget for the networks of an ensemble: foldings with which all take the same cycles.

The choices of all networks are one search (:class:`~.search.Search`): what it minimises is the cycles of the slowest
choice of any network, since a clip is done when the last network is, and the resources are the sum of all networks and
of what they share. So no network is faster than the others at their expense, and what a network cannot use goes to the
others. With the activities of several clips it is the mean over clips of the slowest choice of any network on each
(:mod:`hypgcn.planning.allocator.clips`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from ...arith.cost import DSP48E2_OPERAND
from ...cost import Resources, UnitCost
from ...design.ensemble import Ensemble
from ...design.folding import Folding
from ...io_cost import ensemble_units
from ..budget import PLENTY, Budget
from ..estimate import Activity, Estimate, clip_cycles, estimate
from .allocate import Allocator
from .clips import ClipSearch
from .options import Choice
from .search import Search, shortfall

__all__ = ["StreamAllocation", "StreamAllocator", "cycles_of_streams", "estimate_streams", "streams_within"]


@dataclass(frozen=True, kw_only=True)
class StreamAllocation:
    """A folding for each network of an ensemble, and what all take.

    Parameters
    ----------
    foldings : tuple of Folding
        One a stream.
    estimates : tuple of Estimate
        What each network takes.
    shared : dict
        Cost of what the networks share, by name.
    clips : tuple of float
        Cycles of each clip that the choice went by; empty when it went by one activity a network.
    """

    foldings: tuple[Folding, ...]
    estimates: tuple[Estimate, ...]
    shared: dict[str, UnitCost]
    clips: tuple[float, ...] = ()

    @property
    def cycles(self) -> float:
        """Cycles per clip: the mean over ``clips``, or those of the slowest network."""
        return sum(self.clips) / len(self.clips) if self.clips else max(part.cycles for part in self.estimates)

    @property
    def resources(self) -> Resources:
        """All networks and what they share."""
        return sum((part.resources for part in self.estimates), self.shared_resources)

    @property
    def shared_resources(self) -> Resources:
        """What the networks share."""
        return sum((unit.resources for unit in self.shared.values()), Resources())


class StreamAllocator:
    """All options of an ensemble, ready for any number of requests.

    Parameters
    ----------
    ensemble : Ensemble
    mac, multiplier
        See :class:`~.allocate.Allocator`.
    uram : int
        UltraRAMs, which the networks share equally: used where that makes foldings possible or faster.
    activities : sequence of sequence of Activity, optional
        Non-zeros of each block of each network; ``None``: from the designs' densities.
    clips : sequence of sequence of sequence of Activity
        In place of ``activities`` those of each network, clip and block, the same clips for all networks: the mean over
        clips of the cycles counts.
    few_multipliers : bool
        See :class:`~.allocate.Allocator`.

    Raises
    ------
    ValueError
        If the networks have different numbers of clips, or as for :class:`~.allocate.Allocator`.
    """

    def __init__(self, ensemble: Ensemble, mac: str = "dsp48e2", multiplier: int = DSP48E2_OPERAND, uram: int = 0,
                 activities: Sequence[Sequence[Activity]] | None = None,
                 clips: Sequence[Sequence[Sequence[Activity]]] = (), few_multipliers: bool = False):
        self.ensemble, self.multiplier, self.few_multipliers = ensemble, multiplier, few_multipliers
        self.shared = ensemble_units(ensemble)
        counts = [len(of_network) for of_network in clips]
        if clips and (len(clips) != len(ensemble.designs) or len(set(counts)) > 1):
            raise ValueError(f"clips must be the same for each of {len(ensemble.designs)} networks, not "
                             f"{', '.join(map(str, counts))}")
        self.clips = tuple(clips) if max(counts, default=0) > 1 else ()
        made: dict[tuple[str, int, int], Allocator] = {}     # streams may share a design
        self.allocators = []
        for design, activity, of_network in zip(ensemble.designs, _of_each(ensemble, activities),
                                                clips or [()] * len(ensemble.designs)):
            key = design.hash, id(activity), id(of_network)
            if key not in made:
                made[key] = Allocator(design, mac, activity, of_network, multiplier=multiplier,
                                      uram=uram // len(ensemble.designs), few_multipliers=few_multipliers)
            self.allocators.append(made[key])
        self.activities = [part.activities for part in self.allocators]
        with_ultra = [part.with_ultra or part for part in self.allocators]
        with_forms = [part.with_forms or part for part in self.allocators]
        self.alternatives = [self.allocators, *([with_ultra] if with_ultra != self.allocators else []),
                             *([with_forms] if few_multipliers else [])]

    def solve(self, budget: Budget, *, cycles: int | None = None) -> StreamAllocation:
        """The foldings of fewest cycles within ``budget``, or the cheapest with at most ``cycles`` per clip.

        Raises
        ------
        ValueError
            If nothing fits: which budget fails, and by how much.
        """
        if cycles is not None and cycles < 1:
            raise ValueError(f"cycles must be at least 1, not {cycles!r}")
        found, reason = self._found(self.alternatives, budget, cycles)
        if not found and not self.few_multipliers:
            found, reason = self._found([[part.frugal for part in self.allocators]], budget, cycles)
        if not found:
            raise ValueError(reason)
        return found[0] if cycles is not None else min(found, key=lambda allocation: allocation.cycles)

    def _found(self, alternatives: Sequence[Sequence[Allocator]], budget: Budget, cycles: int | None
               ) -> tuple[list[StreamAllocation], str]:
        """What the ``alternatives`` find, and why the last one that finds nothing does not."""
        found, reason = [], ""
        for parts in alternatives:
            search = self._search(parts)
            if cycles is not None and cycles < search.min_cycles:
                raise ValueError(f"cycles must be at least {search.min_cycles}, not {cycles}: "
                                 f"{self._slowest(parts)}")
            chosen = search.solve(budget, cycles)
            if chosen is None:
                reason = shortfall(search, f"ensemble {self.ensemble.name}", budget, cycles)
            else:
                found.append(self._allocation(parts, chosen))
        return found, reason

    def _search(self, parts: Sequence[Allocator]) -> Search:
        """Over the choices of all networks; blocks are numbered through, and what is shared is fixed."""
        choices: list[Choice] = []
        first = 0
        for part in parts:
            choices += [(None if index is None else first + index, options) for index, options in part.choices]
            first += len(part.design.blocks)
        total = sum((unit.resources for unit in self.shared.values()), Resources())
        fixed = {"dsp": total.dsp, "bram": ceil(2 * total.bram36), "lut": ceil(total.lut)}
        return ClipSearch(choices, fixed, len(self.clips[0])) if self.clips else Search(choices, fixed)

    def _slowest(self, parts: Sequence[Allocator]) -> str:
        stream, part = max(zip(self.ensemble.streams, parts), key=lambda pair: pair[1].search.min_cycles)
        return f"{stream}: {part.search.bound}"

    def _allocation(self, parts: Sequence[Allocator], chosen: list) -> StreamAllocation:
        foldings = []
        for part in parts:
            foldings.append(part.folding(chosen[:len(part.choices)]))
            chosen = chosen[len(part.choices):]
        return replace(estimate_streams(self.ensemble, foldings, self.multiplier, self.activities),
                       clips=cycles_of_streams(self.ensemble, foldings, self.clips))


def cycles_of_streams(ensemble: Ensemble, foldings: Sequence[Folding],
                      clips: Sequence[Sequence[Sequence[Activity]]]) -> tuple[float, ...]:
    """Cycles of each clip, those of the network that is slowest on it; ``clips`` as for :class:`StreamAllocator`."""
    return tuple(map(max, zip(*(clip_cycles(design, folding, of_network) for design, folding, of_network in zip(
        ensemble.designs, foldings, clips)))))


def estimate_streams(ensemble: Ensemble, foldings: Sequence[Folding], multiplier: int = DSP48E2_OPERAND,
                     activities: Sequence[Sequence[Activity] | None] | None = None) -> StreamAllocation:
    """What ``ensemble`` takes under ``foldings``; the other parameters are those of :class:`StreamAllocator`."""
    return StreamAllocation(foldings=tuple(foldings), shared=ensemble_units(ensemble), estimates=tuple(
        estimate(design, folding, activity, multiplier) for design, folding, activity in zip(
            ensemble.designs, foldings, _of_each(ensemble, activities))))


def _of_each(ensemble: Ensemble, activities: Sequence[Sequence[Activity] | None] | None
             ) -> Sequence[Sequence[Activity] | None]:
    """Activities of each network, ``None`` where they are not known."""
    return [None] * len(ensemble.designs) if activities is None else activities


def streams_within(ensemble: Ensemble, dsp: int, *, mac: str = "dsp48e2") -> tuple[Folding, ...]:
    """The fastest foldings with at most ``dsp`` multipliers together and unlimited other resources."""
    return StreamAllocator(ensemble, mac).solve(Budget(dsp=dsp, bram36=PLENTY, lut=PLENTY)).foldings
