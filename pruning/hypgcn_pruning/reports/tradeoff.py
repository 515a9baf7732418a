"""The trade-off between accuracy and work: points of ``hypgcn tradeoff`` and their picture."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from hypgcn.design.files import write_file
from hypgcn.pages import chart

from ..config import PruneConfig
from ..recordings.readers import Source
from .accuracy import figures, top1
from .measure import measure
from .report_config import RESULTS, TRADEOFF
from .rows import check_place, relative, source_options, update_rows

__all__ = ["picture", "tradeoff_step"]


_BEFORE = {"density_z": 1.0}
"""What pruning did before it had these settings."""


def _pruning(folder: Path) -> str:
    """The options of ``hypgcn prune`` that are not its defaults, as ``steps.json`` beside a pruned network has them."""
    path = folder / "steps.json"
    steps = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    settings = steps.get("prune", {}).get("settings", {})
    words = []
    for entry in fields(PruneConfig):
        value = settings.get(entry.name, _BEFORE.get(entry.name, entry.default) if settings else entry.default)
        if value != entry.default:
            option = entry.name.replace("_", "-")
            words += [f"--{option}" if value else f"--no-{option}"] if isinstance(value, bool) \
                else [f"--{option}", str(value)]
    return shlex.join(words)


def _point(name: str, path: str, data, validate: str, command: str) -> dict:
    place = Path(path)
    network = place / "pruned.safetensors" if place.is_dir() else place
    real = measure(network, data, validate=validate)
    has_design = place.is_dir() and (place / "design").is_dir()
    design = measure(place / "design", data, validate=validate) if has_design else None
    costs = figures([design or real])
    return {
        "name": name, "mac_reduction": costs["mac_reduction"], "effective_reduction": costs["effective_reduction"],
        "graph_skip": costs["graph_skip"],
        "params": (design or real).tally.cost.parameters(), "density_h": costs["density_h"],
        "density_x": costs["density_x"], "density_z": costs["density_z"],
        "top1_float": top1([real]), "top1_int8": top1([design]) if design else None,
        "clips": len(real.label), "pruning": _pruning(place if place.is_dir() else place.parent), "command": command,
    }


def tradeoff_step(out, *, data: str | Source, points: Mapping[str, str],
                  validate: str = "") -> list[dict]:
    """Measure ``points`` (name: a checkpoint, or a folder with ``pruned.safetensors`` and, where it is there,
    ``design``) on the test clips of ``data`` into the JSON list at ``out``, and draw all its points beside it as PNG.

    Counts and densities are the design's where there is one; ``top1_int8`` is measured by ``integer.py``, which the
    golden model equals. Each point has the command that measures it again, and the options it was pruned with.

    With ``validate`` the clips are those that training holds out to choose settings by; they go into another file than
    the results of the test clips. """
    check_place("out", out, validate, (TRADEOFF, RESULTS[TRADEOFF]))
    out, base = Path(out), ["hypgcn", "tradeoff", *source_options(data), "-o", relative("out", out)]
    if validate:
        base += ["--validate", validate]
    found = [_point(name, relative("point", path), data, validate, shlex.join([*base, "--point", f"{name}={path}"]))
             for name, path in points.items()]
    every = update_rows(out, found, lambda row: row["name"], lambda row: (row["mac_reduction"], row["name"]))
    image, path = picture(every), out.with_suffix(".png")
    if not path.is_file() or path.read_bytes() != image:
        write_file(path, image)
    return found


def picture(points: Sequence[dict]) -> bytes:
    """PNG of accuracy against the reduction by weights and against what is executed; the same points, the same
    bytes. Names stand at the float networks; those for which there is no place are listed below."""
    with chart.sheet(6.4) as figure:
        axes = figure.subplots(2, 1, sharey=True)
        places = []
        for axis, key, title in ((axes[0], "mac_reduction", "times fewer multiplications, by weights that are left"),
                                 (axes[1], "effective_reduction",
                                  "times fewer multiplications, those with a zero skipped as well")):
            row = sorted(points, key=lambda point: (point[key], point["name"]))
            for step, colour, marker in (("float", "#1f5fa8", "o"), ("int8", "#c8501e", "s")):
                line = [(point[key], 100 * point[f"top1_{step}"]) for point in row if point[f"top1_{step}"] is not None]
                if line:
                    axis.plot(*zip(*line), color=colour, marker=marker, markersize=4, linewidth=0.9, label=step)
            places.append([(point[key], 100 * point["top1_float"]) for point in row])
            axis.set_xlabel(title)
            axis.set_ylabel(f"top-1 (%), {points[0]['clips']:,} clips" if points and "clips" in points[0]
                            else "top-1 (%)")
            axis.grid(True, linewidth=0.4, alpha=0.5)
            axis.margins(0.1, 0.25)
        axes[0].legend(frameon=False, loc="upper right")
        lost: dict[str, None] = {}
        for axis, found, key in zip(axes, places, ("mac_reduction", "effective_reduction")):
            row = sorted(points, key=lambda point: (point[key], point["name"]))
            lost |= dict.fromkeys(chart.spread_labels(axis, found, [point["name"] for point in row]))
        if lost:
            figure.supxlabel(f"without a place for their names: {', '.join(lost)}", fontsize=chart.SMALL, wrap=True)
        return chart.png(figure)
