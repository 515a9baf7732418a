"""``hypgcn sim``: the unit tests of the emitted RTL, in Verilator, against the golden model."""

from pathlib import Path

from hypgcn.choices import add_folding_options, chosen_folding, folding_words, load_design
from hypgcn.console import add_json, examples, finished, introduce, show
from hypgcn.progress import Progress

from ..verilator.folder import check_build_folder
from .defaults import DEFAULT_DESIGN, MULTIPLIERS

__all__ = ["register"]

NETWORK_WEIGHT = 20.0
"""Time of the whole network relative to that of a unit, for the progress."""


def register(commands):
    """Add the parser of ``hypgcn sim``."""
    parser = commands.add_parser("sim", help="simulate every unit and the whole network")
    examples(parser, "hypgcn sim tiny --unit requant --unit rfc_encoder", "hypgcn sim tiny --clips 4 --json")
    parser.add_argument(
        "design",
        metavar="DESIGN",
        nargs="?",
        help=f"folder of a design, or a preset (default: {DEFAULT_DESIGN})",
    )
    add_folding_options(parser, MULTIPLIERS)
    parser.add_argument(
        "--clips", type=int, default=20, metavar="N", help="clips through the network (default: %(default)s)"
    )
    parser.add_argument("--recordings", type=Path, metavar="FILE",
                        help="npz with test clips: data (clip, channel, frame, joint, person), length, split")
    parser.add_argument("--unit", action="append", metavar="NAME", help="only this unit; may be given more than once")
    parser.add_argument("--list", action="store_true", help="list the units")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="seed of all random stimuli (default: %(default)s)")
    for name, text in (("idle", "a source is idle"), ("stall", "a sink is not ready")):
        parser.add_argument(f"--{name}", type=float, metavar="P",
                            help=f"chance per cycle that {text} (default: each unit's own)")
    parser.add_argument("--out", type=Path, default=Path("build/sim"), metavar="DIR",
                        help="folder for everything that is made (default: %(default)s)")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Run the test cases of the units; 1 when one of them finds a difference."""
    from ..unit_tests.cases import TEST_CASES

    if args.list:
        print("\n".join(TEST_CASES))
        return 0
    check_build_folder("--out", args.out)
    chosen = args.unit or list(TEST_CASES)
    if unknown := [name for name in chosen if name not in TEST_CASES]:
        raise ValueError(f"--unit must be one of {', '.join(TEST_CASES)}, not {', '.join(unknown)}")
    if args.clips < 1:
        raise ValueError(f"--clips must be at least 1, not {args.clips}")
    for name in ("idle", "stall"):
        if getattr(args, name) is not None and not 0.0 <= getattr(args, name) < 1.0:
            raise ValueError(f"--{name} must be at least 0 and below 1, not {getattr(args, name)}")
    design = load_design(args.design or DEFAULT_DESIGN)

    from ..stimuli.clips import make_clips
    from ..unit_tests.context import Context
    from ..unit_tests.report import table, write_summary
    from ..unit_tests.runner import run_cases

    introduce(design, folding_words(args, design))
    folding = chosen_folding(args, design)
    clips, real = make_clips(design, args.clips, recordings=args.recordings, seed=args.seed)
    print(f"{len(clips)} clips, {real} of them recorded")
    progress = Progress("units")
    results = run_cases(
        Context(design, folding, clips, real, args.seed, args.idle, args.stall),
        {name: NETWORK_WEIGHT if name in ("network", "core") else 1.0 for name in chosen},
        args.out,
        progress=progress,
    )
    failed = sum(not result.passed for result in results)
    progress.finish(f"{len(results) - failed} of {len(results)} units equal")
    show(args, write_summary(results, args.out / "summary.json"), table(results))
    finished(args.out / "summary.json", then=["fullscale", args.design or DEFAULT_DESIGN])
    return 1 if failed else 0
