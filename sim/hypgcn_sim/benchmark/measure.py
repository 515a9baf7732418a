"""The rows of the benchmark: one design on one device, simulated and mapped; and its variants, estimated."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.absent import leaves_out
from hypgcn.design import Design
from hypgcn.design.folding import Folding
from hypgcn.planning.allocator.allocate import Allocator, Budget
from hypgcn.planning.device import Device
from hypgcn.planning.estimate import Estimate, clip_cycles, estimate, storage
from hypgcn.progress import Progress

from ..fullscale.golden import golden_clips
from ..fullscale.simulation import FILL, FullSimulation
from ..fullscale.utilisation import losses, report, save_picture, work
from ..synthesis.levels.parts import by_unit, network_levels
from .memory_picture import save_memory_picture
from .synthesis import synthesise_network
from .table import MHZ
from .variants import activities_of, one_person, variants

__all__ = ["Point", "measure", "measure_variants", "peak_gops"]

SINGLE_CLIPS = 4
"""Clips with one person in them, for their own throughput."""
ABSENT = "absent person"
"""The variant that is about clips in which somebody is absent."""
NO_LEVELS = "nothing was mapped: the resources are estimated"


@dataclass(frozen=True, kw_only=True)
class Point:
    """What one row is of: a device, its budgets, and a folding for it."""

    device: Device
    budget: Budget
    folding: Folding


def peak_gops(found: Estimate, folding: Folding) -> float:
    """Operations (two a multiply) that all multipliers can do in a second at ``MHZ``, in billions: two products a
    packed multiplier and cycle, one of every other."""
    packed = sum(units[name].resources.dsp for units in found.blocks for name in ("graph", "conv", "lanes"))
    products = packed * (1 if folding.mac == "single" else 2) + (found.resources.dsp - packed)
    return 2e-3 * MHZ * products


def measure(design: Design, point: Point, clips: np.ndarray, real: int, folder: Path, *, synthesis: bool, jobs: int,
            label: str = "") -> dict:
    """The row of ``design`` on a device: cycles from RTL simulation of ``clips`` (the first ``real`` of them recorded),
    resources from Yosys, or estimated without ``synthesis``. Raises :exc:`AssertionError` when the RTL differs from
    golden."""
    name = f"{design.name} on {point.device.name}"
    folding = point.folding
    place = folder / f"{design.hash[:12]}_{point.device.name.lower()}"
    progress = Progress(f"{name}: golden")
    expected = golden_clips(design, clips, folder / "golden", jobs=jobs, progress=progress)
    progress.finish()
    activities = activities_of(design, expected)
    found, memory = estimate(design, folding, activities), storage(design, folding, activities).report()
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
    used = report(design, folding, run, expected, found)
    picture = place / "utilisation.png"
    save_picture(used, picture, f"{name}: where the cycles of {used['clips']} clips go")
    resources = {"dsp": found.resources.dsp, "bram36": found.resources.bram36, "lut": round(found.resources.lut)}
    parts: dict[str, dict] = {}
    if synthesis:
        progress = Progress(f"{name}: synthesis")
        parts = synthesise_network(design, folding, place / "synth", jobs=jobs, progress=progress)
        progress.finish()
        resources = {key: sum(part[key] * part["times"] for part in parts.values()) for key in resources}
    cycles = run.cycles_per_clip or float(run.last_out[-1] - run.first_in[-1])
    fps, cost = MHZ * 1e6 / cycles, work(design)
    latency = run.latency[FILL:] if len(run.latency) > FILL else run.latency[-1:]
    gops = peak_gops(found, folding)
    return {
        "device": point.device.name, "design": design.name, "design_hash": design.hash, "variant": label,
        "weights": design.meta.get("weights", "unknown"),
        "cycles": "simulated", "resources": "synthesised" if synthesis else "estimated",
        "clip": f"{len(clips)} clips, {real} of them recorded, of {design.persons} x {design.frames} frames x "
                f"{design.joints} joints",
        "cycles_per_clip": round(cycles), "cycles_per_clip_estimated": round(found.cycles),
        "cycles_of_each": [int(each) for each in run.steady],
        "cycles_of_each_estimated": [round(each) for each in single_clips[len(clips) - len(run.steady):]],
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
        "memory": memory, "losses": [[unit, round(spare)] for unit, spare in losses(used)],
        "units": _with_resources(used["units"], found, parts), "synthesis": {
            part: {key: each[key] for key in (*resources, "times")} for part, each in parts.items()},
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
    whole = network_levels(levels)
    return {"max_logic_levels": whole.pop("max_logic_levels"), "logic_levels": {**whole, "units": by_unit(levels)}}


def _with_resources(rows: list[dict], found: Estimate, parts: dict[str, dict]) -> list[dict]:
    """Counted rows with what their units take, by the estimate, and the levels of their deepest path when mapped."""
    deepest = by_unit({name: part["levels"] for name, part in parts.items()})
    named = {f"blocks[{index}].{name}": unit for index, units in enumerate(found.blocks)
             for name, unit in units.items()} | found.rest
    done = []
    for row in rows:
        row = {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
        if unit := named.get(row["unit"]):
            row |= {"cycles_estimated": round(unit.cycles), "bram36": unit.resources.bram36,
                    "lut": round(unit.resources.lut), "dsp": unit.resources.dsp}
        if path := deepest.get(row["unit"]):
            row["logic_levels"] = path["levels"]
        done.append(row)
    return done


def measure_variants(design: Design, point: Point, clips: np.ndarray, folder: Path, *, jobs: int) -> list[dict]:
    """Rows of the design as it is and with one idea switched off each, as fast as the budgets allow: all estimated,
    with the non-zeros of ``clips``, so that they can be compared with each other."""
    def golden(found: Design, some: np.ndarray) -> list[Path]:
        return golden_clips(found, some, folder / "golden", jobs=jobs)

    activities = activities_of(design, golden(design, clips))
    progress = Progress(f"{design.name} on {point.device.name}: variants")
    cases = [("nothing switched off", design, point.folding.mac, activities, "")]
    cases += [(f"without {each.name}", each.design, each.mac, each.activities, each.how)
              for each in variants(design, point.folding.mac, activities, clips, golden)]
    rows: list[dict] = []
    whole: Folding | None = None
    for number, (label, changed, mac, active, how) in enumerate(cases):
        progress(number, len(cases), label)
        row = {"device": point.device.name, "design": design.name, "design_hash": design.hash, "variant": label,
               "cycles": "estimated", "resources": "estimated", "how": how}
        try:
            best = Allocator(changed, mac, active).solve(point.budget)
            if not rows:
                whole = best.folding
            rows.append({**row, "cycles_per_clip": round(best.cycles),
                         "fps_at_172mhz": round(MHZ * 1e6 / best.cycles, 2), **best.used,
                         "slowdown": round(best.cycles / rows[0]["cycles_per_clip"], 3) if rows else 1.0})
        except ValueError as error:
            rows.append({**row, "cycles_per_clip": None, "reason": str(error)})
    progress.finish()
    return rows if whole is None else rows + _without_absent(design, whole, activities, rows[0])


def _without_absent(design: Design, folding: Folding, activities: list, row: dict) -> list[dict]:
    """What clips with one person would take if the others were computed: as long as those of ``row``, with all of
    them."""
    if design.persons == 1 or not leaves_out(design, folding.skip_absent):
        return []
    alone = estimate(one_person(design), folding, activities).cycles
    return [{**row, "variant": f"without {ABSENT}", "slowdown": round(row["cycles_per_clip"] / alone, 3),
             "how": f"clips with one of {design.persons} persons: with all of them computed, over "
                    f"{round(alone)} cycles"}]
