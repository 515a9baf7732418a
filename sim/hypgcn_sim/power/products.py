"""Multiplications of a clip by unit, counted on golden tensors."""

from collections.abc import Sequence
from pathlib import Path

from hypgcn.design import Design
from hypgcn.design.ensemble import Ensemble
from hypgcn.design.folding import Folding

from ..fullscale.utilisation import mean_persons, useful_multiplies

__all__ = ["ensemble_products", "products_by_unit"]

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


def ensemble_products(ensemble: Ensemble, foldings: Sequence[Folding],
                      expected: Sequence[Sequence[Path]]) -> dict[str, float]:
    """The same of the networks of an ensemble, each unit behind the name of its stream, and of their ``sum``.

    A multiplier of the sum has 16 bits, so that a logit times it counts as two products for each 8 bits of the logit.

    Parameters
    ----------
    ensemble : Ensemble
    foldings : sequence of Folding
        Of each network.
    expected : sequence of sequence of Path
        Golden files of each network.
    """
    products: dict[str, float] = {}
    for stream, design, folding, files in zip(ensemble.streams, ensemble.designs, foldings, expected, strict=True):
        products |= {f"{stream}.{unit}": count for unit, count in products_by_unit(design, folding, files).items()}
    products["sum"] = float(sum(2 * -(-width // 8) * ensemble.designs[0].classes for width in ensemble.logit_widths))
    return products
