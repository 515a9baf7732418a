"""Tcl that the example block designs share: project, core and AXI DMA, interrupts, wrapper."""

from .package_tcl import vlnv
from .settings import VivadoSettings

__all__ = ["ADDRESS_BITS", "CORE", "DMA", "connect", "core_and_dma", "interrupts", "new_design", "wrapper"]

CORE = "hypgcn"
"""Cell of the core in every block design, whatever the IP is called: drivers and PYNQ find it by this name."""
DMA = "dma"
"""Cell of the AXI DMA, likewise."""
ADDRESS_BITS = 40
"""Bits of an address of the DMA: the physical addresses of Zynq UltraScale+ (UG1085), 1 TiB."""


def new_design(settings: VivadoSettings, project: str, prepare: str = "") -> str:
    """Tcl that makes a project for the packaged IP and an empty block design ``system`` in it.

    Parameters
    ----------
    settings : VivadoSettings
        Part and names.
    project : str
        Name of the project and, in ``build``, of its folder.
    prepare : str
        Tcl between the two.
    """
    return f"""\
set here [file dirname [file normalize [info script]]]
if {{![file exists [file join $here ip component.xml]]}} {{
    error "no IP in ip/: source package.tcl first"
}}
create_project -force {settings.name}_{project} [file join $here build {project}] -part {settings.part}
{prepare}set_property IP_REPO_PATHS [list [file join $here ip]] [current_project]
update_ip_catalog -rebuild
create_bd_design system
"""


def core_and_dma(settings: VivadoSettings, memory_width: int) -> str:
    """Tcl of the core between the two channels of an AXI DMA, with a switch for registers and one to memory.

    The DMA is as the drivers expect it: direct register mode, the longest length register, addresses of
    :data:`ADDRESS_BITS`.

    Parameters
    ----------
    settings : VivadoSettings
        Name of the IP and width of its input stream.
    memory_width : int
        Bits of the port to memory; the read side is at least as wide as the stream.
    """
    return f"""\
create_bd_cell -type ip -vlnv {vlnv(settings)} {CORE}
create_bd_cell -type ip -vlnv xilinx.com:ip:axi_dma:7.1 {DMA}
set_property -dict [list CONFIG.c_include_sg 0 CONFIG.c_sg_length_width 26 CONFIG.c_addr_width {ADDRESS_BITS} \\
    CONFIG.c_include_mm2s_dre 1 CONFIG.c_include_s2mm_dre 1 \\
    CONFIG.c_m_axi_mm2s_data_width {max(memory_width, settings.bus_width)} \\
    CONFIG.c_m_axis_mm2s_tdata_width {settings.bus_width} CONFIG.c_m_axi_s2mm_data_width {memory_width}] \\
    [get_bd_cells {DMA}]
create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect:1.0 registers
set_property -dict [list CONFIG.NUM_SI 1 CONFIG.NUM_MI 2] [get_bd_cells registers]
create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect:1.0 to_memory
set_property -dict [list CONFIG.NUM_SI 2 CONFIG.NUM_MI 1] [get_bd_cells to_memory]

connect_bd_intf_net [get_bd_intf_pins registers/M00_AXI] [get_bd_intf_pins {CORE}/s_axi_control]
connect_bd_intf_net [get_bd_intf_pins registers/M01_AXI] [get_bd_intf_pins {DMA}/S_AXI_LITE]
connect_bd_intf_net [get_bd_intf_pins {DMA}/M_AXIS_MM2S] [get_bd_intf_pins {CORE}/s_axis]
connect_bd_intf_net [get_bd_intf_pins {CORE}/m_axis] [get_bd_intf_pins {DMA}/S_AXIS_S2MM]
connect_bd_intf_net [get_bd_intf_pins {DMA}/M_AXI_MM2S] [get_bd_intf_pins to_memory/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins {DMA}/M_AXI_S2MM] [get_bd_intf_pins to_memory/S01_AXI]

set clocks {{{CORE}/aclk {DMA}/s_axi_lite_aclk {DMA}/m_axi_mm2s_aclk {DMA}/m_axi_s2mm_aclk \\
    registers/aclk to_memory/aclk}}
set resets {{{CORE}/aresetn {DMA}/axi_resetn registers/aresetn to_memory/aresetn}}
"""


def connect(driver: str, pins: str) -> str:
    """Tcl that connects ``driver`` to every pin of the list ``pins``, both as words of Tcl."""
    return f"""\
foreach pin {pins} {{
    connect_bd_net {driver} [get_bd_pins $pin]
}}
"""


def interrupts() -> str:
    """Tcl that makes the vector of interrupts: bit 0 the core, 1 and 2 the DMA's read and write.

    Newer releases of Vivado offer concatenation as inline HDL (UG994, "Inline HDL"), older ones only as the IP
    ``xlconcat`` (PB041); the catalogue shows which one this Vivado has.
    """
    return f"""\
if {{[llength [get_ipdefs -all xilinx.com:inline_hdl:ilconcat:*]] > 0}} {{
    create_bd_cell -type inline_hdl -vlnv xilinx.com:inline_hdl:ilconcat:1.0 interrupts
}} else {{
    create_bd_cell -type ip -vlnv xilinx.com:ip:xlconcat:2.1 interrupts
}}
set_property CONFIG.NUM_PORTS 3 [get_bd_cells interrupts]
connect_bd_net [get_bd_pins {CORE}/irq] [get_bd_pins interrupts/In0]
connect_bd_net [get_bd_pins {DMA}/mm2s_introut] [get_bd_pins interrupts/In1]
connect_bd_net [get_bd_pins {DMA}/s2mm_introut] [get_bd_pins interrupts/In2]
"""


def wrapper() -> str:
    """Tcl that checks the block design, and makes its wrapper the top module."""
    return """\
validate_bd_design
save_bd_design
set wrapper [make_wrapper -files [get_files system.bd] -top]
add_files -norecurse -fileset sources_1 $wrapper
set_property TOP system_wrapper [get_filesets sources_1]
update_compile_order -fileset sources_1
close_project
"""
