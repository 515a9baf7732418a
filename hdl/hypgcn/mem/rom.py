from amaranth.hdl import ClockSignal, Instance, Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from .common import STYLES, check_choice, check_int

__all__ = ["Rom", "table_style"]

LOGIC_WORDS = 32
"""Words up to which a table is short logic. A LUT chooses among 64, but mappers share logic between the bits of a
word."""


def table_style(words: int) -> str:
    """Style of a table of short words: as logic it may be many levels deep beyond :data:`LOGIC_WORDS`."""
    return "block" if words > LOGIC_WORDS else "auto"


class Rom(wiring.Component):
    """Read-only memory with a registered read.

    ``data`` shows ``init[addr]`` ``latency`` enabled cycles after ``addr``; one address a cycle. ``en`` low freezes
    all its registers. ``data`` is undefined until the first read has come through and for addresses beyond the
    contents. Storage: ``len(init) * width`` bits. Emitted by ``hypgcn.emission.emit`` as an instance of
    ``hypgcn_rom.sv`` that
    loads its contents from a ``$readmemh`` file named after ``name`` and the contents; equal contents share a file.

    Parameters
    ----------
    width : bits of a word, at least 1
    init : the words, unsigned integers; at least one
    latency : 1, or 2 with the output register of a block RAM
    style : ``"auto"``, ``"block"`` or ``"distributed"``
    name : beginning of the contents file's name

    Members
    -------
    addr : In(range(max(2, len(init))))
    en : In(1), clock enable, 1 when not connected
    data : Out(width)
    """

    def __init__(self, width: int, init, latency: int = 2, style: str = "auto", name: str = "rom"):
        check_int("width", width, 1)
        check_choice("latency", latency, (1, 2))
        check_choice("style", style, STYLES)
        self.width, self.latency, self.style, self.name = width, latency, style, name
        self.init = [int(word) for word in init]
        if not self.init:
            raise ValueError("init must hold at least one word, not []")
        for word in (min(self.init), max(self.init)):
            if not 0 <= word < 1 << width:
                raise ValueError(f"init must be in 0..{(1 << width) - 1}, not {word!r}")
        super().__init__({
            "addr": In(range(max(2, len(self.init)))),
            "en": In(1, init=1),
            "data": Out(width),
        })

    def elaborate(self, platform):
        m = Module()
        if hasattr(platform, "memory"):
            file = platform.memory("hypgcn_rom", width=self.width, depth=len(self.init), name=self.name, init=self.init)
            m.submodules.rom = Instance(
                "hypgcn_rom",
                p_WIDTH=self.width, p_DEPTH=len(self.init), p_ADDR_WIDTH=len(self.addr), p_LATENCY=self.latency,
                p_STYLE=self.style, p_INIT_FILE=file,
                i_clk=ClockSignal(), i_en=self.en, i_addr=self.addr, o_data=self.data)
            return m

        m.submodules.mem = mem = memory.Memory(shape=self.width, depth=len(self.init), init=self.init,
                                               attrs={"rom_style": self.style})
        port = mem.read_port()
        m.d.comb += [port.addr.eq(self.addr), port.en.eq(self.en)]
        if self.latency == 1:
            m.d.comb += self.data.eq(port.data)
        else:
            word = Signal(self.width, reset_less=True)
            with m.If(self.en):
                m.d.sync += word.eq(port.data)
            m.d.comb += self.data.eq(word)
        return m
