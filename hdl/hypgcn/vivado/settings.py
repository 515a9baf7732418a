"""What a Vivado project is made for."""

import re
from dataclasses import dataclass

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
        if isinstance(self.mhz, bool) or not isinstance(self.mhz, (int, float)):
            raise TypeError(f"mhz must be a number, not {self.mhz!r}")
        if not 1 <= self.mhz <= 1000:
            raise ValueError(f"mhz must be in 1..1000, not {self.mhz!r}")
        if not re.fullmatch(r"[A-Za-z_]\w*", self.name):
            raise ValueError(f"name must be a Verilog identifier, not {self.name!r}")
        if isinstance(self.jobs, bool) or not isinstance(self.jobs, int):
            raise TypeError(f"jobs must be an integer, not {self.jobs!r}")
        if not 1 <= self.jobs <= 64:
            raise ValueError(f"jobs must be in 1..64, not {self.jobs!r}")

    @property
    def period(self) -> str:
        """Of the clock, ns, to the picosecond, rounded down: never slower than what is aimed at."""
        return f"{int(1e6 / self.mhz) / 1000:.3f}"
