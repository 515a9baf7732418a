"""Top module of a board: the emitted network between the pins."""

from amaranth import *
from amaranth.build import ResourceError
from amaranth.lib import io

from ..emission.emit import Emission

__all__ = ["BoardTop", "add_sources"]


class BoardTop(Elaboratable):
    """An instance of an emitted :class:`~hypgcn.boards.uart_top.UartTop` on the board's default clock, reset and UART.

    On a board without a reset, registers start at the values of the bitstream. The board's first LED, if it has one, is
    lit while a request is worked on.

    Parameters
    ----------
    name : str
        Name of the emitted top module.
    """

    def __init__(self, name: str):
        self.name = name

    def elaborate(self, platform):
        m = Module()
        wires = platform.request("uart", 0, dir={"rx": "-", "tx": "-"} | {
            line: "-" for line in ("rts", "cts", "dtr", "dsr", "dcd", "ri") if self._has(platform, line)})
        m.submodules.rx = rx = io.Buffer("i", wires.rx)
        m.submodules.tx = tx = io.Buffer("o", wires.tx)
        busy = Signal()
        m.submodules.core = Instance(self.name, i_clk=ClockSignal(), i_rst=ResetSignal(allow_reset_less=True),
                                     i_rx=rx.i, o_tx=tx.o, o_busy=busy)
        try:
            led = platform.request("led", 0, dir="-")
        except ResourceError:
            return m
        m.submodules.led = buffer = io.Buffer("o", led)
        m.d.comb += buffer.o.eq(busy)
        return m

    @staticmethod
    def _has(platform, line):
        return any(subsignal.name == line for subsignal in platform.lookup("uart", 0).ios)


def add_sources(platform, emission: Emission):
    """Add the emitted text and memory contents to the platform; models of primitives are for simulation only."""
    for name, text in emission.files.items():
        if "/" not in name and name.endswith((".sv", ".mem")):
            platform.add_file(name, text)
