import shutil

import pytest
from vivado_commands import check_script
from vivado_stub import interpreter, run_tcl

from hypgcn.vivado.package_tcl import revision, vlnv


def test_commands_are_known(emitted):
    check_script((emitted[0] / "package.tcl").read_text())


@pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")
def test_ip_is_complete(emitted, tmp_path):
    folder, emission, settings = emitted
    project = tmp_path / "project"
    shutil.copytree(folder, project)
    ports = [port["name"] for port in emission.sidecar["ports"]]
    calls = run_tcl(project / "package.tcl", ports=ports, folder=tmp_path)
    files = {name for name in emission.files if "/" not in name} | {"hypgcn.xdc", "hypgcn_ooc.xdc"}
    assert {path.name for path in (project / "ip/src").iterdir()} == files
    memories = {f"src/{name}" for name in files if name.endswith(".mem")}
    assert memories
    assert sorted(words for name, words in calls if name == "ipx::add_file") == sorted(
        [name, group] for name in memories
        for group in ("xilinx_anylanguagesynthesis", "xilinx_anylanguagebehavioralsimulation"))
    buses = [words for name, words in calls if name == "ipx::associate_bus_interfaces"]
    assert [words[words.index("-busif") + 1] for words in buses[:-1]] == ["s_axis", "m_axis", "s_axi_control"]
    assert ["RANGE", "4096"] in [words[:2] for name, words in calls if name == "set_property"]
    assert ("set_property", ["DRIVER_VALUE", "15", "s_axis_tkeep"]) in calls
    assert calls[-2][0] == "ipx::save_core"
    assert vlnv(settings) == "hypgcn:accelerator:hypgcn:" + vlnv(settings).rpartition(":")[2]
    run_tcl(project / "package.tcl", ports=ports, folder=tmp_path)  # again, over the first
    text = (project / "package.tcl").read_text()
    for old, new, message in (("-busif m_axis -clock aclk", "-busif m_axis -clock clk", "no port clk"),
                              ("-busif m_axis", "-busif out", "no bus out"),
                              ("-reset aresetn", "-reset rst", "no port rst"),
                              ("behavioralsimulation", "simulation", "no file group")):
        assert old in text
        (project / "package.tcl").write_text(text.replace(old, new))
        with pytest.raises(ValueError, match=message):
            run_tcl(project / "package.tcl", ports=ports, folder=tmp_path)


def test_buses_are_those_of_the_core(emitted):
    ports = {port["name"] for port in emitted[1].sidecar["ports"]}
    assert {"aclk", "aresetn", "irq", "s_axis_tdata", "m_axis_tdata", "s_axi_control_awaddr"} <= ports


def test_other_sources_are_another_revision(emitted):
    folder, emission, settings = emitted
    number = revision(emission.files)
    assert 0 <= number < 1 << 28
    assert f"set_property CORE_REVISION {number} " in (folder / "package.tcl").read_text()
    name = next(iter(emission.files))
    assert number == revision(dict(reversed(emission.files.items())))
    assert number != revision({**emission.files, name: emission.files[name] + " "})
