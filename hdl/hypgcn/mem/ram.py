"""RAM: one write port, one registered read port."""

from amaranth.hdl import ClockSignal, Instance, Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_choice, check_int
from .common import RAM_STYLES, garbage

__all__ = ["Ram"]


class Ram(wiring.Component):
    """Memory with one write port and one registered read port.

    Throughput: one read and one write a cycle. Latency: ``latency`` enabled cycles from ``r_addr`` to ``r_data``;
    ``r_en`` low freezes the read registers. A read of an address in the cycle in which it is written gives an undefined
    value: a transparent port is not portable between tools. So does a word that was never written (reset clears
    nothing), and an address beyond the depth. Storage: ``depth * width`` bits.

    Parameters
    ----------
    width : int, at least 1
        Bits of a word.
    depth : int, at least 1
        Words.
    latency : int, 1 or 2
        2 with the output register of a block RAM.
    style : str
        ``"auto"``, ``"block"``, ``"distributed"`` or ``"ultra"``.

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
    r_en : In(1)
        Clock enable of the read; 1 when not connected.
    r_data : Out(width)
        Word that was read.
    """

    def __init__(self, width: int, depth: int, latency: int = 2, style: str = "auto"):
        check_int("width", width, 1)
        check_int("depth", depth, 1)
        check_choice("latency", latency, (1, 2))
        check_choice("style", style, RAM_STYLES)
        self.width, self.depth, self.latency, self.style = width, depth, latency, style
        super().__init__({
            "w_addr": In(range(max(2, depth))),
            "w_data": In(width),
            "w_en": In(1),
            "r_addr": In(range(max(2, depth))),
            "r_en": In(1, init=1),
            "r_data": Out(width),
        })

    def elaborate(self, platform):
        m = Module()
        if hasattr(platform, "memory"):
            platform.memory("hypgcn_ram", width=self.width, depth=self.depth)
            m.submodules.ram = Instance(
                "hypgcn_ram",
                p_WIDTH=self.width, p_DEPTH=self.depth, p_ADDR_WIDTH=len(self.r_addr), p_LATENCY=self.latency,
                p_STYLE=self.style,
                i_clk=ClockSignal(), i_w_addr=self.w_addr, i_w_data=self.w_data, i_w_en=self.w_en,
                i_r_addr=self.r_addr, i_r_en=self.r_en, o_r_data=self.r_data)
            return m

        m.submodules.mem = mem = memory.Memory(shape=self.width, depth=self.depth,
                                               init=garbage(self.width, self.depth, platform),
                                               attrs={"ram_style": self.style})
        write, read = mem.write_port(), mem.read_port()
        m.d.comb += [
            write.addr.eq(self.w_addr), write.data.eq(self.w_data), write.en.eq(self.w_en),
            read.addr.eq(self.r_addr), read.en.eq(self.r_en),
        ]
        if self.latency == 1:
            m.d.comb += self.r_data.eq(read.data)
        else:
            word = Signal(self.width, reset_less=True)
            with m.If(self.r_en):
                m.d.sync += word.eq(read.data)
            m.d.comb += self.r_data.eq(word)
        return m
