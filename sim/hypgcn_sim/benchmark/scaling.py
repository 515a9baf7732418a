"""Scaling: one network from a small folding to a whole device, simulated."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.planning.allocator.allocate import Allocator
from hypgcn.planning.budget import Budget
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import Activity, mean_activities

from .measure import Point, measure
from .table import MHZ

__all__ = ["STEP", "ideal_rate", "measure_scaling", "scaling_points"]

STEP = 3
"""Cycles of a point over those of the point before it."""


def scaling_points(design: Design, device: Device, budget: Budget, clips: Sequence[Sequence[Activity]],
                   count: int) -> list[Point]:
    """The fastest folding within ``budget``, and the cheapest ones for :data:`STEP` times its cycles, and so on.

    Parameters
    ----------
    design : Design
        The network.
    device : Device
        The FPGA.
    budget : Budget
        Resources that may be used.
    clips : sequence of sequence of Activity
        Non-zeros of each block in the clips that choose the foldings by their mean; empty: the design's densities.
    count : int
        Number of points.

    Returns
    -------
    list of Point
        The fastest first.
    """
    allocator = Allocator(design, activities=mean_activities(clips) if clips else None, **device.options)
    first = allocator.solve(budget)
    rest = [allocator.solve(budget, cycles=int(first.cycles * STEP**power)) for power in range(1, count)]
    return [Point(device=device, budget=budget, folding=found.folding) for found in (first, *rest)]


def measure_scaling(design: Design, points: Sequence[Point], clips: np.ndarray, real: int, folder: Path, *, jobs: int,
                    measure: Callable[..., dict] = measure) -> Iterator[dict]:
    """Rows of :func:`~hypgcn_sim.benchmark.measure.measure`, resources estimated, with ``ideal_fps_at_172mhz``.

    Raises
    ------
    AssertionError
        When the RTL differs from the golden model.
    """
    for number, point in enumerate(points):
        row = measure(design, point, clips, real, folder / f"point_{number}", synthesis=False, jobs=jobs,
                      label=f"{STEP**number} times the cycles" if number else "")
        yield {**row, "ideal_fps_at_172mhz": round(ideal_rate(row), 2)}


def ideal_rate(row: dict) -> float:
    """Clips a second at :data:`~.table.MHZ` if every multiplier did useful products in every cycle, two if packed."""
    return MHZ * 1e6 / row["cycles_per_clip"] / row["dsp_utilisation"]
