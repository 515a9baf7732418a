"""ROM with a registered read, and the style of small tables."""

from amaranth.hdl import ClockSignal, Instance, Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from ..design.checks import check_choice, check_int
from .common import STYLES

__all__ = ["Rom", "table_style"]

LOGIC_WORDS = 32
"""Words up to which a table is built as logic. One 6-input LUT reads 64 words of one bit, but mappers share logic
between the bits of a word and make deeper logic of it."""


def table_style(words: int) -> str:
    """ROM style of a table of ``words`` short words: beyond :data:`LOGIC_WORDS`, logic may be many levels deep."""
    return "block" if words > LOGIC_WORDS else "auto"


class Rom(wiring.Component):
    """Read-only memory with a registered read.

    Throughput: one read a cycle. Latency: ``latency`` enabled cycles from ``addr`` to ``data = init[addr]``; ``en`` low
    freezes all registers. ``data`` is undefined until the first read has arrived and for addresses beyond the contents.
    Storage: ``len(init) * width`` bits. ``hypgcn.emission.emit`` emits it as an instance of ``hypgcn_rom.sv`` that
    loads its contents from a ``$readmemh`` file named after the instances that lead to it.

    Parameters
    ----------
    width : int, at least 1
        Bits of a word.
    init : iterable of int, 0..2**width - 1
        The words, at least one.
    latency : int, 1 or 2
        2 with the output register of a block RAM.
    style : str
        ``"auto"``, ``"block"`` or ``"distributed"``.
    name : str
        Of the contents, for tools that change them.
    holds : str
        What the words are, for the table of memory images.

    Members
    -------
    addr : In(range(max(2, len(init))))
        Address that is read.
    en : In(1)
        Clock enable; 1 when not connected.
    data : Out(width)
        Word that was read.
    """

    def __init__(self, width: int, init, latency: int = 2, style: str = "auto", name: str = "rom",
                 holds: str = ""):
        check_int("width", width, 1)
        check_choice("latency", latency, (1, 2))
        check_choice("style", style, STYLES)
        self.width, self.latency, self.style, self.name, self.holds = width, latency, style, name, holds
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
            # Contents as a file: text of one line a word makes emission and synthesis of large ROMs slow.
            file = platform.memory("hypgcn_rom", width=self.width, depth=len(self.init), name=self.name,
                                   holds=self.holds, init=self.init)
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
