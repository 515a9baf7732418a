# amaranth: UnusedElaboratable=no
"""The shell's text is clean for Verilator, and the testbench of the core's buses finds what is wrong."""

import numpy as np
import pytest
from stub_core import DENSE, StubCore, stub_scores

from contracts.tree import ROOT
from hypgcn.emission.emit import emit
from hypgcn.shell import ShellConfig
from hypgcn.shell.top import Top
from hypgcn_sim.synthesis.lint import verilator_findings
from hypgcn_sim.unit_tests.cases.core import CoreCase
from hypgcn_sim.unit_tests.runner import prepare, simulate

CACHE = ROOT / "build/sim/cache"


@pytest.mark.parametrize("bus_width", [8, 512])
def test_shell_is_clean_for_verilator(bus_width, tmp_path):
    cfg = ShellConfig(persons=1, frames=2, joints=3, channels=3, classes=4, logit_width=40, blocks=2, hash="0" * 16,
                      bus_width=bus_width)
    emit(Top(cfg, StubCore(cfg)), "hypgcn", tmp_path)
    assert verilator_findings(tmp_path, "hypgcn") == []


def case_of(**changes):
    """The test case on a stub core, which is built in seconds."""
    cfg = ShellConfig(persons=1, frames=4, joints=5, channels=3, classes=4, logit_width=32, blocks=2, hash="0" * 16)
    clips = np.random.default_rng(1).integers(-128, DENSE, (3, 1, 4, 5, 3)).astype(np.int8)
    scores = np.array([stub_scores(cfg, clip.ravel().tolist())[0] for clip in clips])
    return CoreCase(**{
        "name": "core", "component": lambda: Top(cfg, StubCore(cfg)), "sources": {},
        "module": "hypgcn_sim.unit_tests.testbench.core", "sinks": {}, "timeout": 20_000, "content": clips, "scores":
        scores, "overflow": [0] * 3, **changes})


@pytest.mark.slow
def test_testbench_passes_what_is_right_and_names_what_is_wrong(tmp_path):
    case = case_of()
    prepare(case, tmp_path / "right")
    found = simulate(tmp_path / "right", CACHE)
    assert found["passed"], found["error"]
    scores = case.scores.copy()
    scores[1, 0] += 1
    prepare(case_of(scores=scores), tmp_path / "wrong")
    found = simulate(tmp_path / "wrong", CACHE)
    assert not found["passed"]
    assert f"result 1: expected [{scores[1, 0]}, " in found["error"]

