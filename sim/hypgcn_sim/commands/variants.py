"""``hypgcn variants``: the ablation, a design with one idea switched off each, simulated."""

from hypgcn.choices import load_design
from hypgcn.console import add_json, examples, finished, introduce, show

from ..stimuli.clips import RECORDINGS
from ..verilator.folder import check_build_folder
from .defaults import DEFAULT_DESIGN, add_run_options, check_counts

__all__ = ["register"]

MULTIPLIERS = 384
"""Enough for the small network without packing."""
CHOICE = 4
"""Training clips whose non-zeros choose the foldings; none of them is simulated."""


def register(commands):
    """Add the parser of ``hypgcn variants``."""
    parser = commands.add_parser("variants", help="one idea switched off each: cycles from RTL simulation",
                                 description="One idea switched off each: cycles from RTL simulation of the fastest "
                                             "folding for as many multipliers.")
    examples(parser, "hypgcn variants tiny --multipliers 60 --clips 2 --out build/variants_tiny")
    add_json(parser)
    parser.add_argument("design", metavar="DESIGN", nargs="?",
                        help=f"folder of a design, or a preset (default: {DEFAULT_DESIGN})")
    parser.add_argument("--device", default="xcku115", metavar="NAME", help="device (default: %(default)s)")
    parser.add_argument("--multipliers", type=int, default=MULTIPLIERS, metavar="N",
                        help="multipliers of each folding, which suffice for the small network without packing "
                             "(default: %(default)s)")
    parser.add_argument("--clips", type=int, default=6, metavar="N",
                        help="clips through the RTL (default: %(default)s)")
    add_run_options(parser, "build/variants")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Simulate the variants and write their rows; 1 when the RTL differs from the golden model."""
    from hypgcn.design.files import write_json
    from hypgcn.planning.allocator.allocate import PLENTY, Budget
    from hypgcn.planning.device import Device

    from ..benchmark.measure import measure_variants
    from ..benchmark.table import table
    from ..stimuli.recordings import clips_for

    check_build_folder("--out", args.out)
    check_counts(args, "multipliers", "clips", "jobs")
    design = load_design(args.design or DEFAULT_DESIGN)
    introduce(design, f"foldings: the fastest with at most {args.multipliers:,} multipliers (--multipliers)")
    recordings, explicit = args.recordings or RECORDINGS, args.recordings is not None
    clips, real = clips_for(design, args.clips, recordings, explicit=explicit)
    chosen, _ = clips_for(design, CHOICE, recordings, explicit=explicit, part="train")
    budget = Budget(dsp=args.multipliers, bram36=PLENTY, lut=PLENTY)
    rows: list[dict] = []
    path = args.out / "variants.json"
    try:
        for row in measure_variants(design, Device.load(args.device), budget, clips, real, chosen, args.out,
                                    jobs=args.jobs):
            rows.append(row)
            write_json(path, rows)      # after every variant: each takes minutes
    except AssertionError as error:
        print(f"{design.name}: the RTL differs from golden: {error}")
        return 1
    show(args, rows, table(rows))
    finished(path)
    return 0
