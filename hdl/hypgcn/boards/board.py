"""Boards that build files can be made for, by name."""

from dataclasses import dataclass

from ..design.checks import check_choice, check_range

__all__ = ["BOARDS", "Board", "board"]


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board, its device and its clock.

    Parameters
    ----------
    name : str
        Name on the command line.
    text : str
        Vendor, board and device, for people.
    platform : str
        Name of a class in :mod:`hypgcn.boards.platforms`.
    device : str
        Name of a device of :func:`hypgcn.planning.device.devices`, for the resource budget.
    share : int, 1..100
        Percentage of the device's resources that a folding may use.
    clock_hz : int
        Clock frequency of the network and the UART, Hz.
    baud : int
        Bit rate of the UART; it must divide the clock to 1 %.
    design : str
        Preset that is built when the user names no design.
    """

    name: str
    text: str
    platform: str
    device: str
    share: int
    clock_hz: int
    baud: int
    design: str

    def __post_init__(self):
        check_range("share", self.share, 1, 100)
        check_range("baud", self.baud, 1, self.clock_hz // 4)
        if abs(self.clock_hz / self.divisor / self.baud - 1) > 0.01:
            raise ValueError(f"baud must be a divisor of {self.clock_hz} Hz to 1 %, not {self.baud!r}")

    @property
    def divisor(self) -> int:
        """Cycles per bit of the UART."""
        return round(self.clock_hz / self.baud)


BOARDS = {entry.name: entry for entry in (
    Board(name="ulx3s", text="Radiona ULX3S, Lattice LFE5U-85F", platform="Ulx3s85f", device="lfe5u-85f", share=95,
          clock_hz=25_000_000, baud=1_000_000, design="tiny"),
    Board(name="kcu105", text="AMD KCU105, Kintex UltraScale XCKU040", platform="Kcu105", device="xcku040", share=85,
          clock_hz=125_000_000, baud=1_000_000, design="full"),
)}


def board(name: str) -> Board:
    """Board called ``name``; :exc:`ValueError` lists the names when there is none."""
    check_choice("board", name, BOARDS)
    return BOARDS[name]
