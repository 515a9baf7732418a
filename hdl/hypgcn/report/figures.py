"""What a report says of a design under a folding on a device; all figures of the hardware are estimates."""

import dataclasses
from dataclasses import dataclass

from ..design import Design
from ..design.folding import Folding
from ..design.work import BlockMultiplications, multiplications
from ..planning.device import Device
from ..planning.device_table import CLOCK_MHZ
from ..planning.estimate import Estimate, Storage, estimate, storage

__all__ = ["Figures", "SHARES"]

SHARES = ("dsp", "bram36", "lut", "uram")
"""Resources, as they are called in :class:`~hypgcn.cost.Resources` and :class:`~hypgcn.planning.device.Device`."""

_WORKS = {"dsp48e2": ("dsp48e2", "inferred", "single"), "inferred": ("inferred", "single")}
"""Forms of the MAC that the multipliers of a device can do, by its own; else that alone."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything that a report needs.

    Parameters
    ----------
    design, folding, device : Design, Folding, Device
    chosen : str
        How the folding was chosen.
    command : str
        That made the report.
    work : list of BlockMultiplications
    estimate : Estimate
    storage : Storage
    """

    design: Design
    folding: Folding
    device: Device
    chosen: str
    command: str
    work: list[BlockMultiplications]
    estimate: Estimate
    storage: Storage

    @classmethod
    def of(cls, design: Design, folding: Folding, device: Device, *, chosen: str, command: str) -> "Figures":
        """Figures of ``design`` by its own densities.

        Raises
        ------
        ValueError
            ``folding`` has another form of MAC than ``device`` can do, or does not fit ``design``.
        """
        if folding.mac not in (able := _WORKS.get(device.mac, (device.mac,))):
            raise ValueError(f"folding must have a MAC that {device.name} can do, {' or '.join(able)}, not "
                             f"{folding.mac}")
        return cls(design=design, folding=folding, device=device, chosen=chosen, command=command,
                   work=multiplications(design), estimate=estimate(design, folding, multiplier=device.multiplier),
                   storage=storage(design, folding))

    @property
    def used(self) -> dict[str, tuple[float, int]]:
        """For each resource what is used, and what the device has."""
        resources = self.estimate.resources
        return {name: (getattr(resources, name), getattr(self.device, name)) for name in SHARES
                if getattr(self.device, name) or getattr(resources, name)}

    @property
    def clips_per_second(self) -> float:
        """In the steady state, at the assumed clock."""
        return 1e6 * CLOCK_MHZ / self.estimate.cycles

    @property
    def first_clip_ms(self) -> float:
        """Until a first clip has left an empty core, at the assumed clock."""
        return self.estimate.first_clip / CLOCK_MHZ / 1000

    @property
    def units(self) -> list[str]:
        """Names of the units of blocks, as they come."""
        names: dict[str, None] = {}
        for block in self.estimate.blocks:
            names.update(dict.fromkeys(block))
        return list(names)

    def folding_rows(self) -> list[dict]:
        """Fields of the folding of each block."""
        return [dataclasses.asdict(block) for block in self.folding.blocks]
