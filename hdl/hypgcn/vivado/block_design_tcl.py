"""Tcl of an example block design for any device: the core between the two channels of an AXI DMA."""

from .block_design_parts import ADDRESS_BITS, CORE, DMA, connect, core_and_dma, interrupts, new_design, wrapper
from .settings import VivadoSettings

__all__ = ["ADDRESSES", "block_design_tcl"]

ADDRESSES = {CORE: 0x0000_0000, DMA: 0x0001_0000}
"""Byte offsets of the registers from the base of the control port."""
MEMORY_WIDTH = 64
"""Bits of the port to memory."""


def block_design_tcl(settings: VivadoSettings) -> str:
    """Text of ``block_design.tcl``.

    The example is a subsystem for any device: an AXI4-Lite port for the registers of the core and of the DMA, an AXI4
    port to memory, one clock, one reset, and the three interrupts as a vector. A processing system, PCIe or a memory
    controller is connected outside. Vivado takes 100 MHz for a bus without a frequency, and refuses one that differs
    from its clock's: every port has it.
    """
    return f"""\
# Example block design: AXI DMA moves clips from memory to the core and scores back.
#   vivado -mode batch -source package.tcl          first, because it makes the IP
#   vivado -mode batch -source block_design.tcl
{new_design(settings, "system")}
set hz {round(settings.mhz * 1e6)}
set aclk [create_bd_port -dir I -type clk -freq_hz $hz aclk]
set aresetn [create_bd_port -dir I -type rst aresetn]
set_property CONFIG.ASSOCIATED_RESET aresetn $aclk
set_property CONFIG.ASSOCIATED_BUSIF {{S_AXI:M_AXI}} $aclk
set irq [create_bd_port -dir O -from 2 -to 0 -type intr irq]
set control [create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:aximm_rtl:1.0 S_AXI]
set_property -dict [list CONFIG.ADDR_WIDTH 32 CONFIG.DATA_WIDTH 32 CONFIG.PROTOCOL AXI4LITE CONFIG.FREQ_HZ $hz] $control
set memory [create_bd_intf_port -mode Master -vlnv xilinx.com:interface:aximm_rtl:1.0 M_AXI]
set_property -dict [list CONFIG.ADDR_WIDTH {ADDRESS_BITS} CONFIG.DATA_WIDTH {MEMORY_WIDTH} CONFIG.PROTOCOL AXI4 \\
    CONFIG.FREQ_HZ $hz] $memory

{core_and_dma(settings, MEMORY_WIDTH)}{connect("$aclk", "$clocks")}{connect("$aresetn", "$resets")}\
connect_bd_intf_net [get_bd_intf_ports S_AXI] [get_bd_intf_pins registers/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins to_memory/M00_AXI] [get_bd_intf_ports M_AXI]
{interrupts()}connect_bd_net [get_bd_pins interrupts/dout] $irq

assign_bd_address -offset 0x{ADDRESSES[CORE]:08X} -range 4K [get_bd_addr_segs {CORE}/s_axi_control/reg0]
assign_bd_address -offset 0x{ADDRESSES[DMA]:08X} -range 64K [get_bd_addr_segs {DMA}/S_AXI_LITE/Reg]
assign_bd_address -offset 0x00000000 -range 0x{1 << ADDRESS_BITS:X} [get_bd_addr_segs M_AXI/Reg]
{wrapper()}"""
