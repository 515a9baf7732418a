import json
import os

import pytest

from hypgcn.boards import bitstream
from hypgcn.boards.bitstream import make_bitstream, summary
from hypgcn.boards.stages import MARK, STAGES

REPORT = {
    "fmax": {"$glbnet$clk": {"achieved": 61.234, "constraint": 25.0}, "slow": {"achieved": 30.0, "constraint": 40.0}},
    "utilization": {"TRELLIS_COMB": {"available": 83640, "used": 12}, "TRELLIS_FF": {"available": 83640, "used": 7},
                    "MULT18X18D": {"available": 156, "used": 3}},
}
"""The form of nextpnr's report, with made-up numbers."""

ABOUT = {"board": "ulx3s", "device": "lfe5u-85f", "design": "d", "hash": "0", "baud": 1}


def test_slowest_clock_counts():
    assert summary(REPORT) == {
        "clock_mhz": 30.0, "wanted_mhz": 40.0, "met": False,
        "utilisation": {"lut": {"used": 12, "available": 83640}, "ff": {"used": 7, "available": 83640},
                        "dsp": {"used": 3, "available": 156}, "bram18": {"used": 0, "available": 0}}}
    with pytest.raises(ValueError, match="no clock"):
        summary({"fmax": {}, "utilization": {}})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(bitstream, "TOOLS", {"YOSYS": ("json", "some-yosys")})
    (tmp_path / "board.json").write_text(json.dumps(ABOUT), encoding="utf-8")
    (tmp_path / "build_top.sh").write_text(
        'echo "$YOSYS" > ran\necho bits > top.bit\ncat > top.report.json <<E\n' + json.dumps(REPORT) + "\nE\n",
        encoding="utf-8")
    return tmp_path


def test_script_is_run_with_our_tools(folder):
    made = make_bitstream(folder)
    assert made == json.loads((folder / "bitstream.json").read_text(encoding="utf-8"))
    assert (made["clock_mhz"], made["bytes"], made["board"]) == (30.0, 5, "ulx3s")
    assert set(made["stages"]) <= set(STAGES) and made["stages"]
    assert (folder / "ran").read_text(encoding="utf-8").endswith("/some-yosys\n")


def test_failing_tool(folder):
    (folder / "build_top.sh").write_text("echo no room >&2\nexit 1\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="no room"):
        make_bitstream(folder)
    assert not (folder / "bitstream.json").exists()


def test_hanging_tool_is_stopped_with_its_children(folder):
    # The shell and its child hold the writing end of a pipe: it ends when both are gone.
    os.mkfifo(folder / "alive")
    reader = os.open(folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
    (folder / "build_top.sh").write_text(
        f"exec 3> alive\necho '{MARK} memories' > top.rpt\nsh -c 'sleep 60; echo late > late'\n", encoding="utf-8")
    seen = []
    with pytest.raises(RuntimeError, match="stopped after 0.5 s in stage memories"):
        make_bitstream(folder, timeout=0.5, pause=0.05, progress=lambda *done: seen.append(done))
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)
    assert not (folder / "late").exists(), "the child was left to its end"
    assert seen[-1][2] == "memories"
    with pytest.raises(ValueError, match="timeout must be more than 0, not 0"):
        make_bitstream(folder, timeout=0)


def test_nothing_of_an_earlier_build_counts(folder):
    make_bitstream(folder)
    (folder / "build_top.sh").write_text("exit 0\n", encoding="utf-8")  # as a tool that does nothing
    with pytest.raises(FileNotFoundError):
        make_bitstream(folder)


def test_missing_tool(folder, monkeypatch):
    monkeypatch.setattr(bitstream, "TOOLS", {"YOSYS": ("no_such_module", "some-yosys")})
    with pytest.raises(ModuleNotFoundError, match="some-yosys is missing: .* -m pip install"):
        make_bitstream(folder)
