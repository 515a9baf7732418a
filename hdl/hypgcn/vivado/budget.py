"""Folding for a part: the form of its multipliers, within its resources."""

from ..design import Design
from ..design.ensemble import Ensemble
from ..design.ensemble_folding import Foldings
from ..generate import DEFAULT_MULTIPLIERS
from ..planning.allocator.allocate import PLENTY, RESOURCES, Allocator, Budget
from ..planning.allocator.streams import StreamAllocator
from ..planning.device import Device, devices
from ..planning.part import Part

__all__ = ["SHARE", "choose_folding", "resources_of"]

SHARE = 80
"""Percentage of a device's resources that the core may use; the rest is for what surrounds it, and for routing."""


def resources_of(part: Part, device: Device | None = None) -> Device:
    """Resources that bound the folding of a core on ``part``.

    Parameters
    ----------
    part : Part
    device : Device or None
        Resources that are given; ``None`` takes those of the part.

    Raises
    ------
    ValueError
        If the resources of the part are not known and none are given, or the multipliers of ``device`` are others.
    """
    device = device or part.resources
    if device is None:
        raise ValueError(
            f"part {part.name}: the resources of {part.silicon} are not known (known: {', '.join(devices())}); give "
            f"them in a TOML file with --device, or a folding with --folding")
    part.check_form(device.mac)
    return device


def choose_folding(network: Design | Ensemble, part: Part, device: Device | None = None) -> Foldings:
    """The default folding where it fits in :data:`SHARE` of the resources, else the fastest one that does.

    Parameters
    ----------
    network : Design or Ensemble
        The networks of an ensemble divide the resources among themselves.
    part : Part
    device : Device or None
        Resources and form of the multiplier; ``None`` takes those of the part.

    Raises
    ------
    ValueError
        As :func:`resources_of`, or if no folding fits.
    """
    device = resources_of(part, device)
    budget = Budget.of(device, **dict.fromkeys(RESOURCES, f"{SHARE}%"))
    default_budget = Budget(dsp=DEFAULT_MULTIPLIERS, bram36=PLENTY, lut=PLENTY)
    if isinstance(network, Ensemble):
        together = StreamAllocator(network, **device.options)
        found = together.solve(default_budget)
        fits = all(getattr(found.resources, name) <= getattr(budget, name) for name in RESOURCES)
        return (found if fits else together.solve(budget)).foldings
    allocator = Allocator(network, **device.options)
    default = allocator.solve(default_budget)
    if all(default.used[name] <= getattr(budget, name) for name in RESOURCES):
        return default.folding
    return allocator.solve(budget).folding
