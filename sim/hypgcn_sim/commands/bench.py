"""``hypgcn bench``: the benchmark of a design, cycles and resources beside the figures of RFC-HyPGCN.

Rows of ensembles are made by :mod:`~.bench_ensemble`.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypgcn.choices import load_design, load_folding
from hypgcn.console import add_json, examples, finished, introduce, show
from hypgcn.design import Design
from hypgcn.design.ensemble import ENSEMBLE_FILE, Ensemble
from hypgcn.input_options import add_input_options
from hypgcn.progress import Progress
from hypgcn.stream_options import add_stream_options, load_network

from ..stimuli.clips import RECORDINGS
from ..verilator.folder import check_build_folder
from .defaults import DEFAULT_DESIGN, MULTIPLIERS, add_run_options, check_counts

__all__ = ["CHOICE", "LIMITS", "QUICK_CHOICE", "choice", "device_budgets", "device_files", "generation", "register"]

FULL = "checkpoints/nwucla_joint_paper/design"
"""The trained network in the paper's shape, 150 frames and two persons."""
BUDGETS = {"xcku115": {"dsp": "3544", "bram36": "900", "lut": "176776"}, "xcku040": {}}
"""Devices and budgets of the full benchmark: on the XCKU115 the paper's resources with half its block RAMs."""
LUT_RESERVE = 0.025
"""Share of a budget's LUTs that the choice of a folding leaves: estimates of whole designs are 1 to 2 % low."""
LIMITS = ("dsp", "bram36", "lut")
"""Options for budgets."""
CHOICE, QUICK_CHOICE = 16, 4
"""Training clips whose non-zeros choose a folding; none of them is simulated."""


def register(commands):
    """Add the parser of ``hypgcn bench``."""
    parser = commands.add_parser("bench", help="the benchmark: cycles and resources beside the paper's",
                                 description="The benchmark: cycles from RTL simulation, resources from Yosys, beside "
                                             "the figures of RFC-HyPGCN.")
    examples(parser, "hypgcn bench --quick", "hypgcn bench tiny --device xcku040 --no-synthesis --clips 2",
             "hypgcn bench --stream joint=checkpoints/nwucla_small/design --stream "
             "bone=checkpoints/nwucla_small_bone/design --input raw --device xcku040 --dsp 80%")
    add_json(parser)
    parser.add_argument("design", metavar="DESIGN", nargs="?",
                        help=f"folder of a design or of an ensemble, or a preset (default: {FULL}, or with --quick "
                             f"{DEFAULT_DESIGN})")
    parser.add_argument("--quick", action="store_true", help="the small network, few clips, resources estimated")
    parser.add_argument("--device", action="append", metavar="NAME", help="device, may be given more than once "
                                                                          f"(default: {', '.join(BUDGETS)})")
    parser.add_argument("--folding", action="append", default=[], metavar="DEVICE=FILE",
                        help="folding for a device (default: the fastest within its budgets)")
    for name, text in zip(LIMITS, ("multipliers", "block RAMs of 36 kbit", "LUTs")):
        parser.add_argument(f"--{name}", metavar="N",
                            help=f"maximum of {text}: a count, or a share such as 80%% of each device (default: all; "
                                 f"of the XCKU115 for one network {BUDGETS['xcku115'][name]})")
    parser.add_argument("--clips", type=int, metavar="N", help="clips through the RTL (default: 20, with --quick 4)")
    parser.add_argument("--no-synthesis", action="store_true", help="estimate resources instead of mapping them")
    add_run_options(parser, "build/bench")
    add_stream_options(parser)
    add_input_options(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Measure and write the rows; 1 when the RTL differs from the golden model."""
    check_build_folder("--out", args.out)
    check_counts(args, "jobs")
    count = (4 if args.quick else 20) if args.clips is None else args.clips
    if count < 1:
        raise ValueError(f"--clips must be at least 1, not {args.clips}")
    if args.quick and (given := [name for name in LIMITS if getattr(args, name)]):
        raise ValueError(f"--{given[0]} must be left out with --quick, whose foldings have at most {MULTIPLIERS} "
                         f"multipliers")
    network = load_network(args, load_design, None if args.stream or args.design else _default(args.quick))
    if isinstance(network, Ensemble):
        from .bench_ensemble import bench_ensemble

        return bench_ensemble(args, network, count)
    return _bench(args, network, count)


def _bench(args, design, count: int) -> int:
    """:func:`run` for one network and ``count`` clips."""
    from hypgcn.design.files import write_json

    from ..benchmark.measure import measure
    from ..benchmark.table import table
    from ..stimuli.recordings import clips_for

    clips, real = clips_for(design, count, args.recordings or RECORDINGS, explicit=args.recordings is not None)
    introduce(design, f"foldings: the fastest with at most {MULTIPLIERS} multipliers" if args.quick
              else "foldings: the fastest within the budget of each device")
    points = _points(args, design)
    rows: list[dict] = []
    path = args.out / ("quick.json" if args.quick else "performance.json")
    for name, point in points.items():
        try:
            row = measure(design, point, clips, real, args.out, jobs=args.jobs,
                          synthesis=not (args.quick or args.no_synthesis))
        except AssertionError as error:
            print(f"{design.name} on {name}: the RTL differs from golden: {error}")
            return 1
        if not args.quick:
            row["generation"] = generation(design, point.folding.to_json(), args.out / f"verilog_{name}")
        rows.append(row)
        if len(rows) == 1:  # the README shows the pictures of the first device
            place = args.out / f"{design.hash[:12]}_{name}"
            shutil.copyfile(place / "utilisation.png", args.out / ("quick.png" if args.quick else "utilisation.png"))
            shutil.copyfile(place / "memory.png", args.out / ("quick_memory.png" if args.quick else "memory.png"))
        write_json(path, rows)   # after every device: each takes most of an hour
    show(args, rows, table(rows))
    finished(path)
    return 0


def _default(quick: bool) -> str:
    """Design to measure when none is given."""
    if quick:
        return DEFAULT_DESIGN
    if Path(FULL).exists():
        return FULL
    raise ValueError(f"DESIGN must be given where {FULL} is not there: hypgcn compile makes a design of the paper's "
                     f"shape with --frames 150 --persons 2")


def device_files(args, names: Sequence[str], load: Callable[[str], Any]) -> dict[str, Any]:
    """What ``load`` makes of the files of ``--folding``, by the name of the device, one of ``names``."""
    files = {}
    for text in args.folding:
        name, _, path = text.partition("=")
        if not path:
            raise ValueError(f"--folding must be DEVICE=FILE, not {text!r}")
        files[name.lower()] = path
    if unknown := sorted(set(files) - set(names)):
        raise ValueError(f"--folding must be for one of {', '.join(names)}, not {', '.join(unknown)}")
    return {name: load(path) for name, path in files.items()}


def device_budgets(args, defaults: Mapping[str, Mapping[str, str]]) -> dict[str, tuple]:
    """Device, budget, and what of that a choice of a folding may use, by the name of the device.

    Parameters
    ----------
    args : argparse.Namespace
        With ``device``, ``quick`` and :data:`LIMITS`.
    defaults : mapping
        By device the limits that are not given; of a device that is not there all.
    """
    from hypgcn.planning.budget import PLENTY, Budget
    from hypgcn.planning.device import Device

    given = {name: limit for name in LIMITS if (limit := getattr(args, name))}
    found = {}
    for name in [name.lower() for name in args.device or (["xcku115"] if args.quick else BUDGETS)]:
        device = Device.load(name)
        budget = (Budget(dsp=MULTIPLIERS, bram36=PLENTY, lut=PLENTY) if args.quick
                  else Budget.of(device, **{**defaults.get(name, {}), **given}))
        # Mapped designs must keep the budget, too.
        found[name] = device, budget, replace(budget, lut=int(budget.lut * (1 - LUT_RESERVE)))
    return found


def _points(args, design) -> dict:
    """Device, budget and folding of each row, by the name of the device."""
    from hypgcn.planning.allocator.allocate import allocate

    from ..benchmark.measure import Point

    budgets = device_budgets(args, BUDGETS)
    foldings = device_files(args, list(budgets), lambda path: load_folding(path, design))
    clips = [] if set(budgets) <= set(foldings) else choice(args, design, QUICK_CHOICE if args.quick else CHOICE)
    points = {}
    for name, (device, budget, allowed) in budgets.items():
        folding = foldings.get(name)
        if folding is None:
            folding = allocate(design, allowed, clips=clips, **device.options).folding
        points[name] = Point(device=device, budget=budget, folding=folding)
    return points


def choice(args, design, count: int) -> list:
    """Activities of ``count`` training clips, by which foldings are chosen, of ``--recordings``; in ``--out``."""
    from ..benchmark.activities import activities_of
    from ..fullscale.golden import golden_clips
    from ..stimuli.recordings import clips_for

    clips, _ = clips_for(design, count, args.recordings or RECORDINGS, explicit=args.recordings is not None,
                         part="train")
    progress = Progress(f"{design.name}: training clips")
    expected = golden_clips(design, clips, args.out / "golden", jobs=args.jobs, progress=progress)
    progress.finish()
    return [activities_of(design, [path]) for path in expected]


def generation(network: Design | Ensemble, folding: str, out: Path) -> dict:
    """Seconds, by the clock and of the CPU, and peak memory of ``hypgcn verilog``, in a process of its own.

    Parameters
    ----------
    network : Design or Ensemble
    folding : str
        Text of a file of its folding or foldings.
    out : Path
        Folder for the text; what the command reads stands beside it.
    """
    folder, measured = out.with_name(out.name + "_input"), out.with_suffix(".json")
    if isinstance(network, Ensemble):
        folders = [folder / stream for stream in network.streams]
        for design, place in zip(network.designs, folders):
            design.save(place)
        network.save(folder / ENSEMBLE_FILE, folders)
    else:
        network.save(folder)
    (folder / "folding.json").write_text(folding, encoding="utf-8", newline="\n")
    progress = Progress(f"{network.name}: generation")
    subprocess.run([sys.executable, "-m", "hypgcn.cli", "verilog", str(folder), "--folding",
                    str(folder / "folding.json"), "-o", str(out), "--measure", str(measured)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})
    progress.finish()
    measurement = json.loads(measured.read_text(encoding="utf-8"))
    return {name: measurement[name] for name in ("seconds", "cpu_seconds", "peak_memory_mb", "megabytes", "files")}
