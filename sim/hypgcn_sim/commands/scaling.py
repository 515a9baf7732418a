"""``hypgcn scaling``: throughput of one network from a small folding to a whole device, simulated, and its picture."""

from hypgcn.choices import load_design
from hypgcn.console import add_json, examples, finished, introduce, show

from ..stimuli.clips import RECORDINGS
from ..verilator.folder import check_build_folder
from .bench import CHOICE, choice
from .defaults import DEFAULT_DESIGN, add_run_options, check_counts

__all__ = ["register"]


def register(commands):
    """Add the parser of ``hypgcn scaling``."""
    parser = commands.add_parser("scaling", help="one network from a small folding to a whole device, simulated",
                                 description="Clips a second of one network from a small folding to a whole device, "
                                             "by RTL simulation, with a picture.")
    examples(parser, "hypgcn scaling tiny --points 2 --clips 2 --out build/scaling_tiny")
    add_json(parser)
    parser.add_argument("design", metavar="DESIGN", nargs="?", default=DEFAULT_DESIGN,
                        help="folder of a design, or a preset (default: %(default)s)")
    parser.add_argument("--device", default="xcku115", metavar="NAME", help="device (default: %(default)s)")
    parser.add_argument("--share", default="85%", metavar="N%",
                        help="of each resource of the device that may be used (default: %(default)s)")
    parser.add_argument("--points", type=int, default=4, metavar="N", help="foldings (default: %(default)s)")
    parser.add_argument("--clips", type=int, default=5, metavar="N",
                        help="clips through the RTL of each (default: %(default)s)")
    add_run_options(parser, "build/scaling")
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
    check_counts(args, "points", "clips", "jobs")
    design, device = load_design(args.design), Device.load(args.device)
    introduce(design, f"{args.points} foldings up to {args.share} of {device.name} (--share)")
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
    show(args, rows, table(rows))
    finished(path, path.with_suffix(".png"))
    return 0
