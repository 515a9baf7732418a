"""Devices of ``hypgcn live`` that the simulation package offers, on a bus that the golden model stands behind."""

from contextlib import ExitStack
from types import SimpleNamespace

import numpy as np
import pytest
from sim.commands.test_run import EnsembleBus, GoldenBus

from contracts.tree import ROOT
from hypgcn.design.presets import preset
from hypgcn.golden.ensemble import run_ensemble
from hypgcn.golden.network import run
from hypgcn.planning.allocator import streams
from hypgcn.shell.config import ShellConfig
from hypgcn.shell.top import Top
from hypgcn.testbench.clips import generated_clip
from hypgcn_sim.cosim import build, cores


class Bus(GoldenBus):
    error = ""
    left = False

    def __exit__(self, *_):
        self.left = True


@pytest.fixture
def opened(monkeypatch, tmp_path):
    buses = []

    def bus(library, **options):
        buses.append(Bus(library, **options))
        return buses[-1]

    built = []
    monkeypatch.setattr(Top, "of", lambda design, folding, bus_width: ShellConfig.of(design, bus_width))
    monkeypatch.setattr(build, "build_core", lambda top, cache: built.append(cache) or "library.so")
    monkeypatch.setattr(cores, "SimulatedBus", bus)
    return SimpleNamespace(buses=buses, built=built, folder=str(tmp_path))


def test_the_simulated_core_answers_and_counts(opened):
    design = preset("tiny")
    with ExitStack() as stack:
        core = cores.open_simulation(design, opened.folder, stack)
        assert core.timing() == "no clip was simulated"
        for number in range(3):
            clip = generated_clip(design, number)
            assert core.classify(clip).scores.tolist() == run(design, clip)["logits"].tolist()
        assert (core.clips, core.cycles) == (3, 3 * 4321)
        text = core.timing()
    assert text.startswith("4,321 cycles from a clip's first element to its result; at 172 MHz 0.025 ms")
    people = design.persons * 172e6 / 4321
    assert f"{people:,.0f} people a second, {people / 30:,.0f} at 30 frames a second" in text
    assert opened.buses[0].left and str(opened.built[0]).startswith(opened.folder)


def test_the_simulated_core_of_an_ensemble(opened, monkeypatch):
    """Its networks have the multipliers of so many cores together."""
    class Pair(EnsembleBus):
        error = ""

        def __exit__(self, *_):
            pass

    made, ensemble = [], EnsembleBus.ensemble
    monkeypatch.setattr(cores, "SimulatedBus", Pair)
    monkeypatch.setattr(streams, "streams_within", lambda network, dsp: made.append((network, dsp)) or "foldings")
    monkeypatch.setattr(Top, "of_ensemble", lambda *words: made.append(words))
    with ExitStack() as stack:
        core = cores.open_simulation(ensemble, opened.folder, stack)
        clip = generated_clip(ensemble.designs[0], 1)
        result, expected = core.classify(clip), run_ensemble(ensemble, clip)
    assert result.scores.tolist() == expected["logits"].tolist()
    assert result.streams.tolist() == [part["logits"].tolist() for part in expected["streams"]]
    assert made == [(ensemble, 2 * cores.MULTIPLIERS), (ensemble, "foldings", 32)]


def test_a_broken_rule_is_an_error(opened):
    stack = ExitStack()
    cores.open_simulation(preset("tiny"), opened.folder, stack)
    opened.buses[0].error = "TVALID fell"
    with pytest.raises(OSError, match="the simulated core broke a rule of its buses: TVALID fell"):
        stack.close()


def test_the_c_driver(opened, monkeypatch):
    made = []

    class Driver:
        identity = SimpleNamespace(persons=1)

        def __init__(self, library, bus, hash, timeout):
            made.append((library, bus, hash))

        def classify(self, clip):
            return SimpleNamespace(scores=np.zeros(2), flags=())

        def counters(self):
            return SimpleNamespace(clip_cycles=1000)

    monkeypatch.setattr(build, "build_driver", lambda folder: f"{folder}/libhypgcn.so")
    monkeypatch.setattr(cores, "CDriver", Driver)
    monkeypatch.setattr(cores.CBus, "simulated", lambda bus: "the bus")
    design = preset("tiny")
    with ExitStack() as stack:
        core = cores.open_c_driver(design, opened.folder, stack)
        core.classify(None)
    assert made == [(f"{opened.folder}/driver/libhypgcn.so", "the bus", design.hash)] and core.cycles == 1000


def test_devices_are_entry_points():
    import tomllib

    entries = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    for name in entries["hypgcn.cores"].values():
        module, _, function = name.partition(":")
        assert module == "hypgcn_sim.cosim.cores" and function in cores.__all__
