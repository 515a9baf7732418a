import json
import os
import re
from dataclasses import replace

import pytest
from emitted_netlist import Netlist
from ensembles import saved, small_ensemble
from vivado_stub import interpreter, run_tcl

from hypgcn.cli import main
from hypgcn.design.ensemble_folding import foldings_to_json
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import random_design
from hypgcn.generate import generate_ensemble
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
    check_project(tmp_path / "out", name)


def check_project(out, name):
    """Constraints name what is there, and the stand-in for Vivado takes the whole project."""
    # What the constraint names is a register, and the net that resets the network (case 10).
    netlist = Netlist([path.read_text(encoding="utf-8") for path in (out / "rtl").glob("*.sv")], name)
    xdc = (out / f"constraints/{name}.xdc").read_text(encoding="utf-8")
    (net,) = re.findall(r"get_(?:nets|cells|pins) (.*)\]", xdc)  # no option: -quiet would hide a wrong name
    assert net in netlist.registers() & netlist.nets()
    loads = {other: netlist.reset_loads(other) for other in netlist.nets()}
    assert loads[net] == max(loads.values()) > 50
    if interpreter() is None:
        pytest.skip("there is neither tclsh nor a tkinter with its Tcl; the files are as they should be")
    stub = out.parent / "stub"
    stub.mkdir()
    sidecar = json.loads((out / f"rtl/{name}.json").read_text(encoding="utf-8"))
    ports = [port["name"] for port in sidecar["ports"]]
    for script in (f"constraints/{name}_ooc.xdc", f"constraints/{name}.xdc", "build.tcl", "package.tcl",
                   "block_design.tcl"):
        assert run_tcl(out / script, ports=ports, folder=stub), script
    assert (out / "reports/implementation.json").is_file()


def test_an_ensemble(tmp_path, capsys):
    """All files of its core, as ``hypgcn verilog`` writes them, are in the scripts; the IP is named by the ensemble."""
    made, folding = small_ensemble(frames=2, joints=5, persons=1), Folding(blocks=(BlockFolding(),))
    (tmp_path / "foldings.json").write_text(foldings_to_json(made, (folding, folding)), encoding="utf-8")
    assert main(["vivado", saved(made, tmp_path / "two"), "-o", str(tmp_path / "out"), "--folding",
                 str(tmp_path / "foldings.json")]) == 0
    printed = capsys.readouterr().out
    assert f"ensemble small, hash {made.hash[:16]}; folding {tmp_path / 'foldings.json'}" in printed
    data = json.loads((tmp_path / "out/project.json").read_text(encoding="utf-8"))
    name = data["name"]
    assert (data["ensemble"], data["hash"]) == ("small", made.hash) and "design" not in data
    assert f"{name}, " in printed and "multipliers dsp48e2, " in printed
    expected = generate_ensemble(made, (folding, folding), None, name=name, bus_width=data["bus_width"],
                                 part=data["part"]).files
    assert {path: (tmp_path / "out/rtl" / path).read_text(encoding="utf-8") for path in expected} == expected
    assert any(f"{name}_core_bone_motion" in path for path in expected)
    build, package = ((tmp_path / "out" / script).read_text(encoding="utf-8")
                      for script in ("build.tcl", "package.tcl"))
    for path in expected:
        if "/" not in path and path.endswith((".sv", ".mem")):
            assert f"rtl/{path}" in build and f"rtl/{path}" in package, path
    assert "2s-AGCN accelerator of the ensemble small" in package
    check_project(tmp_path / "out", name)


def test_what_an_ensemble_is_refused_for(tmp_path, capsys):
    made, folding = small_ensemble(frames=2), Folding(blocks=(BlockFolding(),))
    path, two = tmp_path / "f.json", saved(made, tmp_path / "two")
    path.write_text(folding.to_json(), encoding="utf-8")
    words = ["vivado", two, "-o", str(tmp_path / "out"), "--folding", str(path)]
    assert main(words) == 2
    assert "f.json is not a file of foldings: it must be an object with streams" in capsys.readouterr().err
    path.write_text(foldings_to_json(made, (replace(folding, mac="single"), folding)), encoding="utf-8")
    assert main([*words, "--part", "xc7k325tffg900-2"]) == 2
    assert "cannot do the folding's mac 'dsp48e2'" in capsys.readouterr().err
    assert main(["vivado"]) == 2
    assert "DESIGN must be given, or --stream NAME=DESIGN twice or more" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


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
