"""Simulated cores for tests, built once, and both drivers on them."""

import shutil

import pytest
from stub_core import StubCore

from contracts.tree import ROOT
from hypgcn.shell import ShellConfig
from hypgcn.shell.top import Top
from hypgcn_host import Core
from hypgcn_host.c_driver import CBus, CDriver
from hypgcn_host.simulator import SimulatedBus
from hypgcn_sim.cosim import build_core, build_driver

BUILD = ROOT / "build/sim"  # that of `hypgcn run`: what it has built, the tests need not build
CACHE = BUILD / "cache"
STUB = ShellConfig(persons=1, frames=4, joints=5, channels=3, classes=4, logit_width=32, blocks=2,
                   hash="0123456789abcdef")


def skip_without_compilers():
    for program in ("make", "g++", "gcc"):
        if not shutil.which(program):
            pytest.skip(f"the simulated core needs {program}, which is not on the path")


def stub_library(bus_width=32):
    """The shell around a core of a few lines; built in some seconds."""
    cfg = ShellConfig(**{**vars(STUB), "bus_width": bus_width})
    return build_core(Top(cfg, StubCore(cfg)), CACHE)


def opener(kind):
    """Opens a driver of ``kind`` on a bus."""
    if kind == "python":
        return lambda bus, hash=None, **options: Core.open(bus, hash, **options)
    library = build_driver(BUILD / "driver")
    return lambda bus, hash=None, **options: CDriver(library, CBus.simulated(bus), hash, **options)


def simulated(library, **options):
    """A bus that checks at its end that no rule was broken and nothing is missing."""
    return _Checked(library, **options)


class _Checked(SimulatedBus):
    def __exit__(self, kind, *rest):
        try:
            if kind is None:
                assert self.error == ""
                self.finish()
        finally:
            super().__exit__(kind, *rest)
