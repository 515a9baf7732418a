"""Platforms: pins of boards that amaranth-boards lacks. Imported only where files for a board are made."""

from amaranth.build import Attrs, Clock, DiffPairs, Pins, PinsN, Resource
from amaranth.vendor import XilinxPlatform
from amaranth_boards.kcu105 import KCU105Platform
from amaranth_boards.resources import UARTResource
from amaranth_boards.ulx3s import ULX3S_85F_Platform

__all__ = ["Kcu105", "Ulx3s85f", "Xcku115"]


class Ulx3s85f(ULX3S_85F_Platform):
    """Radiona ULX3S with the LFE5U-85F: 25 MHz, UART through the FT231X."""


class Kcu105(KCU105Platform):
    """AMD KCU105: 125 MHz, with the UART of the CP2105 and the button CPU_RESET.

    ``rx`` is the input of the FPGA, USB_UART_TX on the schematic.
    """

    default_rst = "cpu_reset"
    resources = [
        *KCU105Platform.resources,
        UARTResource(0, rx="G25", tx="K26", attrs=Attrs(IOSTANDARD="LVCMOS18")),
        Resource("cpu_reset", 0, Pins("AN8", dir="i"), Attrs(IOSTANDARD="LVCMOS18")),
    ]


class Xcku115(XilinxPlatform):
    """An XCKU115 in its FLVB2104 package on a board of the user.

    Parameters
    ----------
    clock : tuple of str
        Pins of the clock: one, or two of a differential pair, positive first.
    clock_hz : float
        Clock frequency, Hz.
    rx, tx : str
        Pins of the UART.
    reset : str or None
        Pin of a reset button.
    reset_low : bool
        Whether the button is low when pressed.
    clock_standard, standard : str
        IOSTANDARD of the clock, and of all other pins.
    """

    device = "xcku115"
    package = "flvb2104"
    speed = "2-e"
    default_clk = "clk"
    resources: list = []  # the class needs them; __init__ sets those of the instance
    connectors: list = []

    def __init__(self, *, clock: tuple[str, ...], clock_hz: float, rx: str, tx: str, reset: str | None = None,
                 reset_low: bool = False, clock_standard: str = "LVDS", standard: str = "LVCMOS18"):
        if len(clock) not in (1, 2):
            raise ValueError(f"clock must be one pin or the two of a pair, not {clock!r}")
        if clock_hz <= 0:
            raise ValueError(f"clock_hz must be more than 0, not {clock_hz!r}")
        pins = Pins(clock[0], dir="i") if len(clock) == 1 else DiffPairs(*clock, dir="i")
        self.resources = [Resource("clk", 0, pins, Clock(clock_hz), Attrs(IOSTANDARD=clock_standard)),
                          UARTResource(0, rx=rx, tx=tx, attrs=Attrs(IOSTANDARD=standard))]
        if reset is not None:
            self.default_rst = "reset"
            button = PinsN if reset_low else Pins
            self.resources.append(Resource("reset", 0, button(reset, dir="i"), Attrs(IOSTANDARD=standard)))
        super().__init__()
