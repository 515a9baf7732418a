"""The examples run, and do what they say."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from firmware.live.bodies import design_for

from hypgcn.design.presets import random_design
from testbench import STREAM_PATTERNS, run

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def meter():
    return runpy.run_path(str(EXAMPLES / "activity_meter.py"))["ActivityMeter"]


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_activity_meter_sums_rows(meter, idle, stall):
    rng = np.random.default_rng(1)
    samples = rng.integers(-128, 128, (6, 3, 16)) * (rng.random((6, 3, 16)) < 0.4)
    samples[2] = 0
    expected = np.where(np.abs(samples) <= 9, 0, samples).sum(axis=(1, 2))
    items = [{"values": vector.tolist()} for vector in samples.reshape(-1, 16)]
    out = run(meter(positions=3, threshold=9), {"i": items}, {"o": 6}, seed=4, idle=idle, stall=stall)
    assert out["o"] == expected.tolist()


def test_activity_meter_becomes_verilog(capsys):
    runpy.run_path(str(EXAMPLES / "activity_meter.py"), run_name="__main__")
    text = capsys.readouterr().out
    assert "module activity_meter(" in text and "endmodule" in text


def test_five_lines_from_design_to_verilog(monkeypatch, tmp_path):
    random_design(1, name="one", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3, subsets=1) \
        .save(tmp_path / "one")
    monkeypatch.setattr(sys, "argv", ["design_to_verilog.py", str(tmp_path / "one"), str(tmp_path / "out")])
    runpy.run_path(str(EXAMPLES / "design_to_verilog.py"), run_name="__main__")
    assert "module hypgcn" in (tmp_path / "out" / "hypgcn.sv").read_text(encoding="utf-8")


def test_poses_of_an_estimator(monkeypatch, tmp_path, capsys):
    """Who moves from the first frame on is answered about, however the estimator calls its skeleton."""
    live = runpy.run_path(str(EXAMPLES / "live_poses.py"))
    live["follow"](live["stand_in"](1.0, 20), design_for(), "kinect20")
    first = capsys.readouterr().out.splitlines()
    assert len(first) == 6 and first[0].startswith("  0.40 s  person 1: ")
    design_for().save(tmp_path / "one")
    monkeypatch.setattr(sys, "argv", ["live_poses.py", str(tmp_path / "one")])
    runpy.run_path(str(EXAMPLES / "live_poses.py"), run_name="__main__")
    assert len(capsys.readouterr().out.splitlines()) == 16
