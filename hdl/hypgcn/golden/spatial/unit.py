"""Golden twin of ``hypgcn.spatial.unit``."""

from ..arith.requant import requant, widened
from ..rfc.encoder import threshold
from .array import conv_1x1
from .graph import graph

__all__ = ["spatial"]


def spatial(x, block, theta: int) -> dict:
    """Tensors of the unit for X (T, V, I): ``z``, ``a`` (accumulators), ``h`` (requantised, ReLU, threshold)."""
    z = graph(x, block)
    acc = conv_1x1(z, x, block)
    res = widened(x, block.h_channels) if block.shortcut_h == "identity" else 0
    h = requant(acc, block.h_mult, block.h_bias, block.h_shift, 0, 127, res, block.h_res_mult, block.h_res_shift)
    return {"z": z, "a": acc, "h": threshold(h, theta)}
