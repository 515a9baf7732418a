"""Energy of a clip, estimated from counted events and published energies of single operations."""

from collections.abc import Sequence
from dataclasses import dataclass

from .accesses import Accesses

__all__ = ["ACCESS_BIT", "MISSING", "MULTIPLICATION", "SOURCES", "Range", "estimate_energy", "subtotal"]


@dataclass(frozen=True)
class Range:
    """Energy in pJ: lower and upper bound of what sources give, and the geometric mean of both."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Geometric mean."""
        return (self.low * self.high) ** 0.5

    def times(self, count: float) -> "Range":
        """Energy of ``count`` events."""
        return Range(self.low * count, self.high * count)

    def plus(self, other: "Range") -> "Range":
        """Energy of both: errors of one source go the same way everywhere, so bounds add up."""
        return Range(self.low + other.low, self.high + other.high)


def _scaled(picojoule: float, nanometres: float, volt: float) -> float:
    """Energy at 20 nm and 0.95 V (UltraScale): capacitance with the length, times the voltage squared."""
    return picojoule * (20 / nanometres) * (0.95 / volt) ** 2


SOURCES = (
    "M. Horowitz, Computing's energy problem, ISSCC 2014, figure 1.1.9 (45 nm, 0.9 V): 8-bit multiplication 0.2 pJ, "
    "32-bit addition 0.1 pJ, 64 bits from an 8 KiB cache 10 pJ",
    "I. Kuon and J. Rose, Measuring the gap between FPGAs and ASICs, IEEE TCAD 26(2), 2007: 14 times the dynamic power "
    "in logic cells, less in hard blocks",
    "Xilinx DS512, Block Memory Generator 6.1, table 41 (Virtex-5, 65 nm, 1.0 V): 2048 x 36 at 300 MHz takes 39 mW",
    "all scaled to 20 nm and 0.95 V by length and voltage squared",
)
"""Where the energies come from."""

MISSING = ("clock tree, logic cells, registers and routing", "reads of LUT RAM", "static power", "inputs and outputs")
"""What the estimate leaves out."""

_MULTIPLY_ADD = _scaled(0.2 + 0.1, 45, 0.9)
MULTIPLICATION = Range(_MULTIPLY_ADD, 14 * _MULTIPLY_ADD)
"""int8 product and its addition: standard cells, and the same out of logic cells; a DSP block is between them."""

ACCESS_BIT = Range(_scaled(10 / 64, 45, 0.9), _scaled(39e-3 / 300e6 / 36 * 1e12, 65, 1.0))
"""One bit read from or written to a memory: a cache's SRAM, and a block RAM by its vendor."""


def estimate_energy(multiplications: dict[str, float], accesses: dict[str, Accesses], clips: int) -> dict:
    """Energy of a clip, by unit; an estimate.

    Parameters
    ----------
    multiplications : dict of str to float
        Products of a clip that contribute to a result, by unit.
    accesses : dict of str to Accesses
        By unit, of all clips together.
    clips : int
        Number of clips.

    Returns
    -------
    dict
        ``units``: rows with ``unit``, ``multiplications``, ``read_bits``, ``written_bits`` and ``estimate_nj`` (low,
        middle, high) of a clip, the largest energy first; ``total``: the same, summed.
    """
    rows: list[dict] = []
    for unit in sorted(multiplications.keys() | accesses.keys()):
        access = accesses.get(unit, Accesses())
        products = multiplications.get(unit, 0.0)
        energy = MULTIPLICATION.times(products).plus(ACCESS_BIT.times(access.bits / clips))
        rows.append({"unit": unit, "multiplications": products,
                     "read_bits": (access.ram_reads + access.rom_reads) / clips,
                     "written_bits": (access.ram_writes + access.lut_writes) / clips,
                     "estimate_nj": _nanojoule(energy)})
    rows.sort(key=_middle, reverse=True)
    return {"units": rows, "total": subtotal(rows)}


def subtotal(rows: Sequence[dict]) -> dict:
    """``multiplications``, ``read_bits``, ``written_bits`` and ``estimate_nj`` of several units together."""
    total = Range(0.0, 0.0)
    for row in rows:
        total = total.plus(Range(row["estimate_nj"]["low"] * 1e3, row["estimate_nj"]["high"] * 1e3))
    summed = {name: sum(row[name] for row in rows) for name in ("multiplications", "read_bits", "written_bits")}
    return {**summed, "estimate_nj": _nanojoule(total)}


def _middle(row: dict) -> float:
    return row["estimate_nj"]["middle"]


def _nanojoule(energy: Range) -> dict[str, float]:
    return {"low": energy.low / 1e3, "middle": energy.middle / 1e3, "high": energy.high / 1e3}
