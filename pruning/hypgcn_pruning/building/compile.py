"""From a quantised network to the design that is built: constant channels gone, stores as deep as the data needs."""

from dataclasses import replace

import numpy as np

from hypgcn.design import MINI_BANKS, Design

from ..config import CompileConfig
from .constants import fold_constants
from .statistics import measure_blocks

__all__ = ["compile_design"]


def compile_design(design: Design, clips: np.ndarray, config: CompileConfig | None = None,
                   meta: dict | None = None) -> Design:
    """``design`` with ``x_depths``, ``h_depths``, ``density_x`` and ``density_h`` (and ``density_z`` where Z has a
    dead zone) from int8 calibration ``clips``, and with ``meta`` added.

    Its logits are those of the quantised network on all clips that fit the stores; what happens to others is defined in
    ``docs/numbers.md``.
    """
    config = config or CompileConfig()
    design = fold_constants(design)
    full = [replace(block, x_depths=(design.joints * block.in_banks,) * MINI_BANKS,
                    h_depths=(design.joints * block.out_banks,) * MINI_BANKS)
            for block in design.blocks]
    design = replace(design, blocks=tuple(full))
    blocks = [replace(block, x_depths=found.x.depths(config.margin, design.joints * block.in_banks),
                      h_depths=found.h.depths(config.margin, design.joints * block.out_banks),
                      density_x=found.x.density, density_h=found.h.density,
                      density_z=found.density_z if block.threshold_z else 1.0)
              for block, found in zip(full, measure_blocks(design, clips))]
    return replace(design, blocks=tuple(blocks), meta={**design.meta, **(meta or {})})
