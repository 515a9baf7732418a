"""Cores by name behind one interface: golden integers, simulation, PYNQ, a board on a serial line."""

import importlib.metadata
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from hypgcn.design import Design
from hypgcn.design.ensemble import Ensemble
from hypgcn.golden.ensemble import run_ensemble
from hypgcn.golden.network import run
from hypgcn.needs import install_command

from ..core import Core
from ..errors import BusError
from ..pynq import PynqBus
from ..uart import UartClient, open_port
from .network import Classifies

__all__ = ["DEVICES", "GROUP", "GoldenCore", "GoldenResult", "UartCore", "open_core"]

GROUP = "hypgcn.cores"
"""Entry points of further devices: ``open(design, where, stack)`` gives an object with ``classify``, and leaves in the
:class:`contextlib.ExitStack` what closes it. The package hypgcn_sim provides those of the simulated core."""
BAUD = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class GoldenResult:
    """Scores of a clip.

    Parameters
    ----------
    scores : np.ndarray int64 (classes,)
        Of an ensemble those of the sum.
    flags : tuple of str
        ``overflow`` where a store lost values.
    streams : np.ndarray int64 (streams, classes)
        Of each network of an ensemble; no rows for one network.
    """

    scores: np.ndarray
    flags: tuple[str, ...]
    streams: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int64))


class GoldenCore:
    """The golden integers, which a core equals bit for bit.

    Parameters
    ----------
    design : Design or Ensemble
    """

    def __init__(self, design: Design | Ensemble):
        self.design = design

    def classify(self, clip: np.ndarray) -> GoldenResult:
        """Scores of a clip (M, T, V, C), int8, or int16 of raw joints."""
        if isinstance(self.design, Ensemble):
            tensors = run_ensemble(self.design, clip)
            streams = np.array([part["logits"] for part in tensors["streams"]], np.int64)
        else:
            tensors = run(self.design, clip)
            streams = np.zeros((0, 0), np.int64)
        return GoldenResult(scores=tensors["logits"], flags=("overflow",) if tensors["overflow"] else (),
                            streams=streams)


class UartCore:
    """A board on a serial line, with the flags of the other cores.

    Parameters
    ----------
    client : UartClient
    """

    def __init__(self, client: UartClient):
        self.client = client

    def classify(self, clip: np.ndarray) -> GoldenResult:
        """Scores of a clip (M, T, V, C), int8, or int16 of raw joints."""
        result = self.client.classify(clip)
        return GoldenResult(scores=result.scores, flags=("overflow",) if result.overflow else (),
                            streams=result.streams)


def _open_golden(design: Design | Ensemble, where: str, stack: ExitStack) -> Classifies:
    if where:
        raise ValueError(f"--device golden must be without a place, not golden:{where}")
    return GoldenCore(design)


def _open_uart(design: Design | Ensemble, where: str, stack: ExitStack) -> Classifies:
    path, _, baud = where.partition("@")
    if not path or baud and not baud.isdigit():
        raise ValueError(f"--device uart must be uart:PORT or uart:PORT@BAUD, not uart:{where}")
    client = UartClient(stack.enter_context(open_port(path, int(baud or BAUD))))
    client.hello(design.hash)
    return UartCore(client)


def _open_pynq(design: Design | Ensemble, where: str, stack: ExitStack) -> Classifies:
    bitstream, _, names = where.partition("@")
    core, _, dma = names.partition(",")
    if not bitstream:
        raise ValueError(f"--device pynq must be pynq:BITSTREAM or pynq:BITSTREAM@CORE,DMA, not pynq:{where}")
    try:
        import pynq
    except ImportError as error:
        raise ValueError(f"--device pynq needs {error.name}, which images of PYNQ boards have") from error
    overlay = pynq.Overlay(bitstream)
    core, dma = core or "hypgcn", dma or "dma"
    if core not in overlay.ip_dict or not hasattr(overlay, dma):
        raise ValueError(f"{bitstream}: the overlay must have {core} and {dma}, but has {', '.join(overlay.ip_dict)}")
    entry = overlay.ip_dict[core]
    bus = PynqBus(pynq.MMIO(entry["phys_addr"], entry.get("addr_range", 4096)), getattr(overlay, dma), pynq.allocate)
    stack.callback(bus.close)
    return Core.open(bus, design.hash)


DEVICES: dict[str, Callable[[Design | Ensemble, str, ExitStack], Classifies]] = {
    "golden": _open_golden, "uart": _open_uart, "pynq": _open_pynq}
"""Devices of this package."""


def open_core(device: str, design: Design | Ensemble, stack: ExitStack) -> Classifies:
    """The core ``NAME`` or ``NAME:WHERE`` for a design.

    Parameters
    ----------
    device : str
        ``golden``, ``uart:PORT[@BAUD]``, ``pynq:BITSTREAM[@CORE,DMA]``, or one of an installed package (:data:`GROUP`).
    design : Design or Ensemble
        Which the core must have been made from.
    stack : ExitStack
        Closes what was opened.

    Raises
    ------
    ValueError
        An unknown name, or a place that is not one.
    CoreError
        The core does not answer, or is of another design.
    """
    name, _, where = device.partition(":")
    if name in DEVICES:
        return DEVICES[name](design, where, stack)
    entries = {entry.name: entry for entry in importlib.metadata.entry_points(group=GROUP)}
    if name not in entries:
        raise ValueError(f"--device must be one of {', '.join([*DEVICES, *sorted(entries)])}, not {device!r}")
    try:
        opened = entries[name].load()
    except ImportError as error:
        raise ValueError(f"--device {name} needs {error.name}, which is not installed: run {install_command('sim')}"
                         ) from error
    try:
        return opened(design, where, stack)
    except OSError as error:
        raise BusError(f"{device}: {error}") from error
