import json
import os
import re

import pytest
from emitted_netlist import Netlist
from vivado_stub import interpreter, run_tcl

from hypgcn.cli import main
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import random_design
from hypgcn.vivado.command import run_vivado


def test_files_need_no_vivado(tmp_path, capsys, monkeypatch):
    design = random_design(1, name="smallest", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3,
                           subsets=1)
    design.save(tmp_path / "design")
    (tmp_path / "folding.json").write_text(Folding(blocks=(BlockFolding(),)).to_json(), encoding="utf-8")
    arguments = ["vivado", str(tmp_path / "design"), "-o", str(tmp_path / "out"), "--mhz", "150", "--bus-width", "64",
                 "--folding", str(tmp_path / "folding.json")]
    # Vivado is requested but missing: the files are written, and the error names it.
    with monkeypatch.context() as without:
        without.setenv("PATH", os.path.dirname(os.__file__))
        assert main([*arguments, "--run", "build"]) == 2
    printed = capsys.readouterr()
    assert "build.tcl" in printed.out
    assert "vivado is not on the PATH" in printed.err
    name = json.loads((tmp_path / "out/project.json").read_text(encoding="utf-8"))["name"]
    assert re.fullmatch("hypgcn_[0-9a-f]{8}", name)
    assert f"written: {tmp_path / 'out'}; {name}, " in printed.out
    assert "-period 6.666 " in (tmp_path / f"out/constraints/{name}_ooc.xdc").read_text(encoding="utf-8")
    assert "s_axis_tdata[*]" in (tmp_path / f"out/constraints/{name}_ooc.xdc").read_text(encoding="utf-8")
    # What the constraint names is a register, and the net that resets the network (case 10).
    netlist = Netlist([path.read_text(encoding="utf-8") for path in (tmp_path / "out/rtl").glob("*.sv")], name)
    xdc = (tmp_path / f"out/constraints/{name}.xdc").read_text(encoding="utf-8")
    (net,) = re.findall(r"get_(?:nets|cells|pins) (.*)\]", xdc)  # no option: -quiet would hide a wrong name
    assert net in netlist.registers() & netlist.nets()
    loads = {other: netlist.reset_loads(other) for other in netlist.nets()}
    assert loads[net] == max(loads.values()) > 50
    if interpreter() is None:
        pytest.skip("there is neither tclsh nor a tkinter with its Tcl; the files are as they should be")
    # The stand-in for Vivado takes the whole project.
    (tmp_path / "stub").mkdir()
    sidecar = json.loads((tmp_path / f"out/rtl/{name}.json").read_text(encoding="utf-8"))
    ports = [port["name"] for port in sidecar["ports"]]
    for script in (f"constraints/{name}_ooc.xdc", f"constraints/{name}.xdc", "build.tcl", "package.tcl",
                   "block_design.tcl"):
        assert run_tcl(tmp_path / "out" / script, ports=ports, folder=tmp_path / "stub"), script
    assert (tmp_path / "out/reports/implementation.json").is_file()


@pytest.mark.parametrize(("arguments", "message"), [
    (["--mhz", "0"], "mhz must be in 1..1000"),
    (["--part", "zynq"], "part must be as Vivado writes it"),
    (["--part", "xcvu57p-fsvk2892-2-e"], "resources of xcvu57p are not known"),
    (["-o", "a[1]"], "--out must be a folder without '[' ']'"),
    (["--name", "hypgcn_ram"], "name must be another name: 'hypgcn_ram' is a module of hypgcn"),
    (["--name", "wire"], "is a keyword"),
    (["--device", "xcku115", "--folding", "x.json"], "--device must not be given with --folding"),
    (["--device", "xcku115", "--part", "xc7z020clg400-1"], "cannot do the folding's mac 'dsp48e2'"),
])
def test_bad_settings_are_one_line(tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["vivado", "tiny", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_folding_that_the_part_cannot_do(tmp_path, capsys):
    (tmp_path / "folding.json").write_text(Folding(blocks=(BlockFolding(), BlockFolding())).to_json(), encoding="utf-8")
    assert main(["vivado", "tiny", "--part", "xc7k325tffg900-2", "--folding", str(tmp_path / "folding.json"),
                 "-o", str(tmp_path / "out")]) == 2
    assert "kintex7, DSP48E1) cannot do the folding's mac 'dsp48e2': take a folding with 'dsp48e1' or 'single'" in (
        capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_without_scripts_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert run_vivado(tmp_path, []) == 0


@pytest.mark.parametrize("status", [0, 3])
def test_vivado_on_the_path_is_run(tmp_path, capsys, monkeypatch, status):
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "vivado"
    program.write_text(f'#!/bin/sh\necho "$@" > ran\nexit {status}\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    assert run_vivado(tmp_path, ["package"]) == (1 if status else 0)
    assert "-mode batch -source package.tcl" in (tmp_path / "ran").read_text(encoding="utf-8")
    assert ("exited with status 3" in capsys.readouterr().out) == bool(status)
