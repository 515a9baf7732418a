"""``hypgcn doctor``: what is installed, at which version, what works with it, and how to get the rest."""

import platform

from .console import add_json, examples, show
from .needs import EXTRAS, checkout, install_command, needs_of

__all__ = ["register"]

_WITH_CHECKOUT = ("docs", "dev")
"""Parts that serve the work on hypgcn itself."""


def register(commands):
    """Add the parser of ``hypgcn doctor``."""
    parser = commands.add_parser("doctor", help="what is installed, what works with it, and how to get the rest")
    parser.add_argument("parts", metavar="PART", nargs="*",
                        help=f"parts that must be whole, else the exit status is 1: {', '.join(EXTRAS)} "
                             f"(default: base)")
    add_json(parser)
    parser.set_defaults(run=run)
    examples(parser, "hypgcn doctor", "hypgcn doctor train sim")


def run(args) -> int:
    """Print the table; 1 when a part that was asked for is not whole."""
    if unknown := sorted(set(args.parts) - set(EXTRAS)):
        raise ValueError(f"PART must be one of {', '.join(EXTRAS)}, not {', '.join(unknown)}")
    found = {part: needs_of(part) for part in EXTRAS
             if checkout() or part not in _WITH_CHECKOUT or part in args.parts}
    incomplete = [part for part, needs in found.items() if not all(need.fits for need in needs)]
    missing = [part for part in incomplete if part not in _WITH_CHECKOUT or part in args.parts]
    command = install_command(*[part for part in missing if part != "base"]) if missing else None
    show(args, {"python": platform.python_version(), "system": platform.system(), "machine": platform.machine(),
                "parts": {part: {"complete": part not in incomplete, "needs": [vars(need) | {"fits": need.fits}
                                                                               for need in needs]}
                          for part, needs in found.items()},
                "install": command}, lambda: _table(found, incomplete, missing, command))
    return 1 if set(incomplete) & set(args.parts or ["base"]) else 0


def _table(found, incomplete, missing, command) -> str:
    lines = [f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"]
    for part, needs in found.items():
        lines.append(f"\n{part}: {'NOT complete' if part in incomplete else 'complete'}; for {EXTRAS[part]}")
        for need in needs:
            state = "ok" if need.fits else "missing" if need.found is None else "untested version"
            lines.append(f"  {need.name:20} {need.found or '-':24} {need.wanted or 'any':20} {state}")
    if command:
        lines.append(f"\nto complete {', '.join(missing)}: {command}")
    return "\n".join(lines)
