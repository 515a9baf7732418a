"""Golden twin of ``hypgcn.sparse.unit``."""

from ..rfc.store import store
from .combine import combine
from .lanes import conv_temporal

__all__ = ["temporal"]


def temporal(h, x, block, theta: int) -> dict:
    """Tensors of the unit for encoded H (T, V, O) and stored X (T, V, I).

    Keys: ``h_stored``, ``h_lost`` (per row), ``b`` (accumulators), ``y``.
    """
    stored, lost = store(h, block.h_depths, block.h_window)
    acc = conv_temporal(stored, x, block)
    return {"h_stored": stored, "h_lost": lost, "b": acc, "y": combine(acc, x, block, theta)}
