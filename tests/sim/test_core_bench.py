# amaranth: UnusedElaboratable=no
"""The shell's text is clean for other tools, and the bench of the core's buses finds what is wrong."""

import numpy as np
import pytest
from stub_core import StubCore

from contracts.tree import ROOT
from hypgcn.bus import ShellConfig
from hypgcn.emit import emit
from hypgcn.folding import BlockFolding, Folding
from hypgcn.presets import random_design
from hypgcn.top import Top
from hypgcn_sim.clips import make_clips
from hypgcn_sim.context import Context
from hypgcn_sim.lint import verilator_findings
from hypgcn_sim.runner import prepare, simulate
from hypgcn_sim.units import BENCHES

CACHE = ROOT / "build/sim/cache"


@pytest.mark.parametrize("bus_width", [8, 512])
def test_shell_is_clean_for_verilator(bus_width, tmp_path):
    cfg = ShellConfig(persons=1, frames=2, joints=3, channels=3, classes=4, logit_width=40, blocks=2, hash="0" * 16,
                      bus_width=bus_width)
    emit(Top(cfg, StubCore(cfg)), "hypgcn", tmp_path)
    assert verilator_findings(tmp_path, "hypgcn") == []


def case_of(**changes):
    design = random_design(2, name="small", frames=3, joints=2, classes=3, widths=(8, 8), strides=(1, 1), keep=0.5)
    clips, real = make_clips(design, 3)
    case = BENCHES["core"](Context(design, Folding(blocks=(BlockFolding(),) * 2), clips, real))
    for name, value in changes.items():
        setattr(case, name, value)
    return case


@pytest.mark.slow
def test_bench_passes_what_is_right_and_names_what_is_wrong(tmp_path):
    case = case_of()
    prepare(case, tmp_path / "right")
    found = simulate(tmp_path / "right", CACHE)
    assert found["passed"], found["error"]
    scores = np.array(case.scores)
    scores[1, 0] += 1
    prepare(case_of(scores=scores), tmp_path / "wrong")
    found = simulate(tmp_path / "wrong", CACHE)
    assert not found["passed"]
    assert f"result 1: expected [{scores[1, 0]}, " in found["error"]
