"""Multiplications of a clip by unit, counted on golden tensors."""

from collections.abc import Sequence
from pathlib import Path

from hypgcn.design import Design

from ..fullscale.utilisation import mean_persons, useful_multiplies

__all__ = ["products_by_unit"]

_UNITS = {"graph": "spatial.graph", "conv": "spatial.array", "h_requant": "spatial.requant", "lanes": "temporal.lane",
          "combine": "temporal.combine"}


def products_by_unit(design: Design, expected: Sequence[Path]) -> dict[str, float]:
    """Products that contribute to a result, mean over clips: non-zero activation times a weight that is there.

    Parameters
    ----------
    design : Design
        The network.
    expected : sequence of Path
        Files of :func:`~hypgcn_sim.fullscale.golden.golden_clips`.

    Returns
    -------
    dict of str to float
        By the names of :func:`~.accesses.unit_of`.
    """
    products = {f"blocks[{index}].{_UNITS[name]}": count
                for index, block in enumerate(useful_multiplies(design, expected)) for name, count in block.items()}
    products["input"] = mean_persons(expected) * design.frames * design.joints * design.channels
    products["head"] = float(design.head.size)
    return products
