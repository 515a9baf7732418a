"""The commands of the simulation package, one file a verb."""

from . import activity, bench, formal, fullscale, fuzz, golden, lint, power, run, scaling, sim, synth, testset, variants

__all__ = ["register"]


def register(commands):
    """Add the parsers of all verbs to argparse's subparsers ``commands``."""
    for verb in (golden, activity, sim, fuzz, fullscale, testset, bench, variants, scaling, run, power, lint, formal,
                 synth):
        verb.register(commands)
