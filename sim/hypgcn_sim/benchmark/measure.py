"""The rows of the benchmark: one design on one device, simulated and mapped; and its variants, simulated."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.folding import Folding
from hypgcn.planning.allocator.allocate import Budget, allocate
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import Estimate, clip_cycles, estimate, storage
from hypgcn.progress import Progress

from ..fullscale.golden import golden_clips
from ..fullscale.result import FILL
from ..fullscale.simulation import FullSimulation
from ..fullscale.utilisation import idle_products, report
from ..synthesis.levels.parts import by_unit, network_levels
from .activities import activities_of
from .pictures import save_memory_picture, save_utilisation_picture
from .synthesis import synthesise_network
from .table import MHZ
from .variants import NOTHING_OFF, variants
from .work import work

__all__ = ["Point", "measure", "measure_variants", "peak_gops"]

SINGLE_CLIPS = 4
"""Clips with one person, for the throughput of such clips."""
ABSENT = "absent person"
"""Name of the variant for clips with absent persons."""
NO_LEVELS = "nothing was mapped: the resources are estimated"


@dataclass(frozen=True, kw_only=True)
class Point:
    """Device, budget and folding of one row.

    Attributes
    ----------
    device : Device
        The FPGA.
    budget : Budget
        Resources that may be used.
    folding : Folding
        Lanes, widths and units within the budget.
    """

    device: Device
    budget: Budget
    folding: Folding


def peak_gops(estimated: Estimate, folding: Folding) -> float:
    """Peak throughput of all multipliers at ``MHZ``, in 1e9 operations per second.

    A multiplication counts as two operations. Packed multipliers do two products a cycle, all others one.
    """
    packed = sum(units[name].resources.dsp for units in estimated.blocks
                 for name in ("graph", "conv", "p_lanes", "q_lanes", "lanes") if name in units)
    products = packed * (1 if folding.mac == "single" else 2) + (estimated.resources.dsp - packed)
    return 2e-3 * MHZ * products


def measure(design: Design, point: Point, clips: np.ndarray, real: int, folder: Path, *, synthesis: bool, jobs: int,
            label: str = "") -> dict:
    """The row of a design on a device, with cycles from RTL simulation.

    Parameters
    ----------
    design : Design
        The network.
    point : Point
        Device, budget and folding.
    clips : int8 (N, M, T, V, C)
        Clips to simulate.
    real : int
        How many of them, from the first on, are recorded.
    folder : Path
        Folder for everything that is made.
    synthesis : bool
        Resources by Yosys; else they are estimated.
    jobs : int
        Processes.
    label : str
        The row's ``variant``.

    Raises
    ------
    AssertionError
        When the RTL differs from the golden model.
    """
    name = f"{design.name} on {point.device.name}"
    folding = point.folding
    place = folder / f"{design.hash[:12]}_{point.device.name.lower()}"
    progress = Progress(f"{name}: golden")
    expected = golden_clips(design, clips, folder / "golden", jobs=jobs, progress=progress)
    progress.finish()
    activities = activities_of(design, expected)
    estimated, memory = estimate(design, folding, activities), storage(design, folding, activities).report()
    single_clips = clip_cycles(design, folding, [activities_of(design, [path]) for path in expected])
    save_memory_picture(memory, place / "memory.png", f"{name}: block RAMs of the stores")
    progress = Progress(f"{name}: build")
    simulation = FullSimulation(design, folding, place, cache=folder / "cache", progress=progress)
    progress.finish()
    progress = Progress(f"{name}: simulation")
    run = simulation.run(clips, expected, progress=progress)
    single = None
    if design.persons > 1:
        alone = clips[:SINGLE_CLIPS].copy()
        alone[:, 1:] = 0
        single = simulation.run(alone, golden_clips(design, alone, folder / "golden", jobs=jobs),
                                name="alone").cycles_per_clip
    progress.finish(f"{len(clips)} clips equal to golden")
    used = report(design, folding, run, expected, estimated)
    picture = place / "utilisation.png"
    save_utilisation_picture(used, picture, f"{name}: activity of its units in the cycles of {used['clips']} of "
                                            f"{len(clips)} clips, the first of which fill the network")
    resources = {"dsp": estimated.resources.dsp, "bram36": estimated.resources.bram36,
                 "lut": round(estimated.resources.lut)}
    parts: dict[str, dict] = {}
    if synthesis:
        progress = Progress(f"{name}: synthesis")
        parts = synthesise_network(design, folding, place / "synth", jobs=jobs, progress=progress)
        progress.finish()
        resources = {key: sum(part[key] * part["times"] for part in parts.values()) for key in resources}
    cycles = run.cycles_per_clip or float(run.last_out[-1] - run.first_in[-1])
    fps, cost = MHZ * 1e6 / cycles, work(design)
    latency = run.latency[FILL:] if len(run.latency) > FILL else run.latency[-1:]
    gops = peak_gops(estimated, folding)
    return {
        "device": point.device.name, "design": design.name, "design_hash": design.hash, "variant": label,
        "weights": design.meta.get("weights", "unknown"),
        "cycles": "simulated", "resources": "synthesised" if synthesis else "estimated",
        "clip": f"{len(clips)} clips, {real} of them recorded, of {design.persons} x {design.frames} frames x "
                f"{design.joints} joints",
        "cycles_per_clip": round(cycles), "cycles_per_clip_estimated": round(estimated.cycles),
        "cycles_of_each": [int(clip) for clip in run.steady],
        "cycles_of_each_estimated": [round(clip) for clip in single_clips[len(clips) - len(run.steady):]],
        "fps_at_172mhz": round(fps, 2), **resources,
        "dsp_utilisation": round(used["dsp_utilisation"], 4), "lanes_utilisation": _rounded(used["lanes_utilisation"]),
        "arrays_utilisation": _rounded(used["arrays_utilisation"]),
        "peak_gops_at_172mhz": round(gops, 1), "gops_per_dsp_peak": round(gops / resources["dsp"], 4),
        "dense_equivalent_gops_per_dsp": round(2e-9 * cost["dense"] * fps / resources["dsp"], 4),
        "latency_last_frame_cycles": int(np.median(latency)),
        "single_person_cycles_per_clip": None if single is None else round(single),
        "single_person_fps_at_172mhz": None if single is None else round(MHZ * 1e6 / single, 2),
        **_levels(parts),
        "graph_skip": round(cost["graph_skip"], 4), "mac_reduction": round(cost["mac_reduction"], 3),
        "vectors_compared": run.compared, "vectors_that_lost_values": sum(run.lost),
        "memory": memory, "idle_products": [[unit, round(idle)] for unit, idle in idle_products(used)],
        "units": _with_resources(used["units"], estimated, parts), "synthesis": {
            name: {key: part[key] for key in (*resources, "times")} for name, part in parts.items()},
        "seconds": {**{what: round(took, 1) for what, took in simulation.seconds.items()},
                    "simulation": round(run.seconds, 1)},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _levels(parts: dict[str, dict]) -> dict:
    """Depth of the mapped logic, with the deepest path of every unit."""
    if not parts:
        return {"max_logic_levels": None, "max_logic_levels_reason": NO_LEVELS}
    levels = {name: part["levels"] for name, part in parts.items()}
    network = network_levels(levels)
    return {"max_logic_levels": network.pop("max_logic_levels"), "logic_levels": {**network, "units": by_unit(levels)}}


def _with_resources(rows: list[dict], estimated: Estimate, parts: dict[str, dict]) -> list[dict]:
    """Rows of counted units with their estimated resources, and the levels of their deepest path when mapped."""
    deepest = by_unit({name: part["levels"] for name, part in parts.items()})
    named = estimated.units
    complete = []
    for row in rows:
        row = {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
        if unit := named.get(row["unit"]):
            row |= {"cycles_estimated": round(unit.cycles), "bram36": unit.resources.bram36,
                    "lut": round(unit.resources.lut), "dsp": unit.resources.dsp}
        if path := deepest.get(row["unit"]):
            row["logic_levels"] = path["levels"]
        complete.append(row)
    return complete


def measure_variants(design: Design, device: Device, budget: Budget, clips: np.ndarray, real: int, chosen: np.ndarray,
                     folder: Path, *, jobs: int) -> Iterator[dict]:
    """Ablation: rows of the design and of its variants, each with the fastest folding within the budget, simulated.

    Parameters
    ----------
    design : Design
        The network.
    device : Device
        The FPGA.
    budget : Budget
        Resources that may be used.
    clips : int8 (N, M, T, V, C)
        Clips to simulate.
    real : int
        How many of them, from the first on, are recorded.
    chosen : int8 (N, M, T, V, C)
        Other clips, whose mean non-zeros choose the foldings.
    folder : Path
        Folder for everything that is made.
    jobs : int
        Processes.

    Yields
    ------
    dict
        Rows of :func:`measure` with ``how``, what was changed, ``multipliers``, how many were allowed, and
        ``slowdown``, cycles over those of the first row; or with ``reason`` where nothing fits.

    Raises
    ------
    AssertionError
        When the RTL differs from the golden model.
    """
    cycles = None
    for variant in variants(design):
        label = variant.name if variant.name == NOTHING_OFF else f"without {variant.name}"
        place = folder / variant.name.replace(" ", "_")
        changed = variant.design
        options = device.options | ({"mac": "single"} if variant.single else {})
        expected = golden_clips(changed, chosen, place / "golden", jobs=jobs)
        # By their mean, not clip by clip: of short clips several are in the pipeline at once.
        active = activities_of(changed, expected)
        try:
            folding = allocate(changed, budget, activities=active, **options).folding
        except ValueError as error:
            yield {"device": device.name, "design": design.name, "design_hash": changed.hash, "variant": label,
                   "how": variant.how, "cycles_per_clip": None, "reason": str(error)}
            continue
        row = measure(changed, Point(device=device, budget=budget, folding=folding), clips, real, place,
                      synthesis=False, jobs=jobs, label=label)
        cycles = cycles or row["cycles_per_clip"]
        yield {**row, "how": variant.how, "multipliers": budget.dsp,
               "slowdown": round(row["cycles_per_clip"] / cycles, 3)}
