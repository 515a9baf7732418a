"""``hypgcn bench`` for the networks of an ensemble: one budget, one simulation, a row for each device."""

import json
import shlex
from pathlib import Path

from hypgcn.choices import load_foldings_of
from hypgcn.console import finished, introduce, show
from hypgcn.design.ensemble import Ensemble
from hypgcn.design.ensemble_folding import foldings_to_json
from hypgcn.stream_options import network_words

from ..stimuli.clips import RECORDINGS
from .bench import CHOICE, LIMITS, QUICK_CHOICE, choice, device_budgets, device_files, generation
from .defaults import MULTIPLIERS

__all__ = ["ROWS", "bench_ensemble"]

ROWS = "ensemble_performance.json"
"""File of the rows, which keeps those of other ensembles and devices; with ``--quick`` ``quick_`` stands in front."""


def bench_ensemble(args, ensemble: Ensemble, count: int) -> int:
    """Measure ``count`` clips on each device and write the rows; 1 when the RTL differs from the golden model."""
    from hypgcn.design.files import write_json

    from ..benchmark.ensemble import measure_ensemble, place_of
    from ..benchmark.ensemble_table import streams_table
    from ..stimuli.recordings import clips_for

    path = args.out / (f"quick_{ROWS}" if args.quick else ROWS)
    rows = _earlier(path)
    clips, real = clips_for(ensemble.designs[0], count, args.recordings or RECORDINGS,
                            explicit=args.recordings is not None)
    introduce(ensemble, f"foldings: the fastest with at most {MULTIPLIERS} multipliers together" if args.quick
              else "foldings: the fastest within the budget of each device")
    measured = []
    for name, point in _points(args, ensemble).items():
        try:
            row = measure_ensemble(ensemble, point, clips, real, args.out, jobs=args.jobs,
                                   synthesis=not (args.quick or args.no_synthesis))
        except AssertionError as error:
            print(f"{ensemble.name} on {name}: the RTL differs from golden: {error}")
            return 1
        if not args.quick:
            row["generation"] = generation(ensemble, foldings_to_json(ensemble, point.foldings),
                                           place_of(ensemble, point.device, args.out) / "verilog")
        measured.append({**row, "command": _command(args, name, count)})
        rows[row["hash"], row["device"]] = measured[-1]
        write_json(path, list(rows.values()))   # after every device: each takes most of an hour
    show(args, measured, streams_table(measured))
    finished(path)
    return 0


def _points(args, ensemble: Ensemble) -> dict:
    """Device, budget and foldings of each row, by the name of the device."""
    from hypgcn.planning.allocator.streams import StreamAllocator

    from ..benchmark.ensemble import StreamsPoint

    budgets = device_budgets(args, {})
    given = device_files(args, list(budgets), lambda path: load_foldings_of(path, ensemble))
    of_design: dict[str, list] = {}     # streams may share a design
    if not set(budgets) <= set(given):
        for design in ensemble.designs:
            if design.hash not in of_design:
                of_design[design.hash] = choice(args, design, QUICK_CHOICE if args.quick else CHOICE)
    points = {}
    for name, (device, budget, allowed) in budgets.items():
        foldings = given.get(name)
        if foldings is None:
            allocator = StreamAllocator(ensemble, clips=[of_design[design.hash] for design in ensemble.designs],
                                        **device.options)
            foldings = allocator.solve(allowed).foldings
        points[name] = StreamsPoint(device=device, budget=budget, foldings=foldings)
    return points


def _earlier(path: Path) -> dict[tuple[str, str], dict]:
    """Rows of the file at ``path`` by ensemble and device, none where it is not there."""
    if not path.is_file():
        return {}
    try:
        return {(row["hash"], row["device"]): row for row in json.loads(path.read_text(encoding="utf-8"))}
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} must hold the rows of ensembles that hypgcn bench wrote, and it does not "
                         f"({error!r}): remove it, or give another --out") from error


def _command(args, device: str, count: int) -> str:
    """The command that makes the row of ``device`` alone."""
    words = ["hypgcn", "bench", *network_words(args), "--device", device, "--clips", str(count)]
    for name in LIMITS:
        if limit := getattr(args, name):
            words += [f"--{name}", limit]
    words += [word for text in args.folding if text.partition("=")[0].lower() == device for word in ("--folding", text)]
    words += [f"--{name.replace('_', '-')}" for name in ("quick", "no_synthesis") if getattr(args, name)]
    return shlex.join(words)
