import random
import re
import shutil

import pytest
from vivado_commands import check_script
from vivado_stub import interpreter, run_tcl

from hypgcn.vivado import VivadoSettings
from hypgcn.vivado.package_tcl import package_tcl, revision, vlnv
from hypgcn.vivado.project import sources_of


def test_commands_are_known(emitted):
    check_script((emitted[0] / "package.tcl").read_text(encoding="utf-8"))


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
    text = (project / "package.tcl").read_text(encoding="utf-8")
    for old, new, message in (("-busif m_axis -clock aclk", "-busif m_axis -clock clk", "no port clk"),
                              ("-busif m_axis", "-busif out", "no bus out"),
                              ("-reset aresetn", "-reset rst", "no port rst"),
                              ("behavioralsimulation", "simulation", "no file group")):
        assert old in text
        (project / "package.tcl").write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            run_tcl(project / "package.tcl", ports=ports, folder=tmp_path)


def test_buses_are_those_of_the_core(emitted):
    ports = {port["name"] for port in emitted[1].sidecar["ports"]}
    assert {"aclk", "aresetn", "irq", "s_axis_tdata", "m_axis_tdata", "s_axi_control_awaddr"} <= ports


def test_other_sources_are_another_revision(emitted):
    folder, emission, settings = emitted
    number = revision(emission.files)
    assert 0 <= number < 1 << 28
    assert f"set_property CORE_REVISION {number} " in (folder / "package.tcl").read_text(encoding="utf-8")
    name = next(iter(emission.files))
    assert number == revision(dict(reversed(emission.files.items())))
    assert number != revision({**emission.files, name: emission.files[name] + " "})


@pytest.mark.parametrize(("part", "mac", "own", "others", "without"), [
    ("xc7k325tffg900-2", "single", "kintex7", {"zynq", "kintexu", "versal"}, set()),
    ("xczu28dr-ffvg1517-2-e", "dsp48e2", "zynquplusRFSOC", {"kintexu", "virtexuplusHBM"}, {"kintex7", "zynq"}),
    ("xcvu37p-fsvh2892-2L-e", "dsp48e2", "virtexuplusHBM", {"kintexu", "zynquplusRFSOC"}, {"artix7"}),
    ("xa7a35tcpg236-1", "single", "aartix7", {"artix7"}, set()),
    ("xc7a100tcsg324-1", "dsp48e1", "artix7", {"zynq", "aartix7"}, {"kintexu", "versal"}),
    ("xcvc1902-vsva2197-2MP-e-S", "inferred", "versalaicore", {"versal", "kintexu"}, {"zynq"}),
])
def test_families_follow_from_the_part_and_the_multipliers(part, mac, own, others, without):
    """The supported families were a fixed list without those of many parts."""
    text = package_tcl(VivadoSettings(part=part), {"rtl": [], "memory": []}, "design d", 1, [mac])
    words = re.search(r"set_property SUPPORTED_FAMILIES \{(.*?)\} ", text, re.DOTALL)[1].split()
    assert words[0] == own and set(words[1::2]) == {"Production"}
    assert others <= set(words) and not without & set(words)


@pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")
def test_the_name_of_a_design_never_leaves_its_word(emitted, tmp_path):
    """Names that a design is refused for (a project may be written without one), and odd ones that it may have."""
    folder, emission, settings = emitted
    rng = random.Random(4)
    ports = [port["name"] for port in emission.sidecar["ports"]]
    names = ["x}; exec touch owned; set y {", "[exit 3]", "$here", "a\\", '"', "a\nexit", "\u00dcbung; \u9aa8"]
    names += ["".join(rng.choice("ab {}[]$;\"\\\n#\u00e9") for _ in range(9)) for _ in range(6)]
    project = tmp_path / "project"
    shutil.copytree(folder, project)
    for name in names:
        (project / "package.tcl").write_text(
            package_tcl(settings, sources_of(emission), name, 1, ["dsp48e2"]), encoding="ascii")
        calls = run_tcl(project / "package.tcl", ports=ports, folder=tmp_path)
        assert len(calls) == len(run_tcl(folder / "package.tcl", ports=ports, folder=tmp_path)) and not (
            project / "owned").exists()
