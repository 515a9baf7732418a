"""The measurement of memory itself, on a short stream."""

import importlib
import json
import sys
from pathlib import Path

import pytest
from firmware.live.bodies import design_for

sys.path.insert(0, str(Path(__file__).parent))
live_hour = importlib.import_module("live_hour")


def test_lines_are_frames_of_two_people():
    entries = [json.loads(line) for line in live_hour.lines(1801, 20, 30)]
    assert [person["id"] for person in entries[0]["people"]] == ["0-0", "0-1"]
    assert [person["id"] for person in entries[-1]["people"]] == ["1-0", "1-1"] and entries[-1]["time"] == 60


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, which only Linux has")
def test_memory_of_a_stream(tmp_path, monkeypatch):
    pytest.importorskip("aiohttp")
    design_for().save(tmp_path / "one")
    monkeypatch.setattr(live_hour, "COMMAND", [sys.executable, "-c", RUN])
    found = live_hour.measure(str(tmp_path / "one"), 0.5, parts=5)
    assert len(found) == 5 and 10 < found[0] < 1000
    assert found[-1] - found[-2] < 20


def test_a_stream_that_fails_is_said(tmp_path, monkeypatch):
    design_for().save(tmp_path / "one")
    monkeypatch.setattr(live_hour, "COMMAND", [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(3)"])
    with pytest.raises(OSError, match="hypgcn live ended with 3"):
        live_hour.measure(str(tmp_path / "one"), 0.01)


RUN = """
import sys
from hypgcn import cli
from hypgcn_host.live.command import register
cli._plugins = lambda: [("live", register)]
sys.exit(cli.main())
"""
