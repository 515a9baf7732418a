"""Settings of a Vivado project."""

from dataclasses import dataclass

from ..design.checks import check_number, check_range
from ..design.names import check_module_name
from ..planning.part import Part

__all__ = ["VivadoSettings"]


@dataclass(frozen=True, kw_only=True)
class VivadoSettings:
    """Part, clock and names of a Vivado project.

    Parameters
    ----------
    part : str
        Device, package and speed grade, see :class:`~hypgcn.planning.part.Part`; kept as Vivado spells it.
    mhz : float, 1..1000
        Target clock, MHz.
    name : str
        Name of the top module and of the IP, or what it begins with, see ``exact_name``.
    bus_width : int
        Bits of the input stream, one of :data:`~hypgcn.design.limits.BUS_WIDTHS`.
    jobs : int, 1..64
        Processes that Vivado may start.
    exact_name : bool
        Whether the name is ``name`` itself; else a hash of the content follows it, so that two cores never have the
        same name.
    """

    part: str = "xcku115-flvb2104-2-e"
    mhz: float = 172.0
    name: str = "hypgcn"
    bus_width: int = 32
    jobs: int = 4
    exact_name: bool = False

    def __post_init__(self):
        object.__setattr__(self, "part", Part.parse(self.part).name)
        check_number("mhz", self.mhz, 1, 1000)
        check_module_name("name", self.name)
        check_range("jobs", self.jobs, 1, 64)

    @property
    def period(self) -> str:
        """Clock period in ns, rounded down to the picosecond: never slower than the target."""
        return f"{int(1e6 / self.mhz) / 1000:.3f}"
