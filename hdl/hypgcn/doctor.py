"""``hypgcn doctor``: what is installed, at which version, what works with it, and how to get the rest."""

import platform

from .needs import EXTRAS, checkout, install_command, needs_of

__all__ = ["register"]

_WITH_CHECKOUT = ("docs", "dev")
"""Parts that serve the work on hypgcn itself."""


def register(commands):
    """Add the parser of ``hypgcn doctor``."""
    text = "what is installed of what the commands need, and how to get the rest"
    parser = commands.add_parser("doctor", help=text, description=text)
    parser.add_argument("parts", metavar="PART", nargs="*",
                        help=f"parts that must be whole, else the exit status is 1: {', '.join(EXTRAS)} "
                             f"(default: base)")
    parser.set_defaults(run=run)


def run(args) -> int:
    """Print the table; 1 when a part that was asked for is not whole."""
    if unknown := sorted(set(args.parts) - set(EXTRAS)):
        raise ValueError(f"PART must be one of {', '.join(EXTRAS)}, not {', '.join(unknown)}")
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    incomplete = []
    shown = [part for part in EXTRAS if checkout() or part not in _WITH_CHECKOUT or part in args.parts]
    for part, purpose in ((part, EXTRAS[part]) for part in shown):
        needs = needs_of(part)
        whole = all(need.fits for need in needs)
        if not whole:
            incomplete.append(part)
        print(f"\n{part}: {'complete' if whole else 'NOT complete'}; for {purpose}")
        for need in needs:
            state = "ok" if need.fits else "missing" if need.found is None else "untested version"
            print(f"  {need.name:20} {need.found or '-':24} {need.wanted or 'any':20} {state}")
    if missing := [part for part in incomplete if part not in _WITH_CHECKOUT or part in args.parts]:
        print(f"\nto complete {', '.join(missing)}: {install_command(*[part for part in missing if part != 'base'])}")
    return 1 if set(incomplete) & set(args.parts or ["base"]) else 0
