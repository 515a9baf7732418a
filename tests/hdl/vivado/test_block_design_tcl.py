import re
import shutil

import pytest
from vivado_commands import check_script
from vivado_stub import interpreter, run_tcl

from contracts.tree import ROOT
from hypgcn.vivado import VivadoSettings
from hypgcn.vivado.block_design_tcl import block_design_tcl

needs_tcl = pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")


@pytest.fixture
def project(emitted, tmp_path):
    """Copy of a project whose IP is packaged."""
    folder = tmp_path / "project"
    shutil.copytree(emitted[0], folder)
    run_tcl(folder / "package.tcl", ports=[port["name"] for port in emitted[1].sidecar["ports"]], folder=tmp_path)
    return folder


def test_commands_are_known(emitted):
    check_script((emitted[0] / "block_design.tcl").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("bus_width", "memory"), [(8, 64), (32, 64), (128, 128)])
def test_memory_side_is_no_narrower_than_the_stream(bus_width, memory):
    text = block_design_tcl(VivadoSettings(bus_width=bus_width))
    assert f"c_m_axis_mm2s_tdata_width {bus_width} " in text
    assert f"c_m_axi_mm2s_data_width {memory} " in text


@needs_tcl
def test_the_ip_comes_first(emitted, tmp_path):
    # A folder of its own: tests of the same worker package the shared one.
    (tmp_path / "project").mkdir()
    shutil.copy(emitted[0] / "block_design.tcl", tmp_path / "project")
    with pytest.raises(ValueError, match=r"source package.tcl first"):
        run_tcl(tmp_path / "project" / "block_design.tcl", folder=tmp_path)


@needs_tcl
@pytest.mark.parametrize("mhz", [25, 100, 172.4, 333.333333])
def test_every_bus_has_the_frequency_of_its_clock(mhz, project, tmp_path):
    """Case 9: any clock but 100 MHz was refused by validate_bd_design, for the ports had no frequency."""
    text = block_design_tcl(VivadoSettings(mhz=mhz))
    (project / "block_design.tcl").write_text(text, encoding="utf-8")
    calls = run_tcl(project / "block_design.tcl", folder=tmp_path)
    hertz = str(round(mhz * 1e6))
    assert [words[words.index("-freq_hz") + 1] for _, words in calls if "-freq_hz" in words] == [hertz]
    buses = {words[-1]: words[-2].split() for name, words in calls
             if name == "set_property" and "FREQ_HZ" in str(words)}
    assert {bus: values[values.index("CONFIG.FREQ_HZ") + 1] for bus, values in buses.items()} == {
        "S_AXI": hertz, "M_AXI": hertz}
    if mhz != 100:
        (project / "block_design.tcl").write_text(text.replace(" CONFIG.FREQ_HZ $hz] $control", "] $control"),
                                                  encoding="utf-8")
        with pytest.raises(ValueError, match=r"FREQ_HZ does not match between S_AXI \(100000000\) and aclk"):
            run_tcl(project / "block_design.tcl", folder=tmp_path)


@needs_tcl
@pytest.mark.parametrize("inline", [False, True])
def test_concatenation_is_of_this_vivado(inline, project, tmp_path):
    catalogue = "xilinx.com:inline_hdl:ilconcat:1.0" if inline else "xilinx.com:ip:xlconcat:2.1"
    calls = run_tcl(project / "block_design.tcl", catalogue=(catalogue,), folder=tmp_path)
    (words,) = [words for name, words in calls if name == "create_bd_cell" and words[-1] == "interrupts"]
    assert words == ["-type", "inline_hdl" if inline else "ip", "-vlnv", catalogue, "interrupts"]
    with pytest.raises(ValueError, match=r"no IP xilinx.com:ip:xlconcat:2.1"):
        run_tcl(project / "block_design.tcl", catalogue=(), folder=tmp_path)


@needs_tcl
def test_everything_is_connected(project, tmp_path):
    calls = run_tcl(project / "block_design.tcl", folder=tmp_path)
    assert [name for name, _ in calls].count("validate_bd_design") == 1
    # The stub finds what is not connected, and pins that an IP does not have.
    text = (project / "block_design.tcl").read_text(encoding="utf-8")
    for old, new, message in (
        ("connect_bd_net [get_bd_pins hypgcn/irq] [get_bd_pins interrupts/In0]", "",
         "(hypgcn/irq|interrupts/In0) is not connected"),
        ("{hypgcn/aclk ", "{", "hypgcn/aclk is not connected"),
        ("dma/S_AXI_LITE]", "dma/S_AXI]", "no pin dma/S_AXI"),
        ("-type ip -vlnv xilinx.com:ip:axi_dma:7.1", "-type ip", "create_bd_cell"),
        ("dma/M_AXIS_MM2S] [get_bd_intf_pins hypgcn/s_axis]",
         "dma/M_AXIS_MM2S] [get_bd_intf_pins hypgcn/m_axis]", "dma/M_AXIS_MM2S and hypgcn/m_axis do not fit"),
        ("[get_bd_intf_ports S_AXI] [get_bd_intf_pins registers/S00_AXI]",
         "[get_bd_intf_ports M_AXI] [get_bd_intf_pins registers/S00_AXI]", "M_AXI and registers/S00_AXI do not fit"),
        ("hypgcn/s_axis]", "hypgcn/s_axi_control]", "do not fit|is connected twice"),
        ("-offset 0x00010000", "-offset 0x00000000", "dma/S_AXI_LITE/Reg overlaps hypgcn/s_axi_control/reg0"),
        ("-offset 0x00010000", "-offset 0x00008000", "dma/S_AXI_LITE/Reg is not at a multiple of its size"),
    ):
        assert old in text
        (project / "block_design.tcl").write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            run_tcl(project / "block_design.tcl", folder=tmp_path)


@pytest.mark.parametrize("name", ["hypgcn", "my_core"])
def test_the_core_has_one_name(name):
    """Case 24: documentation and drivers find the core by a name that our own block design does not give it."""
    cells = set(re.findall(r"^create_bd_cell .* (\w+)$", block_design_tcl(VivadoSettings(name=name)), re.MULTILINE))
    sources = [*(ROOT / "docs").glob("*.md"), ROOT / "firmware/hypgcn_host/pynq.py"]
    texts = "".join(path.read_text(encoding="utf-8") for path in sources)
    assert set(re.findall(r"ip_dict\[\"(\w+)\"\]", texts)) == {"hypgcn"} <= cells
    assert "dma" in cells
