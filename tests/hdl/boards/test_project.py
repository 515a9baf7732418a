"""Build files of boards: of the smallest design, and checked by the stub of Vivado."""

import dataclasses
import json
import re

import pytest
from ensembles import small_ensemble
from vivado_stub import interpreter, run_tcl

pytest.importorskip("amaranth_boards", reason="the extra 'boards' is not installed")

from hypgcn.boards import platforms  # noqa: E402
from hypgcn.boards.board import board  # noqa: E402
from hypgcn.boards.project import fitting, plan, write_board  # noqa: E402
from hypgcn.design.folding import BlockFolding, Folding  # noqa: E402
from hypgcn.design.presets import preset, random_design  # noqa: E402
from hypgcn.emission.emit import Emission  # noqa: E402
from hypgcn.planning.allocator.streams import estimate_streams, streams_within  # noqa: E402
from hypgcn.planning.estimate import estimate  # noqa: E402

SOURCES = Emission("hypgcn", {"hypgcn.sv": "module hypgcn(); endmodule\n", "hypgcn_w.mem": "0\n", "sim/DSP48E2.sv": ""})
"""Stands for an emitted network: the files around it depend on its name only."""


@pytest.mark.slow
def test_files_of_the_smallest_design(tmp_path):
    design = random_design(1, name="smallest", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3)
    folding = Folding(blocks=(BlockFolding(),), mac="single")
    emission = write_board(design, folding, board("ulx3s"), tmp_path)
    about = json.loads((tmp_path / "board.json").read_text(encoding="utf-8"))
    assert (about["board"], about["hash"], about["baud"]) == ("ulx3s", design.hash, 1_000_000)
    named = [name for name in emission.files if "/" not in name and name.endswith((".sv", ".mem"))]
    assert len(named) > 10 and all((tmp_path / name).is_file() for name in named)
    ports = {port["name"] for port in emission.sidecar["ports"]}
    assert ports == {"clk", "rst", "rx", "tx", "busy"}
    text = (tmp_path / "top.il").read_text(encoding="utf-8")
    assert all(re.search(rf"connect \\{name} ", text) for name in ports)


def test_folding_keeps_up_with_the_line_and_is_no_faster():
    chosen, design = board("ulx3s"), preset("tiny")
    folding = fitting(design, chosen)
    line = 10 * chosen.divisor * design.persons * design.frames * design.joints * design.channels
    assert folding.mac == "single"
    found = estimate(design, folding)
    assert found.cycles <= line
    fastest = fitting(design, dataclasses.replace(chosen, baud=6_250_000))
    assert estimate(design, fastest).cycles < found.cycles
    assert estimate(design, fastest).resources.dsp > found.resources.dsp


def test_foldings_of_an_ensemble_keep_up_together(monkeypatch, tmp_path):
    chosen, ensemble = board("kcu105"), small_ensemble(frames=40, joints=5, persons=2)
    line = 10 * chosen.divisor * 40 * 5 * 2 * 3 * 2
    foldings = fitting(ensemble, chosen)
    assert [folding.mac for folding in foldings] == ["dsp48e2"] * 2
    found = estimate_streams(ensemble, foldings)
    assert found.cycles <= line
    fastest = estimate_streams(ensemble, streams_within(ensemble, 200))
    assert fastest.cycles < found.cycles and fastest.resources.dsp > found.resources.dsp, "no faster than the line"
    slow = dataclasses.replace(chosen, share=1)
    with pytest.raises(ValueError, match="ensemble small does not fit at any speed"):
        fitting(ensemble, slow)
    tops = []
    monkeypatch.setattr("hypgcn.boards.project.emit", lambda top, name, progress: tops.append(top) or SOURCES)
    write_board(ensemble, foldings, chosen, tmp_path)
    for part in (tops[0], tops[0].core, tops[0].receiver, tops[0].transmitter):
        part._MustUse__used = True      # they are never elaborated
    about = json.loads((tmp_path / "board.json").read_text(encoding="utf-8"))
    assert about["hash"] == ensemble.hash and list(about["folding"]["streams"]) == list(ensemble.streams)
    assert tops[0].cfg.stream_widths == ensemble.logit_widths


def test_folding_for_a_line_that_is_too_fast():
    design = preset("small")
    chosen = dataclasses.replace(board("ulx3s"), baud=6_250_000, share=35)
    found = estimate(design, fitting(design, chosen))
    assert found.cycles > 10 * chosen.divisor * design.frames * design.joints * design.channels
    with pytest.raises(ValueError, match="does not fit"):
        fitting(design, dataclasses.replace(chosen, share=10))


def test_ulx3s():
    files = plan(SOURCES, platforms.Ulx3s85f()).files
    assert 'LOCATE COMP "clk25_0__io" SITE "G2";' in files["top.lpf"]
    assert 'LOCATE COMP "uart_0__rx__io" SITE "M1";' in files["top.lpf"]
    assert 'LOCATE COMP "uart_0__tx__io" SITE "L4";' in files["top.lpf"]
    assert re.search(r'FREQUENCY .*clk.* 25000000(\.0)? HZ', files["top.lpf"])
    assert "synth_ecp5 -top top -run begin:map_ram" in files["top.ys"] and "-run check: -top top" in files["top.ys"]
    assert "--85k" in files["build_top.sh"] and "--report top.report.json" in files["build_top.sh"]
    assert "hypgcn_w.mem" in files and "DSP48E2.sv" not in str(files)


@pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")
@pytest.mark.parametrize("make", [
    platforms.Kcu105,
    lambda: platforms.Xcku115(clock=("A1", "A2"), clock_hz=156.25e6, rx="B1", tx="B2", reset="C1", reset_low=True),
])
def test_vivado_boards(make, tmp_path):
    (tmp_path / "stub").mkdir()
    folder = plan(SOURCES, make()).extract(str(tmp_path / "board"))
    calls = run_tcl(folder / "top.tcl", folder=tmp_path / "stub")
    names = [name for name, _ in calls]
    assert {"synth_design", "route_design", "write_bitstream"} <= set(names)
    added = {words[-1] for name, words in calls if name == "add_files"}
    assert added == {"hypgcn.sv", "top.v", "hypgcn_w.mem"}
    ports = re.findall(r"^\s*(?:input|output|inout)(?: wire)?(?: \[\d+:\d+\])? (\w+);",
                       (folder / "top.v").read_text(encoding="utf-8"),
                       re.MULTILINE)
    assert run_tcl(folder / "top.xdc", ports=ports, folder=tmp_path / "stub")


def test_xdc_of_the_kcu105():
    text = plan(SOURCES, platforms.Kcu105()).files["top.xdc"]
    for pin in ("G10", "F10", "G25", "K26", "AN8"):
        assert f"set_property LOC {pin} " in text
    assert "-period 8.0" in text


@pytest.mark.parametrize(("name", "folder"), [("ulx3s", "a[1]"), ("ulx3s", "a b"), ("kcu105", "a b")])
def test_files_in_odd_folders(monkeypatch, tmp_path, name, folder):
    """Scripts name their files relative to their own folder, whatever that is called."""
    monkeypatch.setattr("hypgcn.boards.project.emit_for", lambda *_, **__: SOURCES)
    write_board(preset("tiny"), Folding(blocks=(BlockFolding(),) * 2), board(name), tmp_path / folder)
    files = {path.name for path in (tmp_path / folder).iterdir()}
    assert {"board.json", "build_top.sh", "hypgcn.sv", "hypgcn_w.mem"} <= files
    assert not any(str(tmp_path).encode() in path.read_bytes() for path in (tmp_path / folder).iterdir())


def test_folders_that_vivado_does_not_take_are_refused_before_any_work(monkeypatch, tmp_path):
    monkeypatch.setattr("hypgcn.boards.project.emit_for", None)
    with pytest.raises(ValueError, match="out must be a folder without"):
        write_board(preset("tiny"), Folding(blocks=(BlockFolding(),) * 2), board("kcu105"), tmp_path / "a[1]")
    assert not list(tmp_path.iterdir())
