"""From a quantised network to the design that is built: only what has an effect, in stores as deep as data needs."""

from dataclasses import replace

import numpy as np

from hypgcn.design import Design

from ..config import CompileConfig
from .constants import fold_constants
from .hoist import hoist_strides
from .narrow import narrow
from .statistics import measure_blocks

__all__ = ["compile_design"]


def compile_design(design: Design, clips: np.ndarray, config: CompileConfig | None = None,
                   meta: dict | None = None) -> Design:
    """``design`` with depths, entries and densities of its stores (and ``density_z`` where Z has a dead zone) from
    calibration ``clips``, and with ``meta`` added.

    Its logits are those of the quantised network on all clips that fit the stores; what happens to others is defined in
    ``docs/numbers.md``.
    """
    config = config or CompileConfig()
    design = narrow(fold_constants(hoist_strides(design)))
    full = [block.with_whole_stores(design.joints) for block in design.blocks]
    design = replace(design, blocks=tuple(full))
    blocks = [replace(block, x_depths=found.x.depths(config.margin, block.x_depths[0]),
                      h_depths=found.h.depths(config.margin, block.h_depths[0]),
                      x_entries=found.x.mean_entries, h_entries=found.h.mean_entries,
                      density_x=found.x.density, density_h=found.h.density,
                      density_z=found.density_z if block.threshold_z else 1.0)
              for block, found in zip(full, measure_blocks(design, clips))]
    return replace(design, blocks=tuple(blocks), meta={**design.meta, **(meta or {})})
