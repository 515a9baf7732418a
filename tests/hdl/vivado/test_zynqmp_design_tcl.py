import re
import shutil

import pytest
from vivado_commands import check_script
from vivado_stub import interpreter, run_tcl

from contracts.tree import ROOT
from hypgcn.vivado import VivadoSettings
from hypgcn.vivado.project import ZYNQMP, vivado_files
from hypgcn.vivado.zynqmp_design_tcl import ADDRESSES, has_processing_system, zynqmp_design_tcl

needs_tcl = pytest.mark.skipif(interpreter() is None, reason="there is neither tclsh nor a tkinter with its Tcl")
SETTINGS = VivadoSettings(part="xczu7ev-ffvc1156-2-e", mhz=187.5)


@pytest.fixture
def project(emitted, tmp_path):
    """Copy of a project for a Zynq UltraScale+ whose IP is packaged."""
    folder = tmp_path / "project"
    shutil.copytree(emitted[0], folder)
    (folder / ZYNQMP).write_text(zynqmp_design_tcl(SETTINGS), encoding="utf-8")
    run_tcl(folder / "package.tcl", ports=[port["name"] for port in emitted[1].sidecar["ports"]], folder=tmp_path)
    return folder


@pytest.mark.parametrize(("part", "expected"), [
    ("xczu7ev-ffvc1156-2-e", True), ("XCZU28DR-ffvg1517-2-e", True), ("xazu3eg-sfva625-1-i", True),
    ("xck26-sfvc784-2LV-c", True), ("xck24-ubva530-2LV-c", True), ("xqzu9eg-ffrc900-1-i", True),
    ("xcku115-flvb2104-2-e", False), ("xc7z020clg400-1", False), ("xcvu9p-flga2104-2-e", False),
    ("xcvc1902-vsva2197-2MP-e-S", False), ("xc7k325tffg900-2", False)])
def test_parts_with_a_processing_system(part, expected):
    assert has_processing_system(part) == expected


def test_the_script_is_there_for_parts_that_can_use_it(emitted):
    assert ZYNQMP in vivado_files(emitted[1], SETTINGS)
    assert ZYNQMP not in vivado_files(emitted[1], VivadoSettings())


def test_commands_are_known():
    check_script(zynqmp_design_tcl(SETTINGS))


def test_addresses_are_those_of_the_documentation():
    text = (ROOT / "docs/integration.md").read_text(encoding="utf-8")
    assert {int(address, 16) for address in re.findall(r"@(a\w{7}) \{", text)} == set(ADDRESSES.values())


@needs_tcl
@pytest.mark.parametrize("memories", ["HP0_DDR_LOW HP0_LPS_OCM HP0_QSPI",
                                      "HP0_DDR_LOW HP0_DDR_HIGH HP0_LPS_OCM HP0_QSPI HP0_PCIE_LOW"])
@pytest.mark.parametrize("board", [(), ("xilinx.com:zcu104:part0:1.1",)])
def test_everything_is_connected_and_mapped(board, memories, project, tmp_path):
    calls = run_tcl(project / ZYNQMP, arguments=board, prelude=f"set stub::memories {{{memories}}}", folder=tmp_path)
    names = [name for name, _ in calls]
    assert names.count("validate_bd_design") == names.count("make_wrapper") == 1
    assert names.count("apply_bd_automation") == len(board)
    spaces = [words[words.index("-target_address_space") + 1] for name, words in calls if name == "assign_bd_address"]
    each = 2 if "HIGH" in memories else 1
    assert spaces == ["ps/Data"] * 2 + ["dma/Data_MM2S"] * each + ["dma/Data_S2MM"] * each
    assert ["CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ", "187.5"] in [
        words[1].split()[2:4] for name, words in calls if name == "set_property" and "PSU__" in str(words)]


@needs_tcl
@pytest.mark.parametrize(("old", "new", "message"), [
    (" ps/saxihp0_fpd_aclk", "", "ps/saxihp0_fpd_aclk is not connected"),
    ("pl_ps_irq0]", "pl_ps_irq]", "no pin ps/pl_ps_irq"),
    ("connect_bd_net [get_bd_pins ps/pl_resetn0] [get_bd_pins reset/ext_reset_in]", "",
     "(ps/pl_resetn0|reset/ext_reset_in) is not connected"),
    ("[get_bd_intf_pins to_memory/M00_AXI] [get_bd_intf_pins ps/S_AXI_HP0_FPD]",
     "[get_bd_intf_pins to_memory/M00_AXI] [get_bd_intf_pins ps/M_AXI_HPM0_FPD]", "do not fit"),
    ("            exclude_bd_addr_seg", "            #", "HP0_LPS_OCM is neither assigned"),
    ("dma/Data_S2MM}", "dma/Data}", "neither assigned"),
    ("-offset 0xA0010000", "-offset 0xA0000000", "dma/S_AXI_LITE/Reg overlaps"),
])
def test_planted_faults_are_seen(old, new, message, project, tmp_path):
    text = (project / ZYNQMP).read_text(encoding="utf-8")
    assert old in text
    (project / ZYNQMP).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        run_tcl(project / ZYNQMP, folder=tmp_path)
