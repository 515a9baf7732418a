"""Generator of sparse, fully on-chip accelerators for skeleton action recognition, in Amaranth.

What is public, and stable as ``docs/api.md`` says::

    hypgcn           Design, Folding, load_design, preset: networks and how they are folded
                     Device, Budget, allocate, Allocation: the fastest folding of a device
                     estimate, Estimate: cycles and resources of a folding
    hypgcn.design    the design in all its parts; hypgcn.design.skeleton: joints and bones
    hypgcn.generate  SystemVerilog, memory images and their description, of a design
    hypgcn.cli       the command hypgcn, as the function main
    hypgcn.golden    the integers that the hardware computes, in NumPy

    hypgcn.rfc, hypgcn.stream     parts for any Amaranth design: compressed rows, stream plumbing
    hypgcn.arith, hypgcn.mem, hypgcn.sparse, hypgcn.spatial, hypgcn.network, hypgcn.shell
                                  the units of the accelerator

    hypgcn_pruning   from recordings to a design: training, pruning, int8
    hypgcn_sim       the emitted core in a simulator
    hypgcn_host      drivers; hypgcn_host.live: recognition on a running stream of poses

All other modules, those in the list of the package's contents too, are internal. The names of this package are
imported when they are first used.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "Allocation": "planning.allocator.allocate", "Budget": "planning.budget", "Design": "design",
    "Device": "planning.device", "Estimate": "planning.estimate", "Folding": "design.folding",
    "PRESETS": "design.presets", "allocate": "planning.allocator.allocate", "estimate": "planning.estimate",
    "load_design": "choices", "preset": "design.presets",
}
"""Modules of the public names. None has the name of a module here: which of both it were would depend on imports."""
__all__ = ["__version__"] + list(_HOMES)


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
