"""Variants of a network for the ablation: one idea switched off each, as a design that the RTL can run."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hypgcn.design import BANK, Block, Design

__all__ = ["NOTHING_OFF", "VARIANTS", "Variant", "variants"]

NOTHING_OFF = "nothing switched off"
VARIANTS = ("packing", "zero skipping", "thresholds", "dead zone", "tap pruning", "filter pruning", "channel dropping",
            "rings")
"""Names of the ideas, in the order of :func:`variants`."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A design without one idea.

    Attributes
    ----------
    name : str
        The idea that is off, or :data:`NOTHING_OFF`.
    design : Design
        The network without it.
    single : bool
        Multipliers do one product a cycle.
    how : str
        What was changed.
    """

    name: str
    design: Design
    single: bool = False
    how: str


def _blocks(design: Design, change: Callable[[Block], dict]) -> Design:
    return replace(design, blocks=tuple(replace(block, **change(block)) for block in design.blocks))


def _fill(weights: np.ndarray, allowed) -> np.ndarray:
    """Weights with 1 and -1 in turn in every place that ``allowed`` permits and that has none.

    That is work without much of an effect on what comes out.
    """
    signs = np.resize([1, -1], weights.shape[0]).reshape((-1, *(1,) * (weights.ndim - 1)))
    return np.where(allowed & (weights == 0), signs, weights).astype(np.int8)


def _every_channel(block: Block) -> dict:
    return {"kept": np.ones_like(block.kept), "spatial": _fill(block.spatial, True)}


def _every_filter(block: Block) -> dict:
    taps = np.repeat(block.taps != 0, BANK, axis=0)[:block.h_channels].T[None]
    return {"filters": np.ones_like(block.filters), "temporal": _fill(block.temporal, taps)}


def _every_tap(block: Block) -> dict:
    filters = (block.filters != 0)[:, None, None]
    return {"taps": np.ones_like(block.taps), "temporal": _fill(block.temporal, filters)}


def _no_threshold(design: Design) -> Design:
    """Design with thresholds at 0, and stores that can hold dense rows."""
    plain = _blocks(design, lambda block: {"threshold_z": 0, "density_z": 1.0, "threshold_h": 0, "threshold_y": 0})
    return replace(plain, input_threshold=0, blocks=tuple(
        block.with_whole_stores(design.joints) for block in plain.blocks))


def _no_zero(design: Design) -> Design:
    """Design without thresholds, with biases that make every value of H and Y 127."""
    def change(block):
        return {f"{name}_bias": np.full_like(getattr(block, f"{name}_bias"), 1 << 39) for name in "hy"}
    return _blocks(_no_threshold(design), change)


def variants(design: Design) -> list[Variant]:
    """The design as it is, and one variant for each of :data:`VARIANTS`.

    Parameters
    ----------
    design : Design
        The network.
    """
    if design.multi_scale:
        raise ValueError(f"design must have no multi-scale block for the ablation, whose ideas are those of one "
                         f"temporal convolution, and {design.name} has")
    filled = "1 and -1 in turn in place of the weights that are left out"
    return [
        Variant(name=NOTHING_OFF, design=design, how=""),
        Variant(name="packing", design=design, single=True, how="one product a multiplier and cycle"),
        Variant(name="zero skipping", design=_no_zero(design), how="biases that make every value of H and Y 127"),
        Variant(name="thresholds", design=_no_threshold(design), how="all thresholds 0, that of the dead zone too"),
        Variant(name="dead zone", how="threshold_z 0",
                design=_blocks(design, lambda block: {"threshold_z": 0, "density_z": 1.0})),
        Variant(name="tap pruning", design=_blocks(design, _every_tap), how=filled),
        Variant(name="filter pruning", design=_blocks(design, _every_filter), how=filled),
        Variant(name="channel dropping", design=_blocks(design, _every_channel), how=filled),
        Variant(name="rings", how="each row of a store has room for the densest one",
                design=_blocks(design, lambda block: {"x_entries": (), "h_entries": ()})),
    ]
