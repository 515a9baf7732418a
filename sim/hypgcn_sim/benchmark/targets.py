"""The benchmark's rows beside what the project promises, and where multiplications are lost."""

from collections import Counter
from dataclasses import dataclass

from .table import MHZ, PAPER_RATE

__all__ = ["TARGETS", "Target", "losses_markdown", "targets_markdown"]


@dataclass(frozen=True)
class Target:
    """What a row of one device is held against.

    Attributes
    ----------
    times : float
        Clips per second, in those that RFC-HyPGCN reports.
    dsp, bram36, lut : int
        Resources that may be used.
    """

    times: float
    dsp: int
    bram36: int
    lut: int


TARGETS = {"XCKU115": Target(12, 3544, 900, 176_776), "XCKU040": Target(6, 1920, 600, 242_400)}
"""The paper's DSPs and LUTs with half its block RAMs, and all of the XCKU040."""
UTILISATION, LEVELS, LATENCY_MS, SECONDS, ESTIMATE = 0.85, 6, 0.5, 120, 0.03
KINDS = {"lanes": "lanes of the temporal convolution", "conv": "lanes and arrays of the 1x1 convolution",
         "graph": "graph units", "h_requant": "requantisers of H", "combine": "requantisers of Y"}


def _cell(text: str, met: bool) -> str:
    return text if met else f"**{text}, missed**"


def _column(row: dict) -> list[str]:
    """Cells of a device, in the order of the titles of :func:`targets_markdown`."""
    target = TARGETS[row["device"]]
    rate, cycles = row["fps_at_172mhz"], row["cycles_per_clip"]
    wanted = target.times * PAPER_RATE
    estimated = sum(row["cycles_of_each_estimated"]) / len(row["cycles_of_each_estimated"])
    off = estimated / cycles - 1
    latency = row["latency_last_frame_cycles"] / MHZ / 1e3
    levels, generation = row["max_logic_levels"], row["generation"]
    used = all(row[name] <= getattr(target, name) for name in ("dsp", "bram36", "lut"))
    return [
        _cell(f"{rate:,.1f}, {rate / PAPER_RATE:.1f} times the paper's (target {wanted:,.0f}, "
              f"{target.times} times)", rate >= wanted),
        f"{cycles:,}",
        _cell(f"{estimated:,.0f}, {off:+.1%}", abs(off) <= ESTIMATE),
        _cell(f"{row['dsp']:,} of {target.dsp:,}, {row['bram36']:g} of {target.bram36}, {row['lut']:,} of "
              f"{target.lut:,}", used),
        _cell(f"{row['dsp_utilisation']:.1%}", row["dsp_utilisation"] >= UTILISATION),
        "not mapped" if levels is None else _cell(str(levels), levels <= LEVELS),
        _cell(f"{latency:.2f} ms", latency <= LATENCY_MS),
        _cell(str(row["vectors_that_lost_values"]), row["vectors_that_lost_values"] == 0),
        # Seconds by the clock depend on what else the machine does.
        _cell(f"{generation['cpu_seconds']:.0f} s ({generation['seconds']:.0f} s by the clock)",
              generation["cpu_seconds"] <= SECONDS),
    ]


def _measured(rows: list[dict]) -> list[dict]:
    return [row for row in rows if row["device"] in TARGETS and not row["variant"]]


def targets_markdown(rows: list[dict]) -> str:
    """Markdown of the rows that have a target; what is missed says so.

    Parameters
    ----------
    rows : list of dict
        Of :func:`hypgcn_sim.benchmark.measure.measure`, with ``generation``.
    """
    rows = _measured(rows)
    titles = [f"clips/s at an assumed {MHZ} MHz, not routed", "cycles a clip",
              f"cycles by the estimate for the same clips (target {ESTIMATE:.0%})",
              "DSP48E2, BRAM36, LUT", f"useful multiplications of all multipliers (target {UTILISATION:.0%})",
              f"deepest path between registers, in levels of logic (target {LEVELS})",
              f"from the last frame to the scores (target {LATENCY_MS:g} ms)", "vectors that lost values",
              f"generation of the Verilog, seconds of CPU (target {SECONDS} s)"]
    columns = [_column(row) for row in rows]
    lines = ["| target | " + " | ".join(row["device"] for row in rows) + " |", "| --- |" + " --- |" * len(rows)]
    return "\n".join(lines + [f"| {title} | {' | '.join(cells)} |" for title, *cells in zip(titles, *columns)])


def losses_markdown(rows: list[dict]) -> str:
    """Markdown of the products that multipliers could have computed in addition to the useful ones, by kind of unit.

    Parameters
    ----------
    rows : list of dict
        As for :func:`targets_markdown`.
    """
    rows = _measured(rows)
    sums = []
    for row in rows:
        kinds: Counter[str] = Counter()
        for unit, idle in row["idle_products"]:
            kinds[KINDS.get(unit.rsplit(".", 1)[-1], "others")] += idle
        sums.append(kinds)
    titles = sorted(set().union(*sums), key=lambda kind: -sums[0][kind])
    lines = ["| share of the lost products | " + " | ".join(row["device"] for row in rows) + " |",
             "| --- |" + " --- |" * len(rows)]
    return "\n".join(lines + [f"| {kind} | " + " | ".join(f"{kinds[kind] / kinds.total():.0%}" for kinds in sums) + " |"
                              for kind in titles])
