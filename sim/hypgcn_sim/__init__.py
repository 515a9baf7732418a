"""Simulation of hypgcn: unit tests of the emitted RTL, whole clips, cosimulation, synthesis, benchmark.

The names here are public; modules are internal. They are imported when they are first used.
"""

import importlib

_HOMES = {"Measured": "demo.answers", "build_core": "cosim", "build_driver": "cosim", "simulated_core": "demo.answers"}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
