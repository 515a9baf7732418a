"""``hypgcn fuzz``: random vectors through single units at native speed, against the golden model."""

from dataclasses import asdict
from pathlib import Path

from hypgcn.console import add_json, examples, show
from hypgcn.design.checks import check_int
from hypgcn.progress import Progress

from ..verilator.folder import check_build_folder

__all__ = ["register"]

VECTORS = 1_000_000


def register(commands):
    """Add the parser of ``hypgcn fuzz``."""
    parser = commands.add_parser("fuzz", help="send random vectors through single units, at native speed")
    examples(parser, "hypgcn fuzz --list", "hypgcn fuzz encoder --vectors 10000 --json")
    add_json(parser)
    parser.add_argument("units", metavar="UNIT", nargs="*", help="unit, see --list (default: all)")
    parser.add_argument("--list", action="store_true", help="list the units")
    parser.add_argument("--vectors", type=int, default=VECTORS, metavar="N",
                        help="at least N through each unit, in whole chunks (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of everything (default: %(default)s)")
    parser.add_argument("--chunk", type=int, metavar="N", help="only chunk N, to repeat a failure")
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"), metavar="DIR",
                        help="folder for everything that is made (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Run the units; 1 when one of them differs from the golden model."""
    from ..fuzz.runner import fuzz, table
    from ..fuzz.units import UNITS

    if args.list:
        print("\n".join(f"{name:16} {'; '.join(variant.name for variant in variants)}"
                        for name, variants in UNITS.items()))
        return 0
    if unknown := [name for name in args.units if name not in UNITS]:
        raise ValueError(f"UNIT must be one of {', '.join(UNITS)}, not {', '.join(unknown)}")
    check_int("--vectors", args.vectors, 1)
    check_int("--seed", args.seed, 0)
    if args.chunk is not None:
        check_int("--chunk", args.chunk, 0)
    check_build_folder("--out", args.out)
    print(f"seed {args.seed}")
    progress = Progress("fuzz")
    results = fuzz(list(dict.fromkeys(args.units)) or list(UNITS), args.vectors, args.seed, args.out, only=args.chunk,
                   progress=progress)
    failed = [result for result in results if result.error]
    progress.finish(f"{len(results) - len(failed)} of {len(results)} units equal")
    show(args, [asdict(result) for result in results],
         "\n".join([table(results), *(f"\n{result.error}" for result in failed)]))
    return 1 if failed else 0
