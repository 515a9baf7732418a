import json
import os

import pytest
from vivado_stub import interpreter, run_tcl

from hypgcn.cli import main
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import random_design
from hypgcn.vivado.command import run_vivado


def test_files_need_no_vivado(tmp_path, capsys, monkeypatch):
    design = random_design(1, name="smallest", frames=2, joints=2, classes=2, widths=(3,), strides=(1,), kernel=3,
                           subsets=1)
    design.save(tmp_path / "design")
    (tmp_path / "folding.json").write_text(Folding(blocks=(BlockFolding(),)).to_json())
    arguments = ["vivado", str(tmp_path / "design"), "-o", str(tmp_path / "out"), "--mhz", "150", "--bus-width", "64",
                 "--folding", str(tmp_path / "folding.json")]
    # Vivado is requested but missing: the files are written, and the error names it.
    with monkeypatch.context() as without:
        without.setenv("PATH", os.path.dirname(os.__file__))
        assert main([*arguments, "--run", "build"]) == 2
    printed = capsys.readouterr()
    assert "build.tcl" in printed.out
    assert "vivado is not on the PATH" in printed.err
    assert "-period 6.666 " in (tmp_path / "out/constraints/hypgcn_ooc.xdc").read_text()
    assert "s_axis_tdata[*]" in (tmp_path / "out/constraints/hypgcn_ooc.xdc").read_text()
    # The register that the constraints name exists.
    assert " core_reset" in (tmp_path / "out/rtl/hypgcn.sv").read_text()
    assert "core_reset]" in (tmp_path / "out/constraints/hypgcn.xdc").read_text()
    if interpreter() is None:
        pytest.skip("there is neither tclsh nor a tkinter with its Tcl; the files are as they should be")
    # The stand-in for Vivado takes the whole project.
    (tmp_path / "stub").mkdir()
    ports = [port["name"] for port in json.loads((tmp_path / "out/rtl/hypgcn.json").read_text())["ports"]]
    for script in ("constraints/hypgcn_ooc.xdc", "constraints/hypgcn.xdc", "build.tcl", "package.tcl",
                   "block_design.tcl"):
        assert run_tcl(tmp_path / "out" / script, ports=ports, folder=tmp_path / "stub"), script
    assert (tmp_path / "out/reports/implementation.json").is_file()


def test_bad_settings_are_one_line(capsys):
    assert main(["vivado", "tiny", "--mhz", "0"]) == 2
    assert "mhz must be in 1..1000" in capsys.readouterr().err


def test_without_scripts_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert run_vivado(tmp_path, []) == 0


@pytest.mark.parametrize("status", [0, 3])
def test_vivado_on_the_path_is_run(tmp_path, capsys, monkeypatch, status):
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "vivado"
    program.write_text(f'#!/bin/sh\necho "$@" > ran\nexit {status}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    assert run_vivado(tmp_path, ["package"]) == (1 if status else 0)
    assert "-mode batch -source package.tcl" in (tmp_path / "ran").read_text()
    assert ("exited with status 3" in capsys.readouterr().out) == bool(status)
