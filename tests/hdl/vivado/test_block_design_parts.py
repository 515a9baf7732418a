import re

import pytest

from contracts.tree import ROOT
from hypgcn.vivado import VivadoSettings
from hypgcn.vivado.block_design_parts import ADDRESS_BITS, connect, core_and_dma


@pytest.mark.parametrize(("bus_width", "memory", "read"), [(8, 64, 64), (32, 128, 128), (128, 64, 128)])
def test_the_dma_fits_stream_and_memory(bus_width, memory, read):
    text = core_and_dma(VivadoSettings(bus_width=bus_width), memory)
    assert f"c_m_axis_mm2s_tdata_width {bus_width} " in text
    assert f"c_m_axi_mm2s_data_width {read} " in text
    assert f"c_m_axi_s2mm_data_width {memory}]" in text


def test_the_dma_takes_what_its_driver_gives_it():
    text = core_and_dma(VivadoSettings(), 64)
    width = int(re.search(r"c_sg_length_width (\d+)", text)[1])
    driver = (ROOT / "firmware/c/hypgcn_axidma.c").read_text(encoding="utf-8")
    limit = re.search(r"#define MAX_LENGTH (0x\w+)u", driver)[1]
    assert int(limit, 16) == (1 << width) - 1
    assert "c_include_sg 0 " in text  # the driver uses direct register mode
    assert f"c_addr_width {ADDRESS_BITS} " in text
    assert 1 << ADDRESS_BITS > 0x8_0000_0000  # DDR above 2 GiB of Zynq UltraScale+


def test_pins_are_connected_one_by_one():
    assert connect("$aclk", "$clocks") == "foreach pin $clocks {\n    connect_bd_net $aclk [get_bd_pins $pin]\n}\n"
