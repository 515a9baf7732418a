"""What a Vivado project is made for."""

import re
from dataclasses import dataclass

from ..design.checks import check_identifier, check_number, check_range

__all__ = ["VivadoSettings"]


@dataclass(frozen=True, kw_only=True)
class VivadoSettings:
    """Parameters
    ----------
    part : as Vivado writes it: device, package, speed
    mhz : clock that is aimed at, 1..1000
    name : of the top module and of the IP, a Verilog identifier
    bus_width : bits of the input stream
    jobs : processes that Vivado may start, 1..64
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
        """Of the clock, ns, to the picosecond, rounded down: never slower than what is aimed at."""
        return f"{int(1e6 / self.mhz) / 1000:.3f}"
