"""From a quantised network to the design that is built: only what has an effect, in stores as deep as data needs."""

from dataclasses import replace

import numpy as np

from hypgcn.design import Block, Design, Scales

from ..config import CompileConfig
from .constants import fold_constants
from .hoist import hoist_strides
from .narrow import narrow
from .statistics import BlockStatistics, measure_blocks

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
                      density_z=found.density_z if block.threshold_z else 1.0,
                      scales=_scales(block, found, config.margin))
              for block, found in zip(full, measure_blocks(design, clips))]
    return replace(design, blocks=tuple(blocks), meta={**design.meta, **(meta or {})})


def _scales(block: Block, found: BlockStatistics, margin: float) -> Scales | None:
    """The stages of a multi-scale ``block`` with depths, entries and densities of their stores."""
    scales = block.scales
    if scales is None or found.p is None or found.q is None:
        return None
    return replace(scales, p_depths=found.p.depths(margin, scales.p_depths[0]),
                   q_depths=found.q.depths(margin, scales.q_depths[0]), p_entries=found.p.mean_entries,
                   q_entries=found.q.mean_entries, density_p=found.p.density, density_q=found.q.density)
