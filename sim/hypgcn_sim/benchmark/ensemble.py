"""The benchmark's rows of ensembles: the networks of one on one device, simulated and mapped."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypgcn.design.ensemble import Ensemble
from hypgcn.design.folding import Folding
from hypgcn.planning.allocator.streams import StreamAllocation, cycles_of_streams, estimate_streams
from hypgcn.planning.budget import RESOURCES, Budget
from hypgcn.planning.device import Device
from hypgcn.progress import Progress

from ..fullscale.ensemble import EnsembleSimulation, StreamResults, golden_streams, run_of_stream
from ..fullscale.golden import golden_clips
from ..fullscale.result import FILL, Run
from ..fullscale.utilisation import report
from ..synthesis.levels.parts import by_unit, network_levels
from ..synthesis.levels.paths import Levels
from .activities import activities_of
from .ensemble_synthesis import of_shared, of_stream, resources_of, synthesise_ensemble
from .measure import NO_LEVELS
from .pictures import save_utilisation_picture
from .table import MHZ

__all__ = ["StreamsPoint", "measure_ensemble", "place_of"]


@dataclass(frozen=True, kw_only=True)
class StreamsPoint:
    """Device, budget and foldings of one row.

    Attributes
    ----------
    device : Device
        The FPGA.
    budget : Budget
        Resources that all networks and what they share may use.
    foldings : tuple of Folding
        One a stream.
    """

    device: Device
    budget: Budget
    foldings: tuple[Folding, ...]


def place_of(ensemble: Ensemble, device: Device, folder: Path) -> Path:
    """Folder of what is made for one row."""
    return folder / f"{ensemble.hash[:12]}_{device.name.lower()}"


def measure_ensemble(ensemble: Ensemble, point: StreamsPoint, clips: np.ndarray, real: int, folder: Path, *,
                     synthesis: bool, jobs: int) -> dict:
    """The row of an ensemble on a device, with cycles from RTL simulation.

    Parameters
    ----------
    ensemble : Ensemble
    point : StreamsPoint
        Device, budget and foldings.
    clips : int16 (N, M, T, V, C)
        Clips of raw joints to simulate, back to back.
    real : int
        How many of them, from the first on, are recorded.
    folder : Path
        Folder for everything that is made.
    synthesis : bool
        Resources by Yosys; else they are estimated.
    jobs : int
        Processes.

    Raises
    ------
    AssertionError
        When a sum or a score of the RTL differs from the golden model.
    """
    name, foldings = f"{ensemble.name} on {point.device.name}", point.foldings
    place = place_of(ensemble, point.device, folder)
    progress = Progress(f"{name}: golden")
    expected = golden_streams(ensemble, clips, folder / "golden", jobs=jobs, progress=progress)
    progress.finish()
    files = [golden_clips(design, clips, folder / "golden", jobs=jobs) for design in ensemble.designs]
    estimated = estimate_streams(ensemble, foldings, point.device.multiplier,
                                 [activities_of(design, paths) for design, paths in zip(ensemble.designs, files)])
    each = cycles_of_streams(ensemble, foldings, [[activities_of(design, [path]) for path in paths]
                                                  for design, paths in zip(ensemble.designs, files)])
    progress = Progress(f"{name}: build")
    simulation = EnsembleSimulation(ensemble, foldings, place, counters=True, cache=folder / "cache",
                                    progress=progress)
    progress.finish()
    progress = Progress(f"{name}: simulation")
    run = simulation.run(clips, expected, progress=progress)
    progress.finish(f"sums and scores of {len(clips)} clips equal to golden")
    parts: dict[str, dict] = {}
    if synthesis:
        progress = Progress(f"{name}: synthesis")
        parts = synthesise_ensemble(ensemble, foldings, place / "synth", mapped=folder / "mapped", jobs=jobs,
                                    progress=progress)
        progress.finish()
    streams = _streams(ensemble, foldings, estimated, run, files, parts)
    for row, used in streams:
        save_utilisation_picture(used, place / f"utilisation_{row['stream']}.png",
                                 f"{row['stream']} in {name}: activity of its units in the cycles of {used['clips']} "
                                 f"of {len(clips)} clips")
    resources = resources_of(parts) if parts else _used(estimated.resources)
    cycles = run.cycles_per_clip or float(run.last_out[-1] - run.first_in[-1])
    latency = run.latency[FILL:] if len(run.latency) > FILL else run.latency[-1:]
    useful, (window, counted, _) = sum(used["useful_multiplies"] for _, used in streams), run.window()
    first = ensemble.designs[0]
    return {
        "device": point.device.name, "budget": {name: getattr(point.budget, name) for name in RESOURCES},
        "ensemble": ensemble.name, "hash": ensemble.hash,
        "cycles": "simulated", "resources": "synthesised" if parts else "estimated",
        "clip": f"{len(clips)} clips, {real} of them recorded, of {first.persons} x {first.frames} frames x "
                f"{first.joints} joints",
        "cycles_per_clip": round(cycles), "cycles_per_clip_estimated": round(sum(each) / len(each)),
        "cycles_of_each": [int(clip) for clip in run.steady],
        "cycles_of_each_estimated": [round(clip) for clip in each[len(clips) - len(run.steady):]],
        "fps_at_172mhz": round(MHZ * 1e6 / cycles, 2), **resources, "estimated": _used(estimated.resources),
        "dsp_utilisation": round(useful / (2 * resources["dsp"] * window / counted), 4),
        "latency_last_frame_cycles": int(np.median(latency)), **_levels(parts, ensemble),
        "sums_and_scores_compared": run.compared, **_lost(expected, run),
        "streams": [row for row, _ in streams],
        "shared": resources_of(of_shared(parts)) if parts else _used(estimated.shared_resources),
        "synthesis": {part: {key: found[key] for key in (*RESOURCES, "times")} for part, found in parts.items()},
        "seconds": {**{what: round(took, 1) for what, took in simulation.seconds.items()},
                    "simulation": round(run.seconds, 1)},
    }


def _used(resources) -> dict[str, float]:
    return {"dsp": resources.dsp, "bram36": resources.bram36, "lut": round(resources.lut)}


def _lost(expected: StreamResults, run: Run) -> dict[str, int]:
    """Values that stores had no room for: how many vectors lost some, and results with the flag of an overflow."""
    return {"vectors_that_lost_values": sum(run.lost), "clips_that_lost_values": int(expected.overflow.sum())}


def _streams(ensemble: Ensemble, foldings: Sequence[Folding], estimated: StreamAllocation, run: Run,
             files: Sequence[Sequence[Path]], parts: dict[str, dict]) -> list[tuple[dict, dict]]:
    """A row for each network, and the report of its units."""
    rows: list[tuple[dict, dict]] = []
    first = 0
    seen: dict[str, str] = {}
    for index, (stream, design, weight) in enumerate(zip(ensemble.streams, ensemble.designs, ensemble.weights)):
        of_it, own = estimated.estimates[index], of_stream(parts, stream)
        used = report(design, foldings[index], run_of_stream(run, stream), files[index], of_it)
        levels = _stream_levels(own)
        rows.append(({
            "stream": stream, "design": design.name, "design_hash": design.hash, "weight": str(weight),
            "weights": design.meta.get("weights", "unknown"), "same_design_as": seen.setdefault(design.hash, stream),
            "cycles_per_clip_estimated": round(of_it.cycles), "slowest_estimated": of_it.slowest,
            **(resources_of(own) if own else _used(of_it.resources)),
            **{name: None if used[name] is None else round(used[name], 4)
               for name in ("dsp_utilisation", "lanes_utilisation", "arrays_utilisation")},
            "vectors_that_lost_values": sum(run.lost[first:first + len(design.blocks)]),
            "max_logic_levels": levels.get("max_logic_levels"),
            "units": [{key: round(value, 4) if isinstance(value, float) else value for key, value in unit.items()}
                      for unit in used["units"]]}, used))
        first += len(design.blocks)
    for row, _ in rows:
        if row["same_design_as"] == row["stream"]:
            row["same_design_as"] = None
    return rows


def _stream_levels(own: dict[str, dict]) -> dict:
    return network_levels({name: part["levels"] for name, part in own.items()}) if own else {}


def _levels(parts: dict[str, dict], ensemble: Ensemble) -> dict:
    """Depth of the mapped logic: the deepest of the networks and of what they share, and where it is."""
    if not parts:
        return {"max_logic_levels": None, "max_logic_levels_reason": NO_LEVELS}
    deepest: dict[str, dict] = {}
    units: dict[str, dict] = {}
    for stream in ensemble.streams:
        own = of_stream(parts, stream)
        deepest[stream] = _stream_levels(own)["deepest"]
        units |= {f"{stream}.{unit}": path
                  for unit, path in by_unit({name: part["levels"] for name, part in own.items()}).items()}
    for name, part in of_shared(parts).items():
        if path := Levels.from_dict(part["levels"]).registers:
            deepest[name] = path.as_dict()
    worst = max(deepest, key=lambda name: deepest[name]["levels"])
    return {"max_logic_levels": deepest[worst]["levels"],
            "logic_levels": {"deepest": {"of": worst, **deepest[worst]},
                             "units": dict(sorted(units.items(), key=lambda item: -item[1]["levels"]))}}
