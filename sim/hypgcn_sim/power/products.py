"""Multiplications of a clip by unit, counted on golden tensors."""

from collections.abc import Sequence
from pathlib import Path

from hypgcn.design import Design
from hypgcn.design.folding import Folding

from ..fullscale.utilisation import mean_persons, useful_multiplies

__all__ = ["products_by_unit"]

_UNITS = {"graph": "spatial.graph", "conv": "spatial.array", "h_requant": "spatial.requant", "lanes": "temporal.lane",
          "combine": "temporal.combine", "p_lanes": "reduce.lane", "p_combine": "reduce.combine",
          "q_lanes": "branches.lane", "q_combine": "branches.combine"}
_UNITS_ON_LANES = _UNITS | {"conv": "spatial.lane", "h_requant": "spatial.combine"}


def products_by_unit(design: Design, folding: Folding, expected: Sequence[Path]) -> dict[str, float]:
    """Products that contribute to a result, mean over clips: non-zero activation times a weight that is there.

    Parameters
    ----------
    design, folding : Design, Folding
        The network, and which of its 1x1 convolutions are on lanes.
    expected : sequence of Path
        Files of :func:`~hypgcn_sim.fullscale.golden.golden_clips`.

    Returns
    -------
    dict of str to float
        By the names of :func:`~.accesses.unit_of`.
    """
    products: dict[str, float] = {}
    for index, block in enumerate(useful_multiplies(design, folding, expected)):
        names = _UNITS_ON_LANES if folding.blocks[index].conv_lanes else _UNITS
        products |= {f"blocks[{index}].{names[name]}": count for name, count in block.items()}
    products["input"] = mean_persons(expected) * design.frames * design.joints * design.channels
    products["head"] = float(design.head.size)
    return products
