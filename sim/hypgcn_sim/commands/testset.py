"""``hypgcn testset``: a whole test set through the emitted network; the accuracy of the RTL."""

from hypgcn.console import add_json, examples, finished, show
from hypgcn.progress import Progress

from ..stimuli.clips import RECORDINGS
from .defaults import DEFAULT_DESIGN, MULTIPLIERS
from .fullscale import add_arguments, prepare

__all__ = ["register"]


def register(commands):
    """Add the parser of ``hypgcn testset``."""
    parser = commands.add_parser("testset", help="a whole test set through the network: the RTL's top-1",
                                 description="A whole test set through the emitted network in Verilator: its top-1.")
    examples(parser, "hypgcn testset build/example/design --recordings build/motion.npz --clips 4")
    add_json(parser)
    add_arguments(parser, DEFAULT_DESIGN, "build/testset", MULTIPLIERS)
    parser.add_argument("--clips", type=int, metavar="N", help="a seeded choice of N clips (default: all)")
    parser.add_argument("--no-golden", action="store_true", help="do not compare the scores with the golden model's")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Simulate the clips; 1 when a score differs from the golden model."""
    from hypgcn.design.files import write_json

    from ..fullscale.simulation import FullSimulation
    from ..fullscale.testset import run_parts
    from ..stimuli.recordings import Recordings
    from .golden import golden_logits

    if args.clips is not None and args.clips < 1:
        raise ValueError(f"--clips must be at least 1, not {args.clips}")
    design, folding = prepare(args, DEFAULT_DESIGN)
    source = args.recordings or RECORDINGS
    if not source.exists():
        raise FileNotFoundError(f"{source} not found: --recordings must be an npz with data, length, label and split")
    tests = Recordings.load(design, source, count=args.clips)
    labels = tests.labels_of(design)
    print(f"{len(tests.clips)} test clips of {source.name}")
    progress = Progress("building the simulation")
    simulation = FullSimulation(design, folding, args.out / design.hash[:12], observe=False, counters=False,
                                cache=args.out / "cache", progress=progress)
    progress.finish()
    progress = Progress("simulation")
    outcome = run_parts(simulation, tests.clips, args.out / "parts", jobs=args.jobs, progress=progress)
    progress.finish(f"{len(tests.clips)} clips, {outcome.cycles:,} cycles")
    right = outcome.scores.argmax(axis=1) == labels
    result = {"design": design.name, "hash": design.hash, "clips": len(right), "right": int(right.sum()),
              "top1": float(right.mean()), "cycles": outcome.cycles, "overflow": int(outcome.overflow.sum())}
    if not args.no_golden:
        progress = Progress("golden model")
        logits, _ = golden_logits(design, tests.clips, min(args.jobs, len(tests.clips)), progress)
        progress.finish()
        result["different"] = int((logits != outcome.scores).any(axis=1).sum())
        print("scores: " + ("all equal to golden" if not result["different"]
                            else f"{result['different']} clips DIFFERENT from golden"))
    write_json(args.out / "report.json", result)
    show(args, result, f"top-1 of the RTL: {100 * result['top1']:.1f} %, {result['right']} of {result['clips']} clips; "
                       f"{result['overflow']} clips with overflow")
    finished(args.out / "report.json")
    return 1 if result.get("different") else 0
