"""``hypgcn formal``: proofs of units, each with its cover and its mutant."""

from pathlib import Path

from hypgcn.console import add_json, examples, show
from hypgcn.progress import Progress

__all__ = ["register"]


def register(commands):
    """Add the parser of ``hypgcn formal``."""
    parser = commands.add_parser("formal", help="prove properties of units, by induction or bounded checking",
                                 description="Prove properties of units, by induction or bounded model checking.")
    examples(parser, "hypgcn formal --list", "hypgcn formal skid --json")
    parser.add_argument("proof", nargs="*", metavar="NAME", help="proof, see --list (default: all that are quick)")
    parser.add_argument("--deep", action="store_true", help="all proofs, with larger depths")
    parser.add_argument("--list", action="store_true", help="list the proofs and what they claim")
    parser.add_argument("--out", type=Path, default=Path("build/formal"), metavar="DIR",
                        help="folder for models and logs (default: %(default)s)")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Run the proofs; 1 when one of them fails, is vacuous, or lets its mutant pass."""
    from ..formal.proofs import PROOFS
    from ..formal.runner import report, run_proofs, table

    if args.list:
        for name, proof in PROOFS.items():
            print(f"{name:16} {proof.method}, {proof.depth} cycles: {proof.text}")
        return 0
    names = args.proof or [name for name, proof in PROOFS.items() if args.deep or not proof.only_deep]
    if unknown := [name for name in names if name not in PROOFS]:
        raise ValueError(f"NAME must be one of {', '.join(PROOFS)}, not {', '.join(unknown)}")
    progress = Progress("formal")
    results = run_proofs(names, args.out, deep=args.deep, progress=progress)
    failed = sum(not result.passed for result in results)
    progress.finish(f"{len(results) - failed} of {len(results)} proved")
    show(args, report(results), table(results))
    return 1 if failed else 0
