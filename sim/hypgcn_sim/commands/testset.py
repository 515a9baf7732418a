"""``hypgcn testset``: a whole test set through the emitted network, or networks; the accuracy of the RTL."""

from hypgcn.choices import load_design
from hypgcn.console import add_json, examples, finished, show
from hypgcn.design.ensemble import Ensemble, designs_of
from hypgcn.progress import Progress
from hypgcn.stream_options import load_network

from ..stimuli.clips import RECORDINGS
from .defaults import DEFAULT_DESIGN, MULTIPLIERS
from .fullscale import add_arguments, check, folding_for

__all__ = ["register"]


def register(commands):
    """Add the parser of ``hypgcn testset``."""
    parser = commands.add_parser("testset", help="a whole test set through the network: the RTL's top-1",
                                 description="A whole test set through the emitted network in Verilator: its top-1.")
    examples(parser, "hypgcn testset build/example/design --recordings build/motion.npz --clips 4",
             "hypgcn testset build/two --recordings build/motion20.npz --clips 4")
    add_json(parser)
    add_arguments(parser, DEFAULT_DESIGN, "build/testset", MULTIPLIERS, each=True)
    parser.add_argument("--clips", type=int, metavar="N", help="a seeded choice of N clips (default: all)")
    parser.add_argument("--no-golden", action="store_true", help="do not compare the scores with the golden model's")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Simulate the clips; 1 when a score differs from the golden model."""
    from hypgcn.design.files import write_json

    from ..fullscale.testset import run_parts
    from ..stimuli.recordings import Recordings

    if args.clips is not None and args.clips < 1:
        raise ValueError(f"--clips must be at least 1, not {args.clips}")
    check(args)
    source = args.recordings or RECORDINGS
    if not source.exists():
        raise FileNotFoundError(f"{source} not found: --recordings must be an npz with data, length, label and split")
    network = load_network(args, load_design, DEFAULT_DESIGN)
    folding = folding_for(args, network)
    first = designs_of(network)[0]
    tests = Recordings.load(first, source, count=args.clips)
    labels = tests.labels_of(first)
    print(f"{len(tests.clips)} test clips of {source.name}")
    simulation = _simulation(args, network, folding)
    progress = Progress("simulation")
    outcome = run_parts(simulation, tests.clips, args.out / "parts", jobs=args.jobs, progress=progress)
    progress.finish(f"{len(tests.clips)} clips, {outcome.cycles:,} cycles")
    kind = "ensemble" if isinstance(network, Ensemble) else "design"
    result = {kind: network.name, "hash": network.hash, "clips": len(labels), **_top1(outcome.scores, labels),
              "cycles": outcome.cycles, "overflow": int(outcome.overflow.sum())}
    if isinstance(network, Ensemble):
        result["streams"] = [
            {"stream": stream, "design": design.name, "hash": design.hash, "weight": str(weight),
             **_top1(scores, labels)} for stream, design, weight, scores in zip(
                network.streams, network.designs, network.weights, outcome.streams, strict=True)]
    if not args.no_golden:
        result["different"] = _different(args, network, tests.clips, outcome)
        print(f"{'sums and scores' if kind == 'ensemble' else 'scores'}: " + (
            "all equal to golden" if not result["different"] else
            f"{result['different']} clips DIFFERENT from golden"))
    write_json(args.out / "report.json", result)
    rows = [("", result)] + [(f" of {row['stream']} alone", row) for row in result.get("streams", ())]
    show(args, result, "\n".join(f"top-1 of the RTL{name}: {100 * row['top1']:.1f} %, {row['right']} of "
                                 f"{result['clips']} clips" + (f"; {result['overflow']} clips with overflow"
                                                               if not name else "") for name, row in rows))
    finished(args.out / "report.json")
    return 1 if result.get("different") else 0


def _simulation(args, network, folding):
    """The networks in Verilator, without what only shows them."""
    from ..fullscale.ensemble import EnsembleSimulation
    from ..fullscale.simulation import FullSimulation

    folder, progress = args.out / network.hash[:12], Progress("building the simulation")
    options = {"cache": args.out / "cache", "progress": progress}
    simulation = (EnsembleSimulation(network, folding, folder, **options) if isinstance(network, Ensemble) else
                  FullSimulation(network, folding, folder, observe=False, counters=False, **options))
    progress.finish()
    return simulation


def _top1(scores, labels) -> dict:
    """Clips whose highest score is that of their label."""
    right = scores.argmax(axis=1) == labels
    return {"right": int(right.sum()), "top1": float(right.mean())}


def _different(args, network, clips, outcome) -> int:
    """Clips of which a score is not that of the golden model."""
    import numpy as np

    from hypgcn.golden.ensemble import ensemble_scores

    from .golden import golden_logits

    parts = []
    for design in designs_of(network):
        progress = Progress("golden model")
        parts.append(golden_logits(design, clips, min(args.jobs, len(clips)), progress)[0])
        progress.finish()
    if not isinstance(network, Ensemble):
        return int((parts[0] != outcome.scores).any(axis=1).sum())
    wrong = (ensemble_scores(network, parts) != outcome.scores).any(axis=1)
    return int((wrong | (np.stack(parts) != outcome.streams).any(axis=(0, 2))).sum())
