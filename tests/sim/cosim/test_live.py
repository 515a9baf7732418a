# amaranth: UnusedElaboratable=no
"""``hypgcn live`` on the simulated core, behind both drivers: the answers of the golden integers."""

import json
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction

import pytest
from ensembles import small_network
from firmware.live.bodies import moving
from sim.cosim.devices import BUILD, skip_without_compilers

from hypgcn.design.clip import Preparation
from hypgcn.design.ensemble import Ensemble
from hypgcn.design.presets import random_design
from hypgcn_host.live import GoldenCore, LiveClassifier, LiveConfig, LiveNetwork, with_scores
from hypgcn_host.live.runner import answer_record
from hypgcn_sim.cosim import cores

pytestmark = pytest.mark.slow

CONFIG = LiveConfig(window=0.5, hop=4, begin=0.1)
JOINTS = 5


@pytest.fixture(scope="module")
def design():
    """A block over five joints, which is compiled in seconds."""
    entry = Preparation(frames=6, centre=0, scale="none", centring="every").to_dict()
    small = random_design(1, name="live", frames=6, joints=JOINTS, classes=3, widths=(3,), strides=(1,), kernel=3,
                          subsets=1)
    return replace(small, input_scale=0.01, logit_scale=1e-3, meta={"preparation": entry})


@pytest.fixture(scope="module")
def ensemble():
    """Two networks of a block over five joints, behind raw joints."""
    designs = [small_network(stream, seed, 1e-3, frames=6, joints=JOINTS, persons=1)
               for seed, stream in ((1, "joint"), (2, "bone"))]
    return Ensemble(name="live", streams=("joint", "bone"), designs=tuple(designs), weights=(Fraction(1), Fraction(2)))


def records(core, design):
    """Answers about two people, of whom one misses some joints, the other comes late, and some frames are lost."""
    live = LiveClassifier([LiveNetwork(design=design, core=core)], CONFIG)
    recordings = moving(40, JOINTS, persons=2)
    recordings[0, 5:9, 3] = recordings[0, 20:, 2] = 0
    found = []
    for n in range(40):
        if n % 7 == 5:
            continue
        people = {person: with_scores(recordings[person, n], scored=False) for person in (0, 1) if n > 12 or not person}
        found += [answer_record(answer, live.labels, scores=True) for answer in live.push(n / 30, people).answers]
    for record in found:
        del record["latency_ms"]
    return found


@pytest.mark.parametrize("kind", ["design", "ensemble"])
@pytest.mark.parametrize("device", ["sim", "sim-c"])
def test_answers_are_those_of_the_golden_integers(device, kind, request, monkeypatch):
    skip_without_compilers()
    design = request.getfixturevalue(kind)
    monkeypatch.setattr(cores, "MULTIPLIERS", 16)
    opened = {"sim": cores.open_simulation, "sim-c": cores.open_c_driver}[device]
    with ExitStack() as stack:
        core = opened(design, str(BUILD), stack)
        simulated = records(core, design)
        assert core.clips == len(simulated) > 12 and core.cycles > 100 * core.clips
        assert "at 30 frames a second with an answer every frame" in core.timing()
    assert simulated == records(GoldenCore(design), design)
    for found in zip(*([record["scores"], *record.get("streams", {}).values()] for record in simulated), strict=True):
        assert len(set(map(json.dumps, found))) > 6, "the stream must tell one network from another"
    assert all(list(record.get("streams", ())) == list(getattr(design, "streams", ())) for record in simulated)
