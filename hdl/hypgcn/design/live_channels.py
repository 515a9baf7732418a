"""Which channels of features can be other than zero, by what pruning left of a design."""

import numpy as np

from .network import Design

__all__ = ["live_channels"]


def live_channels(design: Design, index: int) -> np.ndarray:
    """Which channels of X of block ``index`` can be other than zero; pruning leaves few.

    A channel is live if the block before computes it, adds a live channel to it by its shortcut, or gives it a constant
    above its threshold.

    Returns
    -------
    ndarray
        bool (channels,).
    """
    live = np.ones(design.channels, bool)
    for block in design.blocks[:index]:
        constant = (block.y_bias + (1 << block.y_shift - 1)) >> block.y_shift
        computed = block.temporal.any(axis=(1, 2)) | (constant > block.threshold_y)
        if block.res is not None:
            computed |= block.res[:, live].any(axis=1)
        if block.shortcut_y == "identity":
            computed[:len(live)] |= live    # Y may have more channels than X
        live = computed
    return live
