"""Tcl of an example block design: the core between the two channels of an AXI DMA."""

from .package_tcl import vlnv
from .settings import VivadoSettings

__all__ = ["ADDRESSES", "block_design_tcl"]

ADDRESSES = {"core": 0x0000_0000, "dma": 0x0001_0000}
"""Byte offsets of the registers from the base of the control port."""


def block_design_tcl(settings: VivadoSettings) -> str:
    """Text of ``block_design.tcl``.

    The example is a subsystem for any device: an AXI4-Lite port for the registers of the core and of the DMA, an AXI4
    port to memory, one clock, one reset, and the three interrupts as a vector. A processing system, PCIe or a memory
    controller is connected outside.
    """
    return f"""\
# Example block design: AXI DMA moves clips from memory to the core and scores back.
#   vivado -mode batch -source package.tcl          first, because it makes the IP
#   vivado -mode batch -source block_design.tcl
set here [file dirname [file normalize [info script]]]
if {{![file exists [file join $here ip component.xml]]}} {{
    error "no IP in ip/: source package.tcl first"
}}
create_project -force {settings.name}_system [file join $here build system] -part {settings.part}
set_property IP_REPO_PATHS [list [file join $here ip]] [current_project]
update_ip_catalog -rebuild

create_bd_design system
set aclk [create_bd_port -dir I -type clk -freq_hz {round(settings.mhz * 1e6)} aclk]
set aresetn [create_bd_port -dir I -type rst aresetn]
set_property CONFIG.ASSOCIATED_RESET aresetn $aclk
set_property CONFIG.ASSOCIATED_BUSIF {{S_AXI:M_AXI}} $aclk
set irq [create_bd_port -dir O -from 2 -to 0 -type intr irq]
set control [create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:aximm_rtl:1.0 S_AXI]
set_property -dict {{CONFIG.ADDR_WIDTH 32 CONFIG.DATA_WIDTH 32 CONFIG.PROTOCOL AXI4LITE}} $control
set memory [create_bd_intf_port -mode Master -vlnv xilinx.com:interface:aximm_rtl:1.0 M_AXI]
set_property -dict {{CONFIG.ADDR_WIDTH 32 CONFIG.DATA_WIDTH 64 CONFIG.PROTOCOL AXI4}} $memory

create_bd_cell -type ip -vlnv {vlnv(settings)} core
create_bd_cell -type ip -vlnv xilinx.com:ip:axi_dma:7.1 dma
set_property -dict [list CONFIG.c_include_sg 0 CONFIG.c_sg_length_width 26 CONFIG.c_include_mm2s_dre 1 \\
    CONFIG.c_include_s2mm_dre 1 CONFIG.c_m_axi_mm2s_data_width {max(64, settings.bus_width)} \\
    CONFIG.c_m_axis_mm2s_tdata_width {settings.bus_width} CONFIG.c_m_axi_s2mm_data_width 64] [get_bd_cells dma]
create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect:1.0 registers
set_property -dict [list CONFIG.NUM_SI 1 CONFIG.NUM_MI 2] [get_bd_cells registers]
create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect:1.0 to_memory
set_property -dict [list CONFIG.NUM_SI 2 CONFIG.NUM_MI 1] [get_bd_cells to_memory]
create_bd_cell -type ip -vlnv xilinx.com:ip:xlconcat:2.1 interrupts
set_property CONFIG.NUM_PORTS 3 [get_bd_cells interrupts]

connect_bd_intf_net [get_bd_intf_ports S_AXI] [get_bd_intf_pins registers/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins registers/M00_AXI] [get_bd_intf_pins core/s_axi_control]
connect_bd_intf_net [get_bd_intf_pins registers/M01_AXI] [get_bd_intf_pins dma/S_AXI_LITE]
connect_bd_intf_net [get_bd_intf_pins dma/M_AXIS_MM2S] [get_bd_intf_pins core/s_axis]
connect_bd_intf_net [get_bd_intf_pins core/m_axis] [get_bd_intf_pins dma/S_AXIS_S2MM]
connect_bd_intf_net [get_bd_intf_pins dma/M_AXI_MM2S] [get_bd_intf_pins to_memory/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins dma/M_AXI_S2MM] [get_bd_intf_pins to_memory/S01_AXI]
connect_bd_intf_net [get_bd_intf_pins to_memory/M00_AXI] [get_bd_intf_ports M_AXI]

foreach pin {{core/aclk dma/s_axi_lite_aclk dma/m_axi_mm2s_aclk dma/m_axi_s2mm_aclk registers/aclk to_memory/aclk}} {{
    connect_bd_net [get_bd_ports aclk] [get_bd_pins $pin]
}}
foreach pin {{core/aresetn dma/axi_resetn registers/aresetn to_memory/aresetn}} {{
    connect_bd_net [get_bd_ports aresetn] [get_bd_pins $pin]
}}
connect_bd_net [get_bd_pins core/irq] [get_bd_pins interrupts/In0]
connect_bd_net [get_bd_pins dma/mm2s_introut] [get_bd_pins interrupts/In1]
connect_bd_net [get_bd_pins dma/s2mm_introut] [get_bd_pins interrupts/In2]
connect_bd_net [get_bd_pins interrupts/dout] [get_bd_ports irq]

assign_bd_address -offset 0x{ADDRESSES["core"]:08X} -range 4K [get_bd_addr_segs core/s_axi_control/reg0]
assign_bd_address -offset 0x{ADDRESSES["dma"]:08X} -range 64K [get_bd_addr_segs dma/S_AXI_LITE/Reg]
assign_bd_address -offset 0x00000000 -range 4G [get_bd_addr_segs M_AXI/Reg]
validate_bd_design
save_bd_design
set wrapper [make_wrapper -files [get_files system.bd] -top]
add_files -norecurse -fileset sources_1 $wrapper
set_property TOP system_wrapper [get_filesets sources_1]
update_compile_order -fileset sources_1
close_project
"""
