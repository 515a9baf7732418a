"""Settings of a Vivado project."""

import re
from dataclasses import dataclass

from ..design.checks import check_identifier, check_number, check_range

__all__ = ["VivadoSettings"]


@dataclass(frozen=True, kw_only=True)
class VivadoSettings:
    """Part, clock and names of a Vivado project.

    Parameters
    ----------
    part : str
        Device, package and speed as Vivado writes them.
    mhz : float, 1..1000
        Target clock, MHz.
    name : str
        Name of the top module and of the IP, a Verilog identifier.
    bus_width : int
        Bits of the input stream, one of :data:`~hypgcn.design.limits.BUS_WIDTHS`.
    jobs : int, 1..64
        Processes that Vivado may start.
    """

    part: str = "xcku115-flvb2104-2-e"
    mhz: float = 172.0
    name: str = "hypgcn"
    bus_width: int = 32
    jobs: int = 4

    def __post_init__(self):
        if not isinstance(self.part, str) or not re.fullmatch(r"xc[a-z0-9]+-[a-z0-9-]+", self.part):
            raise ValueError(f"part must be device-package-speed such as xcku115-flvb2104-2-e, not {self.part!r}")
        check_number("mhz", self.mhz, 1, 1000)
        check_identifier("name", self.name)
        check_range("jobs", self.jobs, 1, 64)

    @property
    def period(self) -> str:
        """Clock period in ns, rounded down to the picosecond: never slower than the target."""
        return f"{int(1e6 / self.mhz) / 1000:.3f}"
