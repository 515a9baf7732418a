"""The report of ``hypgcn power``: counted events, energy estimate, sources."""

from collections.abc import Sequence
from pathlib import Path

from hypgcn.design import Design
from hypgcn.design.folding import Folding

from .accesses import memory_accesses
from .energy import ACCESS_BIT, MISSING, MULTIPLICATION, SOURCES, estimate_energy
from .products import products_by_unit
from .saif import instances
from .simulation import half_period

__all__ = ["power_report", "table"]


def power_report(design: Design, folding: Folding, expected: Sequence[Path], saif: Path, name: str, mhz: float,
                 real: int) -> dict:
    """Content of ``power.json``.

    Parameters
    ----------
    design, folding : Design, Folding
        The network, and the parallelism of its units.
    expected : sequence of Path
        Golden files of the clips.
    saif : Path
        Activity of these clips.
    name : str
        Top module.
    mhz : float
        Clock of the activity.
    real : int
        Clips that are recordings.
    """
    period, clips = 2 * half_period(mhz), len(expected)
    with open(saif, encoding="utf-8") as lines:
        activity = list(instances(lines))
    (top,) = [instance for instance in activity if instance.path == ("TOP", name)]
    energy = estimate_energy(products_by_unit(design, folding, expected), memory_accesses(activity, period), clips)
    return {
        "format": "hypgcn-power", "design": design.name, "hash": design.hash, "clips": clips, "recorded_clips": real,
        "mhz": mhz, "cycles": round(top.nets["aclk"][1] / 2), **energy,
        "estimate": {"multiplication_pj": [MULTIPLICATION.low, MULTIPLICATION.high],
                     "memory_bit_pj": [ACCESS_BIT.low, ACCESS_BIT.high], "process": "20 nm, 0.95 V",
                     "sources": list(SOURCES), "left_out": list(MISSING)},
    }


def table(report: dict, rows: int = 12) -> str:
    """The units with the largest energy and the total, in Markdown; energies are estimates."""
    lines = ["| unit | multiplications | bits read | bits written | estimate, nJ | range, nJ |",
             "| --- | ---: | ---: | ---: | ---: | ---: |"]
    units = report["units"]
    for row in [*units[:rows], {"unit": f"all {len(units)} units", **report["total"]}]:
        energy = row["estimate_nj"]
        lines.append(f"| {row['unit']} | {row['multiplications']:,.0f} | {row['read_bits']:,.0f} | "
                     f"{row['written_bits']:,.0f} | {energy['middle']:,.2f} | {energy['low']:,.2f} to "
                     f"{energy['high']:,.2f} |")
    return "\n".join(lines)
