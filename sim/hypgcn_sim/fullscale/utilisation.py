"""Utilisation of a network: activity by the performance counters, and the share of useful multiplications."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hypgcn.design import Design, split_banks
from hypgcn.design.folding import Folding
from hypgcn.planning.estimate import Estimate, estimate
from hypgcn.sparse import spatial_layer
from hypgcn.stream.activity import STATES

from .result import Run

__all__ = ["UNITS_WITH_DSP", "idle_products", "mean_persons", "report", "useful_multiplies"]

UNITS_WITH_DSP = ("graph", "conv", "h_requant", "p_lanes", "p_combine", "q_lanes", "q_combine", "lanes", "combine")
"""Counted units of a block that have multipliers, and their names in the estimates."""


def useful_multiplies(design: Design, folding: Folding, expected: Sequence[Path]) -> list[dict[str, float]]:
    """Products of a clip that contribute to a result, by block and unit.

    * graph: non-zeros of kept channels of X, times K * V outputs
    * conv: every entry of a row (Z, and the input of a convolution as shortcut) times V * O; on lanes the non-zeros of
      these times the outputs with a weight there
    * lanes: non-zeros of H that a tap meets, and of X for the shortcut, times the filters with a weight there
    * h_requant, combine: one for each requantised value of H and Y

    Persons whose response is a constant need none.

    Parameters
    ----------
    design, folding : Design, Folding
        The network, and which of its 1x1 convolutions are on lanes.
    expected : sequence of Path
        Files of :func:`~.golden.golden_clips`; their mean is taken.
    """
    tokens: list[dict[str, np.ndarray]] = []
    for path in expected:
        with np.load(path) as tensors:
            tokens.append({name: tensors[name] for name in tensors.files if "tokens" in name})
    persons = mean_persons(expected)
    mean = {name: np.mean([clip[name] for clip in tokens], axis=0) for name in tokens[0]}
    blocks = []
    for index, block in enumerate(design.blocks):
        rows = persons * design.block_frames(index)
        out_rows = persons * design.block_frames(index + 1)
        kept = block.kept != 0
        entries = design.subsets * int(kept.sum())
        lanes = float((mean[f"{'q' if block.scales else 'h'}_tokens{index}"] * _filters(block.temporal)).sum())
        if block.down is not None:
            entries += int(block.down.any(axis=0).sum())
        if block.res is not None:
            lanes += float((mean[f"r_tokens{index}"] * _filters(block.res[:, None])[0]).sum())
        conv = float(rows * entries * design.joints * block.h_channels)
        if folding.blocks[index].conv_lanes:
            conv = float((mean[f"z_tokens{index}"] * _filters(spatial_layer(block).weights)).sum())
        blocks.append({
            "graph": float(mean[f"x_tokens{index}"][kept].sum()) * design.subsets * design.joints,
            "conv": conv,
            "h_requant": float(rows * design.joints * block.h_channels),
            "lanes": lanes,
            "combine": float(out_rows * design.joints * block.out_channels),
        })
        if block.scales is not None:
            blocks[-1] |= {
                "p_lanes": float((mean[f"h_tokens{index}"] * _filters(block.scales.reduce[:, None])).sum()),
                "p_combine": float(rows * design.joints * block.scales.p_channels),
                "q_lanes": float((mean[f"p_tokens{index}"] * _filters(block.scales.branches)).sum()),
                "q_combine": float(out_rows * design.joints * block.scales.q_channels)}
    return blocks


def mean_persons(expected: Sequence[Path]) -> float:
    """Persons of a clip that need to be computed, mean over golden files."""
    persons = []
    for path in expected:
        with np.load(path) as tensors:
            persons.append(np.count_nonzero(~tensors["left_out"]))
    return float(np.mean(persons))


def _filters(weights: np.ndarray) -> np.ndarray:
    """int (taps, banks): outputs of ``weights`` (O, taps, channels) with a weight there."""
    return split_banks(weights).any(axis=3).sum(axis=0)


def report(design: Design, folding: Folding, run: Run, expected: Sequence[Path],
           estimated: Estimate | None = None) -> dict:
    """Activity of every unit and the utilisation of the multipliers.

    Parameters
    ----------
    design : Design
        The network.
    folding : Folding
        Its lanes, widths and units.
    run : Run
        A run with performance counters.
    expected : sequence of Path
        Files of :func:`~.golden.golden_clips` for its clips.
    estimated : Estimate or None
        Resources of the units; ``None`` to estimate them.

    Returns
    -------
    dict
        ``units``: rows with ``unit``, the shares ``busy``, ``starved`` and ``blocked`` of the cycles (sum 1) and, for
        units that have multipliers, ``dsp``, ``useful`` multiplies of a clip and ``utilisation`` = useful / (2 * dsp *
        cycles). The same over all lanes, over all 1x1 arrays and over the whole design, whose multipliers include those
        of requantisers, input and head.
    """
    estimated = estimated or estimate(design, folding)
    cycles, clips, counted = run.window()
    useful = useful_multiplies(design, folding, expected)
    per_clip = cycles / clips
    rows, totals = [], {"lanes": [0.0, 0], "conv": [0.0, 0]}
    for name, states in counted.items():
        counted_cycles = sum(states.values())
        row = {"unit": name, **{state: states[state] / max(1, counted_cycles) for state in STATES}}
        block, _, unit = name.removeprefix("blocks[").partition("].")
        dsp = estimated.blocks[int(block)][unit].resources.dsp if unit in UNITS_WITH_DSP else 0
        if dsp:     # requantisers may multiply in logic
            row |= {"dsp": dsp, "useful": round(useful[int(block)][unit]),
                    "utilisation": useful[int(block)][unit] / (2 * dsp * per_clip)}
            if unit in totals:
                totals[unit][0] += useful[int(block)][unit]
                totals[unit][1] += dsp
        rows.append(row)
    input_and_head = mean_persons(expected) * design.frames * design.joints * design.channels + design.head.size
    all_useful = input_and_head + sum(value for number, block in enumerate(useful) for unit, value in block.items()
                                      if estimated.blocks[number][unit].resources.dsp)
    dsp = estimated.resources.dsp
    shares = {name: value / (2 * count * per_clip) for name, (value, count) in totals.items() if count}
    return {"cycles": cycles, "clips": clips, "useful_multiplies": round(all_useful), "dsp": dsp,
            "dsp_utilisation": all_useful / (2 * dsp * per_clip), "lanes_utilisation": shares.get("lanes"),
            "arrays_utilisation": shares.get("conv"), "units": rows}


def idle_products(used: dict) -> list[tuple[str, float]]:
    """Products of a clip that the multipliers of a unit could have done beside the useful ones, the largest first.

    Parameters
    ----------
    used : dict
        Of :func:`report`.
    """
    per_clip = used["cycles"] / used["clips"]
    idle = [(row["unit"], 2 * row["dsp"] * per_clip - row["useful"]) for row in used["units"] if "dsp" in row]
    return sorted(idle, key=lambda pair: -pair[1])
