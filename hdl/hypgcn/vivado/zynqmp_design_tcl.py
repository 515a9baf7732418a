"""Tcl of an example block design for Zynq UltraScale+: processing system, AXI DMA and the core."""

from ..planning.part import Part
from .block_design_parts import CORE, DMA, connect, core_and_dma, interrupts, new_design, wrapper
from .settings import VivadoSettings

__all__ = ["ADDRESSES", "has_processing_system", "zynqmp_design_tcl"]

ADDRESSES = {CORE: 0xA000_0000, DMA: 0xA001_0000}
"""Physical addresses of the registers, in the window of M_AXI_HPM0_FPD (UG1085, system address map)."""
WIDTH = 128
"""Bits of the ports of the processing system: those after reset. Software must set up any other (UG1085, registers
AFIFM and AFI_FS), which a design that is loaded into a running system cannot count on."""


def has_processing_system(part: str) -> bool:
    """Whether ``part`` is a Zynq UltraScale+ (MPSoC, RFSoC or Kria module, commercial or not)."""
    return Part.parse(part).family.name in ("zynquplus", "zynquplusRFSOC")


def zynqmp_design_tcl(settings: VivadoSettings) -> str:
    """Text of ``block_design_zynqmp.tcl``.

    The whole design of a board with a Zynq UltraScale+: its processing system gives the clock and the reset, reaches
    the registers through M_AXI_HPM0_FPD and takes the interrupts; the DMA reaches its memory through S_AXI_HP0_FPD. A
    board's preset, where one is named, sets up DDR and pins of the processing system.
    """
    return f"""\
# Example for Zynq UltraScale+: the processing system, an AXI DMA, and the core.
# Registers: core 0x{ADDRESSES[CORE]:08X}, DMA 0x{ADDRESSES[DMA]:08X}.
# Interrupts, pl_ps_irq0[2:0]: core, DMA read, DMA write.
#   vivado -mode batch -source package.tcl                        first, because it makes the IP
#   vivado -mode batch -source block_design_zynqmp.tcl            or: -tclargs BOARD_PART, for the preset of a board
{new_design(settings, "zynqmp", _BOARD)}
create_bd_cell -type ip -vlnv xilinx.com:ip:zynq_ultra_ps_e ps
if {{$board ne ""}} {{
    apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e -config {{apply_board_preset 1}} [get_bd_cells ps]
}}
set_property -dict [list CONFIG.PSU__FPGA_PL0_ENABLE 1 CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ {settings.mhz:g} \\
    CONFIG.PSU__NUM_FABRIC_RESETS 1 CONFIG.PSU__USE__IRQ0 1 \\
    CONFIG.PSU__USE__M_AXI_GP0 1 CONFIG.PSU__MAXIGP0__DATA_WIDTH {WIDTH} \\
    CONFIG.PSU__USE__M_AXI_GP1 0 CONFIG.PSU__USE__M_AXI_GP2 0 \\
    CONFIG.PSU__USE__S_AXI_GP2 1 CONFIG.PSU__SAXIGP2__DATA_WIDTH {WIDTH}] [get_bd_cells ps]
puts "clock of the core: [get_property CONFIG.FREQ_HZ [get_bd_pins ps/pl_clk0]] Hz, {settings.mhz:g} MHz requested"
create_bd_cell -type ip -vlnv xilinx.com:ip:proc_sys_reset:5.0 reset

{core_and_dma(settings, WIDTH)}lappend clocks ps/maxihpm0_fpd_aclk ps/saxihp0_fpd_aclk reset/slowest_sync_clk
{connect("[get_bd_pins ps/pl_clk0]", "$clocks")}{connect("[get_bd_pins reset/peripheral_aresetn]", "$resets")}\
connect_bd_net [get_bd_pins ps/pl_resetn0] [get_bd_pins reset/ext_reset_in]
connect_bd_intf_net [get_bd_intf_pins ps/M_AXI_HPM0_FPD] [get_bd_intf_pins registers/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins to_memory/M00_AXI] [get_bd_intf_pins ps/S_AXI_HP0_FPD]
{interrupts()}connect_bd_net [get_bd_pins interrupts/dout] [get_bd_pins ps/pl_ps_irq0]

assign_bd_address -offset 0x{ADDRESSES[CORE]:08X} -range 4K -target_address_space [get_bd_addr_spaces ps/Data] \\
    [get_bd_addr_segs {CORE}/s_axi_control/reg0]
assign_bd_address -offset 0x{ADDRESSES[DMA]:08X} -range 64K -target_address_space [get_bd_addr_spaces ps/Data] \\
    [get_bd_addr_segs {DMA}/S_AXI_LITE/Reg]
# The processing system has fixed addresses for its memories; the DMA reaches DDR only.
foreach space {{{DMA}/Data_MM2S {DMA}/Data_S2MM}} {{
    foreach segment [get_bd_addr_segs ps/SAXIGP2/*] {{
        if {{[string match *HP0_DDR_* $segment]}} {{
            assign_bd_address -target_address_space [get_bd_addr_spaces $space] $segment
        }} else {{
            exclude_bd_addr_seg -target_address_space [get_bd_addr_spaces $space] $segment
        }}
    }}
}}
{wrapper()}"""


_BOARD = """\
set board ""
if {[info exists argv] && [llength $argv] > 0} {
    set board [lindex $argv 0]
    set_property BOARD_PART $board [current_project]
}
"""
