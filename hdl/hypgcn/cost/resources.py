"""DSPs, block RAMs and LUTs of a unit, and with its cycles what the unit costs."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import luts
from .memory import Memory

__all__ = ["Resources", "UnitCost"]


@dataclass(frozen=True)
class Resources:
    """Resources of a device.

    Parameters
    ----------
    dsp : int
        Multipliers: DSP48E2, or what the device has in their place.
    bram36 : float
        Block RAMs of 36 kbit; an 18 kbit half counts 0.5.
    lut : float
        LUTs, those of LUT RAM included.
    uram : int
        UltraRAMs.
    """

    dsp: int = 0
    bram36: float = 0.0
    lut: float = 0.0
    uram: int = 0

    @classmethod
    def of(cls, *, dsp: int = 0, memories: Iterable[Memory] = (), lut: float) -> "Resources":
        """Sum of multipliers, memories and logic.

        Parameters
        ----------
        dsp : int
            Multipliers.
        memories : iterable of Memory
            Each is mapped to primitives by the rule of :mod:`hypgcn.cost.memory`.
        lut : float
            LUTs of the logic, without those of ``memories``.
        """
        primitives = [memory.primitives for memory in memories]
        return cls(dsp, sum(part.bram36 for part in primitives), lut + sum(luts.of_memory(part) for part in primitives),
                   sum(part.uram for part in primitives))

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(self.dsp + other.dsp, self.bram36 + other.bram36, self.lut + other.lut,
                         self.uram + other.uram)

    def __mul__(self, times: int) -> "Resources":
        return Resources(self.dsp * times, self.bram36 * times, self.lut * times, self.uram * times)


@dataclass(frozen=True, kw_only=True)
class UnitCost:
    """What one unit costs.

    Parameters
    ----------
    cycles : float
        Cycles that a clip occupies the unit; 0 for a unit that never limits the throughput.
    resources : Resources
        Its DSPs, block RAMs and LUTs.
    x_reads : float
        Vectors that it reads from the X store per clip; the store answers one a cycle.
    """

    cycles: float = 0.0
    resources: Resources = Resources()
    x_reads: float = 0.0

    @classmethod
    def pipeline(cls, *units: "UnitCost") -> "UnitCost":
        """Cost of ``units`` that work in one pipeline: cycles of the slowest, sums of everything else."""
        return cls(cycles=max(unit.cycles for unit in units), x_reads=sum(unit.x_reads for unit in units),
                   resources=sum((unit.resources for unit in units), Resources()))
