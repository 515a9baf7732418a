import re
import shutil

import pytest
from vivado_commands import check_script
from vivado_stub import interpreter, run_tcl

from contracts.tree import ROOT
from hypgcn.vivado import VivadoSettings
from hypgcn.vivado.block_design_tcl import block_design_tcl

needs_tcl = pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")


def test_commands_are_known(emitted):
    check_script((emitted[0] / "block_design.tcl").read_text())


@pytest.mark.parametrize(("bus_width", "memory"), [(8, 64), (32, 64), (128, 128)])
def test_memory_side_is_no_narrower_than_the_stream(bus_width, memory):
    text = block_design_tcl(VivadoSettings(bus_width=bus_width))
    assert f"c_m_axis_mm2s_tdata_width {bus_width} " in text
    assert f"c_m_axi_mm2s_data_width {memory} " in text


def test_the_dma_takes_what_its_driver_gives_it():
    width = int(re.search(r"c_sg_length_width (\d+)", block_design_tcl(VivadoSettings()))[1])
    limit = re.search(r"#define \w+_BYTES (0x\w+)u", (ROOT / "firmware/c/hypgcn_axidma.c").read_text())[1]
    assert int(limit, 16) == (1 << width) - 1


@needs_tcl
def test_everything_is_connected(emitted, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(emitted[0], project)
    with pytest.raises(ValueError, match=r"source package.tcl first"):
        run_tcl(project / "block_design.tcl", folder=tmp_path)
    run_tcl(project / "package.tcl", ports=[port["name"] for port in emitted[1].sidecar["ports"]], folder=tmp_path)
    calls = run_tcl(project / "block_design.tcl", folder=tmp_path)
    assert [name for name, _ in calls].count("validate_bd_design") == 1
    # The stub finds what is not connected, and pins that an IP does not have.
    text = (project / "block_design.tcl").read_text()
    for old, new, message in (
        ("connect_bd_net [get_bd_pins core/irq] [get_bd_pins interrupts/In0]", "",
         "(core/irq|interrupts/In0) is not connected"),
        ("dma/S_AXI_LITE]", "dma/S_AXI]", "no pin dma/S_AXI"),
        ("-type ip -vlnv xilinx.com:ip:axi_dma:7.1", "-type ip", "create_bd_cell"),
        ("dma/M_AXIS_MM2S] [get_bd_intf_pins core/s_axis]", "dma/M_AXIS_MM2S] [get_bd_intf_pins core/m_axis]",
         "dma/M_AXIS_MM2S and core/m_axis do not fit"),
        ("[get_bd_intf_ports S_AXI] [get_bd_intf_pins registers/S00_AXI]",
         "[get_bd_intf_ports M_AXI] [get_bd_intf_pins registers/S00_AXI]", "M_AXI and registers/S00_AXI do not fit"),
        ("core/s_axis]", "core/s_axi_control]", "do not fit|is connected twice"),
        ("-offset 0x00010000", "-offset 0x00000000", "dma/S_AXI_LITE/Reg overlaps core/s_axi_control/reg0"),
        ("-offset 0x00010000", "-offset 0x00008000", "dma/S_AXI_LITE/Reg is not at a multiple of its size"),
    ):
        assert old in text
        (project / "block_design.tcl").write_text(text.replace(old, new))
        with pytest.raises(ValueError, match=message):
            run_tcl(project / "block_design.tcl", folder=tmp_path)
