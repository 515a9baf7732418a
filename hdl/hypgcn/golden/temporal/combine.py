"""Golden twin of ``hypgcn.sparse.combine``."""

from ..arith.requant import requant, widened
from ..rfc.encoder import threshold

__all__ = ["combine"]


def combine(acc, x, block, theta: int):
    """Y (T', V, O): shortcut, requantisation, ReLU and threshold of the accumulators; ``x`` (T, V, I)."""
    res = widened(x[::block.stride], block.out_channels) if block.shortcut_y == "identity" else 0
    y = requant(acc, block.y_mult, block.y_bias, block.y_shift, 0, 127, res, block.y_res_mult, block.y_res_shift)
    return threshold(y, theta)
