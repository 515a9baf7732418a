"""Golden twin of ``hypgcn.temporal.unit``."""

from ..rfc.store import store
from .combine import combine
from .lanes import conv_temporal

__all__ = ["temporal"]


def temporal(h, x, block, theta: int) -> dict:
    """``h_stored``, ``h_lost`` (per row), ``b`` (accumulators) and ``y`` of encoded H (T, V, O) and stored X (T, V,
    I)."""
    stored, lost = store(h, block.h_depths)
    acc = conv_temporal(stored, x, block)
    return {"h_stored": stored, "h_lost": lost, "b": acc, "y": combine(acc, x, block, theta)}
