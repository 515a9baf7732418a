"""LUT RAM: one write port, one combinational read port."""

from amaranth.hdl import ClockSignal, Instance, Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_int
from .common import garbage

__all__ = ["AsyncRam"]


class AsyncRam(wiring.Component):
    """LUT RAM with one write port and one combinational read port.

    Throughput: one read and one write a cycle. Latency: 0 cycles for a read; a word is readable from the cycle after
    its write on. A word that was never written is undefined (reset clears nothing), and so is an address beyond the
    depth. Storage: ``depth * width`` bits.

    Parameters
    ----------
    width : int, at least 1
        Bits of a word.
    depth : int, at least 1
        Words.

    Members
    -------
    w_addr : In(range(max(2, depth)))
        Address that is written.
    w_data : In(width)
        Word that is written at the clock edge.
    w_en : In(1)
        Write enable.
    r_addr : In(range(max(2, depth)))
        Address that is read.
    r_data : Out(width)
        Word at ``r_addr``, in the same cycle.
    """

    def __init__(self, width: int, depth: int):
        check_int("width", width, 1)
        check_int("depth", depth, 1)
        self.width, self.depth = width, depth
        super().__init__({
            "w_addr": In(range(max(2, depth))),
            "w_data": In(width),
            "w_en": In(1),
            "r_addr": In(range(max(2, depth))),
            "r_data": Out(width),
        })

    def elaborate(self, platform):
        m = Module()
        if hasattr(platform, "memory"):
            platform.memory("hypgcn_async_ram", width=self.width, depth=self.depth)
            m.submodules.ram = Instance(
                "hypgcn_async_ram",
                p_WIDTH=self.width, p_DEPTH=self.depth, p_ADDR_WIDTH=len(self.r_addr),
                i_clk=ClockSignal(), i_w_addr=self.w_addr, i_w_data=self.w_data, i_w_en=self.w_en,
                i_r_addr=self.r_addr, o_r_data=self.r_data)
            return m

        m.submodules.mem = mem = memory.Memory(shape=self.width, depth=self.depth,
                                               init=garbage(self.width, self.depth, platform),
                                               attrs={"ram_style": "distributed"})
        write, read = mem.write_port(), mem.read_port(domain="comb")
        m.d.comb += [
            write.addr.eq(self.w_addr), write.data.eq(self.w_data), write.en.eq(self.w_en),
            read.addr.eq(self.r_addr), self.r_data.eq(read.data),
        ]
        return m
