"""What an allocator finds."""

from dataclasses import dataclass

from ...design.folding import Folding
from ..budget import Budget
from ..estimate import Estimate

__all__ = ["Allocation"]


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """A folding and what it takes.

    Parameters
    ----------
    folding : Folding
        The choice.
    estimate : Estimate
        Its cost, with the mean activity.
    budget : Budget
        What was allowed.
    clips : tuple of float
        Cycles of each clip that the choice went by; empty when it went by one activity.
    """

    folding: Folding
    estimate: Estimate
    budget: Budget
    clips: tuple[float, ...] = ()

    @property
    def cycles(self) -> float:
        """Cycles per clip: the mean over ``clips``, or those of the estimate."""
        return sum(self.clips) / len(self.clips) if self.clips else self.estimate.cycles

    @property
    def used(self) -> dict[str, float]:
        """Resources of the network, by name."""
        total = self.estimate.resources
        used = {"dsp": total.dsp, "bram36": total.bram36, "lut": round(total.lut)}
        return used | {"uram": total.uram} if total.uram else used
