"""``hypgcn scaling``: throughput of one network from a small folding to a whole device, simulated, and its picture."""

import os
from pathlib import Path

from hypgcn.cli import load_design

from ..stimuli.clips import RECORDINGS
from ..verilator.folder import check_build_folder
from .bench import CHOICE, choice
from .defaults import DEFAULT_DESIGN

__all__ = ["register"]


def register(commands):
    """Add the parser of ``hypgcn scaling``."""
    parser = commands.add_parser("scaling", help="clips a second of one network from a small folding to a whole "
                                                 "device, by RTL simulation, with a picture")
    parser.add_argument("design", metavar="DESIGN", nargs="?", default=str(DEFAULT_DESIGN),
                        help="folder of a design, or a preset (default: %(default)s)")
    parser.add_argument("--device", default="xcku115", metavar="NAME", help="device (default: %(default)s)")
    parser.add_argument("--share", default="85%", metavar="N%",
                        help="of each resource of the device that may be used (default: %(default)s)")
    parser.add_argument("--points", type=int, default=4, metavar="N", help="foldings (default: %(default)s)")
    parser.add_argument("--clips", type=int, default=5, metavar="N",
                        help="clips through the RTL of each (default: %(default)s)")
    parser.add_argument("--recordings", type=Path, metavar="FILE", help="npz with test clips")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="processes (default: one for each core)")
    parser.add_argument("--out", type=Path, default=Path("build/scaling"), metavar="DIR",
                        help="folder for everything that is made (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Simulate the points, write their rows and the picture; 1 when the RTL differs from the golden model."""
    from hypgcn.design.files import write_json
    from hypgcn.planning.budget import Budget
    from hypgcn.planning.device import Device

    from ..benchmark.pictures import save_scaling_picture
    from ..benchmark.scaling import measure_scaling, scaling_points
    from ..benchmark.table import table
    from ..stimuli.recordings import clips_for

    check_build_folder("--out", args.out)
    for name in ("points", "clips", "jobs"):
        if getattr(args, name) < 1:
            raise ValueError(f"--{name} must be at least 1, not {getattr(args, name)}")
    design, device = load_design(args.design), Device.load(args.device)
    budget = Budget.of(device, dsp=args.share, bram36=args.share, lut=args.share)
    clips, real = clips_for(design, args.clips, args.recordings or RECORDINGS, explicit=args.recordings is not None)
    points = scaling_points(design, device, budget, choice(args, design, CHOICE), args.points)
    rows: list[dict] = []
    path = args.out / "scaling.json"
    try:
        for row in measure_scaling(design, points, clips, real, args.out, jobs=args.jobs):
            rows.append(row)
            write_json(path, rows)      # after every point: each takes minutes
    except AssertionError as error:
        print(f"{design.name} on {device.name}: the RTL differs from golden: {error}")
        return 1
    save_scaling_picture(rows, path.with_suffix(".png"), f"{design.name} on {device.name}, cycles by RTL simulation")
    print(table(rows))
    print(f"\nwritten: {path}, {path.with_suffix('.png')}")
    return 0
