"""Where the cycles of a network go: what the counters in the hardware say, and how many multiplies were of use."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hypgcn.design import BANK, Design, split_banks
from hypgcn.design.folding import Folding
from hypgcn.planning.estimate import Estimate, estimate
from hypgcn.watch import STATES

from .simulation import Run

__all__ = ["UNITS_WITH_DSP", "instances", "losses", "mean_persons", "report", "save_picture",
           "useful_multiplies", "work"]

UNITS_WITH_DSP = {"graph": "graph", "conv": "conv", "h_requant": "h_requant", "lanes": "lanes", "combine": "combine"}
"""Watched units of a block that have multipliers, and what the estimates call them."""


def useful_multiplies(design: Design, expected: Sequence[Path]) -> list[dict[str, float]]:
    """Per block, the products of a clip that are part of a result, by unit: mean over golden files of
    :func:`~.fullscale_golden.expect`.

    graph : non-zeros of kept channels of X, times K * V outputs
    conv : every entry of a row (Z is dense, and so is what a convolution as shortcut reads) times V * O
    lanes : non-zeros of H that a tap meets, and of X for the shortcut, times the filters with a weight there
    h_requant, combine : one for each value of H and Y that is requantised

    Persons whose response is a constant need none.
    """
    tokens: list[dict[str, np.ndarray]] = []
    for path in expected:
        with np.load(path) as found:
            tokens.append({name: found[name] for name in found.files if "tokens" in name})
    persons = mean_persons(expected)
    mean = {name: np.mean([each[name] for each in tokens], axis=0) for name in tokens[0]}
    blocks = []
    for index, block in enumerate(design.blocks):
        rows = persons * design.block_frames(index)
        out_rows = persons * design.block_frames(index + 1)
        kept = block.kept != 0
        entries = design.subsets * int(kept.sum())
        lanes = float((mean[f"h_tokens{index}"] * _filters(block.temporal)).sum())
        if block.down is not None:
            entries += int(block.down.any(axis=0).sum())
        if block.res is not None:
            lanes += float((mean[f"r_tokens{index}"] * _filters(block.res[:, None])[0]).sum())
        blocks.append({
            "graph": float(mean[f"x_tokens{index}"][kept].sum()) * design.subsets * design.joints,
            "conv": float(rows * entries * design.joints * block.out_channels),
            "h_requant": float(rows * design.joints * block.out_channels),
            "lanes": lanes,
            "combine": float(out_rows * design.joints * block.out_channels),
        })
    return blocks


def mean_persons(expected: Sequence[Path]) -> float:
    """Persons of a clip that need to be computed, mean over golden files."""
    found = []
    for path in expected:
        with np.load(path) as kept:
            found.append(np.count_nonzero(~kept["left_out"]))
    return float(np.mean(found))


def _filters(weights: np.ndarray) -> np.ndarray:
    """int (taps, banks): outputs of ``weights`` (O, taps, channels) with a weight there."""
    return split_banks(weights).any(axis=3).sum(axis=0)


def work(design: Design) -> dict[str, float]:
    """Multiplications of one clip: ``dense``, before pruning; ``kept``, by the weights that are left; ``graph_skip``,
    the share of the graph product that dropped channels save. Zero padding counts as places, zeros inside are not
    looked at; as in the tables of accuracy."""
    totals = {"dense": 0, "kept": 0, "graph_dense": 0, "graph_kept": 0}
    for index, block in enumerate(design.blocks):
        before = design.persons * design.block_frames(index) * design.joints
        after = design.persons * design.block_frames(index + 1) * design.joints
        inputs, outputs, kept = block.in_channels, block.out_channels, int((block.kept != 0).sum())
        taps = np.repeat(block.taps, BANK, axis=0)[:outputs].astype(np.int64)
        filters = (block.temporal.any(axis=2) & (block.filters[:, None] != 0)).sum(axis=0)
        graph = before * design.joints * design.subsets
        totals["graph_dense"] += graph * inputs
        totals["graph_kept"] += graph * kept
        totals["dense"] += before * design.subsets * inputs * outputs + after * outputs * outputs * design.kernel
        totals["kept"] += before * design.subsets * kept * outputs + after * int((taps * filters).sum())
        for conv, places in ((block.down, before), (block.res, after)):
            if conv is not None:
                totals["dense"] += places * inputs * outputs
                totals["kept"] += places * int(conv.any(axis=0).sum()) * int(conv.any(axis=1).sum())
    dense, left = totals["dense"] + totals["graph_dense"], totals["kept"] + totals["graph_kept"]
    return {"dense": dense, "kept": left, "graph_skip": 1 - totals["graph_kept"] / totals["graph_dense"],
            "mac_reduction": dense / left}


def instances(folding: Folding, unit: str) -> int:
    """How many units are counted together under a name of :func:`hypgcn.watch.watched_units`."""
    if not unit.endswith(".lanes"):
        return 1
    return folding.blocks[int(unit[len("blocks["):unit.index("]")])].lanes


def report(design: Design, folding: Folding, run: Run, expected: Sequence[Path],
           found: Estimate | None = None) -> dict:
    """Rows per unit and the utilisation of the multipliers.

    A row: ``unit``, shares of the cycles ``busy``, ``starved``, ``blocked`` (sum 1), and for units with multipliers
    ``dsp``, ``useful`` multiplies of a clip and ``utilisation`` = useful / (2 * dsp * cycles). The same over all lanes,
    over all 1x1 arrays and over the whole design, whose multipliers include the requantisers', input's and head's.
    """
    found = found or estimate(design, folding)
    cycles, clips, counted = run.window()
    useful = useful_multiplies(design, expected)
    per_clip = cycles / clips
    rows, totals = [], {"lanes": [0.0, 0], "conv": [0.0, 0]}
    for name, states in counted.items():
        seen = sum(states.values())
        row = {"unit": name, **{state: states[state] / max(1, seen) for state in STATES}}
        block, _, part = name.removeprefix("blocks[").partition("].")
        if part in UNITS_WITH_DSP:
            dsp = found.blocks[int(block)][UNITS_WITH_DSP[part]].resources.dsp
            row |= {"dsp": dsp, "useful": round(useful[int(block)][part]),
                    "utilisation": useful[int(block)][part] / (2 * dsp * per_clip)}
            if part in totals:
                totals[part][0] += useful[int(block)][part]
                totals[part][1] += dsp
        rows.append(row)
    rest = mean_persons(expected) * design.frames * design.joints * design.channels
    rest += design.head.size
    every = sum(sum(block.values()) for block in useful) + rest
    dsp = found.resources.dsp
    parts = {name: value / (2 * count * per_clip) for name, (value, count) in totals.items() if count}
    return {"cycles": cycles, "clips": clips, "useful_multiplies": round(every), "dsp": dsp,
            "dsp_utilisation": every / (2 * dsp * per_clip), "lanes_utilisation": parts.get("lanes"),
            "arrays_utilisation": parts.get("conv"), "units": rows}


def losses(found: dict) -> list[tuple[str, float]]:
    """(unit, multiplies of a clip that its multipliers could have done beside the useful ones), the most first."""
    per_clip = found["cycles"] / found["clips"]
    spare = [(row["unit"], 2 * row["dsp"] * per_clip - row["useful"]) for row in found["units"] if "dsp" in row]
    return sorted(spare, key=lambda pair: -pair[1])


def save_picture(found: dict, path: Path, title: str):
    """A stacked bar per unit, blocks side by side; the same bytes for the same figures."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    colours = {"busy": "#2b7a4b", "starved": "#d9d9d9", "blocked": "#c8553d"}
    rows = found["units"]
    pyplot.rcParams["svg.hashsalt"] = "hypgcn"
    figure, axes = pyplot.subplots(figsize=(10, 0.16 * len(rows) + 1.6))
    place, left = np.arange(len(rows)), np.zeros(len(rows))
    for state in STATES:
        share = np.array([100 * row[state] for row in rows])
        axes.barh(place, share, left=left, color=colours[state], label=state, height=0.8)
        left += share
    axes.set_yticks(place, [_label(row) for row in rows], fontsize=6)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("% of the cycles")
    axes.set_title(title, fontsize=9)
    axes.legend(loc="lower right", fontsize=7, ncols=3)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def _label(row: dict) -> str:
    return row["unit"] + (f"  {row['dsp']} DSP" if row.get("dsp") else "")


