"""The report of ``hypgcn power``: counted events, energy estimate, sources."""

from collections.abc import Sequence
from pathlib import Path

from hypgcn.design import Design
from hypgcn.design.ensemble import Ensemble
from hypgcn.design.ensemble_folding import Foldings, foldings_of

from .accesses import memory_accesses
from .energy import ACCESS_BIT, MISSING, MULTIPLICATION, SOURCES, estimate_energy, subtotal
from .products import ensemble_products, products_by_unit
from .saif import instances
from .simulation import half_period

__all__ = ["power_report", "table"]


SHARED = "shared"
"""Row of what the networks of an ensemble share: the shell, the fork of the joints, the sum."""


def power_report(network: Design | Ensemble, folding: Foldings, expected: Sequence[Sequence[Path]], saif: Path,
                 name: str, mhz: float, real: int) -> dict:
    """Content of ``power.json``.

    Parameters
    ----------
    network, folding : Design or Ensemble, Folding or tuple of Folding
        The network, or networks, and the parallelism of their units.
    expected : sequence of sequence of Path
        Golden files of the clips, for each network.
    saif : Path
        Activity of these clips.
    name : str
        Top module.
    mhz : float
        Clock of the activity.
    real : int
        Clips that are recordings.
    """
    period, clips = 2 * half_period(mhz), len(expected[0])
    kind, streams = ("ensemble", network.streams) if isinstance(network, Ensemble) else ("design", ())
    with open(saif, encoding="utf-8") as lines:
        activity = list(instances(lines))
    (top,) = [instance for instance in activity if instance.path == ("TOP", name)]
    products = (ensemble_products(network, foldings_of(folding), expected) if isinstance(network, Ensemble)
                else products_by_unit(network, foldings_of(folding)[0], expected[0]))
    energy = estimate_energy(products, memory_accesses(activity, period, streams), clips)
    if streams:
        energy["streams"] = _by_stream(energy["units"], streams)
    return {
        "format": "hypgcn-power", kind: network.name, "hash": network.hash, "clips": clips, "recorded_clips": real,
        "mhz": mhz, "cycles": round(top.nets["aclk"][1] / 2), **energy,
        "estimate": {"multiplication_pj": [MULTIPLICATION.low, MULTIPLICATION.high],
                     "memory_bit_pj": [ACCESS_BIT.low, ACCESS_BIT.high], "process": "20 nm, 0.95 V",
                     "sources": list(SOURCES), "left_out": list(MISSING)},
    }


def _by_stream(units: Sequence[dict], streams: Sequence[str]) -> list[dict]:
    """Sums of the units of each network, and of what the networks share."""
    rows = []
    for stream in streams:
        own = [row for row in units if row["unit"].startswith(f"{stream}.")]
        rows.append({"stream": stream, **subtotal(own)})
    shared = [row for row in units if row["unit"].partition(".")[0] not in streams]
    return [*rows, {"stream": SHARED, **subtotal(shared)}]


def table(report: dict, rows: int = 12) -> str:
    """The units with the largest energy and the total, in Markdown; energies are estimates."""
    lines = ["| unit | multiplications | bits read | bits written | estimate, nJ | range, nJ |",
             "| --- | ---: | ---: | ---: | ---: | ---: |"]
    units = report["units"]
    of_streams = [{"unit": f"all of {row['stream']}", **row} for row in report.get("streams", ())]
    for row in [*units[:rows], *of_streams, {"unit": f"all {len(units)} units", **report["total"]}]:
        energy = row["estimate_nj"]
        lines.append(f"| {row['unit']} | {row['multiplications']:,.0f} | {row['read_bits']:,.0f} | "
                     f"{row['written_bits']:,.0f} | {energy['middle']:,.2f} | {energy['low']:,.2f} to "
                     f"{energy['high']:,.2f} |")
    return "\n".join(lines)
