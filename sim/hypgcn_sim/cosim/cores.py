"""The simulated core for ``hypgcn live``: devices ``sim`` and ``sim-c`` of the entry points ``hypgcn.cores``."""

import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from hypgcn.design import Design
from hypgcn.design.ensemble import Ensemble
from hypgcn.planning.defaults import SIMULATED_MULTIPLIERS as MULTIPLIERS
from hypgcn_host import Core, Result
from hypgcn_host.c_driver import CBus, CDriver
from hypgcn_host.simulator import SimulatedBus

__all__ = ["MULTIPLIERS", "SimulatedCore", "open_c_driver", "open_simulation"]

FOLDER = Path("build/sim")
_CYCLES_PER_MS = 1000
_TIMEOUT = 60.0


class SimulatedCore:
    """A driver on the simulated core that counts the cycles of its clips.

    Parameters
    ----------
    driver : Core or CDriver

    Attributes
    ----------
    clips, cycles : int
        So far, and their latencies in cycles added up.
    """

    def __init__(self, driver: Core | CDriver):
        self.driver = driver
        self.clips = self.cycles = 0

    def classify(self, clip: np.ndarray) -> Result:
        """Scores of a clip (M, T, V, C), int8, or int16 of raw joints."""
        result = self.driver.classify(clip)
        self.clips, self.cycles = self.clips + 1, self.cycles + self.driver.counters().clip_cycles
        return result

    def timing(self) -> str:
        """What the cycles mean at the clock of the benchmark."""
        if not self.clips:
            return "no clip was simulated"
        cycles = self.cycles / self.clips
        seconds = cycles / 172e6
        persons = self.driver.identity.persons
        return (f"{cycles:,.0f} cycles from a clip's first element to its result; at 172 MHz {1000 * seconds:.3f} ms, "
                f"one clip after the other {persons / seconds:,.0f} people a second, "
                f"{persons / seconds / 30:,.0f} at 30 frames a second with an answer every frame")


def _top(design: Design | Ensemble):
    """The core with the fastest folding of at most :data:`MULTIPLIERS` multipliers for each network."""
    from hypgcn.planning.allocator.allocate import within
    from hypgcn.planning.allocator.streams import streams_within
    from hypgcn.shell.top import Top

    if isinstance(design, Ensemble):
        return Top.of_ensemble(design, streams_within(design, MULTIPLIERS * len(design.designs)), 32)
    return Top.of(design, within(design, MULTIPLIERS), 32)


def _open_bus(design: Design | Ensemble, where: str, stack: ExitStack) -> SimulatedBus:
    from .build import build_core

    print(f"hypgcn live: building the simulated core of {design.name}", file=sys.stderr)
    library = build_core(_top(design), Path(where or FOLDER) / "cache")
    bus = stack.enter_context(SimulatedBus(library, cycles_per_ms=_CYCLES_PER_MS))
    stack.callback(_finish, bus)
    return bus


def _finish(bus: SimulatedBus):
    if bus.error:
        raise OSError(f"the simulated core broke a rule of its buses: {bus.error}")


def open_simulation(design: Design | Ensemble, where: str, stack: ExitStack) -> SimulatedCore:
    """The emitted core in Verilator, behind the Python driver; ``where`` : folder of what is compiled."""
    return SimulatedCore(Core.open(_open_bus(design, where, stack), design.hash, timeout=_TIMEOUT))


def open_c_driver(design: Design | Ensemble, where: str, stack: ExitStack) -> SimulatedCore:
    """The same behind the C driver, which is built from the checkout."""
    from .build import build_driver

    library = build_driver(Path(where or FOLDER) / "driver")
    bus = _open_bus(design, where, stack)
    return SimulatedCore(CDriver(library, CBus.simulated(bus), design.hash, timeout=_TIMEOUT))
