"""What a design takes under a folding: per block and unit the cycles of a clip, DSPs, block RAMs and LUTs."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...arith.cost import DSP48E2_OPERAND
from ...cost import Resources, UnitCost
from ...design import Design
from ...design.folding import Folding
from ...io_cost import io_units
from .activity import Activity, overlapping
from .block import COUPLING, BlockModel

__all__ = ["Estimate", "clip_cycles", "estimate"]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a network takes.

    Parameters
    ----------
    blocks : tuple of dict
        Per block the cost of its units, by name.
    io : dict
        Cost of input and head, and of what keeps absent persons out, by name.
    latencies : tuple of float
        Per block the cycles from its last row of X to its last row of Y.
    """

    blocks: tuple[dict[str, UnitCost], ...]
    io: dict[str, UnitCost]
    latencies: tuple[float, ...] = ()

    @property
    def units(self) -> dict[str, UnitCost]:
        """Cost of all units, by names such as ``blocks[0].conv`` and ``head``."""
        named = {f"blocks[{index}].{name}": unit for index, units in enumerate(self.blocks)
                 for name, unit in units.items()}
        return named | self.io

    @property
    def cycles(self) -> float:
        """Cycles per clip in the steady state: those of the slowest unit, times :data:`~.block.COUPLING`."""
        return COUPLING * max(unit.cycles for unit in self.units.values())

    @property
    def first_clip(self) -> float:
        """Cycles until a first clip has left: those of the slowest unit, and in every block the latency of a row
        through all stages and of the pad + 1 rows of Y that follow the last row of H."""
        return self.cycles + sum(self.latencies)

    @property
    def slowest(self) -> str:
        """Name of the unit that decides the cycles."""
        units = self.units
        return max(units, key=lambda name: units[name].cycles)

    @property
    def resources(self) -> Resources:
        """Resources of the whole network."""
        return sum((unit.resources for unit in self.units.values()), Resources())


def estimate(design: Design, folding: Folding, activities: Sequence[Activity] | None = None,
             multiplier: int = DSP48E2_OPERAND) -> Estimate:
    """Estimate ``design`` under ``folding``, without making any hardware.

    Parameters
    ----------
    design : Design
        The network.
    folding : Folding
        Parallelism of every unit.
    activities : sequence of Activity, optional
        Non-zeros of each block; ``None``: from the design's densities.
    multiplier : int
        Bits of the wider operand of the device's multipliers, sign included.

    Raises
    ------
    ValueError
        If ``folding`` does not fit ``design``.
    """
    folding.validate(design)
    blocks, latencies = [], []
    for index, block_folding in enumerate(folding.blocks):
        model = BlockModel.of(design, index, folding.mac, None if activities is None else activities[index], multiplier)
        blocks.append(model.units(block_folding))
        latencies.append(model.latency(blocks[-1]))
    return Estimate(blocks=tuple(blocks), io=io_units(design, folding.head_width, folding.skip_absent),
                    latencies=tuple(latencies))


def clip_cycles(design: Design, folding: Folding, clips: Sequence[Sequence[Activity]]) -> list[float]:
    """Cycles of each of ``clips``: those of the unit that is slowest on that clip and on those in flight with it
    (:func:`~.activity.overlapping`), times :data:`~.block.COUPLING`.

    Their mean is at least the cycles for the mean activity, since the slowest unit may differ from clip to clip.

    Parameters
    ----------
    design, folding : Design, Folding
        The network and the parallelism of its units.
    clips : sequence of sequence of Activity
        Non-zeros of each clip and block.
    """
    folding.validate(design)
    io = io_units(design, folding.head_width, folding.skip_absent)
    stretches = overlapping(design, clips)
    slowest = [max(unit.cycles for unit in io.values())] * len(clips)
    for index, block_folding in enumerate(folding.blocks):
        model = BlockModel.of(design, index, folding.mac)
        for number, stretch in enumerate(stretches):
            units = model.with_activity(stretch[index]).units(block_folding)
            slowest[number] = max(slowest[number], *(unit.cycles for unit in units.values()))
    return [COUPLING * cycles for cycles in slowest]
