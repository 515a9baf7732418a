"""The commands of the simulation package, one file a verb."""

from hypgcn.needs import checked

from . import (
    activity,
    bench,
    demo,
    formal,
    fullscale,
    fuzz,
    golden,
    lint,
    power,
    run,
    scaling,
    sim,
    synth,
    testset,
    variants,
)

__all__ = ["register"]


_NEEDS = {"golden": (), "activity": (), "demo": (), "formal": ("formal",)}
"""Optional parts of the installation that a verb needs, where it is not ``sim``."""


def register(commands):
    """Add the parsers of all verbs to argparse's subparsers ``commands``; each checks first what it needs."""
    for verb in (golden, activity, sim, fuzz, fullscale, testset, bench, variants, scaling, run, demo, power, lint,
                 formal, synth):
        verb.register(commands)
        name = verb.__name__.rpartition(".")[2]
        checked(commands.choices[name], name, _NEEDS.get(name, ("sim",)))
