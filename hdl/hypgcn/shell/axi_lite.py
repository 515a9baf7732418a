"""AXI4-Lite slave in front of the register bank."""

from amaranth import *
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_int

__all__ = ["AXI_LITE_PORTS", "AxiLiteSlave", "axi_lite_ports"]


def axi_lite_ports(address_bits: int) -> dict:
    """Members of an AXI4-Lite slave with 32 data bits, by the lower-case names of the specification."""
    return {
        "awaddr": In(address_bits), "awprot": In(3), "awvalid": In(1), "awready": Out(1),
        "wdata": In(32), "wstrb": In(4), "wvalid": In(1), "wready": Out(1),
        "bresp": Out(2), "bvalid": Out(1), "bready": In(1),
        "araddr": In(address_bits), "arprot": In(3), "arvalid": In(1), "arready": Out(1),
        "rdata": Out(32), "rresp": Out(2), "rvalid": Out(1), "rready": In(1),
    }


AXI_LITE_PORTS = tuple(axi_lite_ports(1))
"""Names of these members."""


class AxiLiteSlave(wiring.Component):
    """Takes one write and one read at a time and passes them to a register bank.

    Address and data of a write may come in any order. ``awprot`` and ``arprot`` are ignored; the response is always
    OKAY. Throughput: a write every 3 cycles, a read every 3. Latency: 2 cycles from the address (and data) to the
    response. A held response keeps its value and blocks further transfers of its direction; reads and writes do not
    wait for each other. ``ready`` never waits for ``valid``, nor ``valid`` for ``ready``.

    Parameters
    ----------
    address_bits : int, >= 3
        Width of a byte address.

    Members
    -------
    awaddr, awprot, ... rready
        The signals of :func:`axi_lite_ports`.
    w_en : Out(1)
        A write, for one cycle.
    w_addr : Out(address_bits - 2)
        Number of the written word.
    w_data, w_strb : Out(32), Out(4)
        Written value and its byte strobes.
    r_en : Out(1)
        A read, for one cycle.
    r_addr : Out(address_bits - 2)
        Number of the word read.
    r_data : In(32)
        Value read, valid from the cycle after ``r_en`` until the next ``r_en``.
    """

    def __init__(self, address_bits: int):
        check_int("address_bits", address_bits, 3)
        self.address_bits = address_bits
        super().__init__({
            **axi_lite_ports(address_bits),
            "w_en": Out(1), "w_addr": Out(address_bits - 2), "w_data": Out(32), "w_strb": Out(4),
            "r_en": Out(1), "r_addr": Out(address_bits - 2), "r_data": In(32),
        })

    def elaborate(self, platform):
        m = Module()
        # AXI lets address and data of a write come in any order: each is kept until the other is there.
        address = Signal()
        word = Signal()
        m.d.comb += [
            self.awready.eq(~address),
            self.wready.eq(~word),
            self.w_en.eq(address & word & ~self.bvalid),
        ]
        with m.If(self.awvalid & self.awready):
            m.d.sync += [address.eq(1), self.w_addr.eq(self.awaddr[2:])]
        with m.If(self.wvalid & self.wready):
            m.d.sync += [word.eq(1), self.w_data.eq(self.wdata), self.w_strb.eq(self.wstrb)]
        with m.If(self.bvalid & self.bready):
            m.d.sync += self.bvalid.eq(0)
        with m.If(self.w_en):
            m.d.sync += [address.eq(0), word.eq(0), self.bvalid.eq(1)]

        with m.FSM():
            with m.State("Address"):
                m.d.comb += self.arready.eq(1)
                m.d.sync += self.r_addr.eq(self.araddr[2:])
                with m.If(self.arvalid):
                    m.next = "Read"
            with m.State("Read"):
                m.d.comb += self.r_en.eq(1)
                m.next = "Answer"
            with m.State("Answer"):
                m.d.comb += [self.rvalid.eq(1), self.rdata.eq(self.r_data)]
                with m.If(self.rready):
                    m.next = "Address"
        return m
