"""Golden twin of ``hypgcn.sparse.unit``."""

from ..rfc.store import store
from .combine import combine
from .lanes import conv_temporal

__all__ = ["temporal"]


def temporal(features, x, block, theta: int) -> dict:
    """Tensors of the unit for encoded H (T, V, H), or Q of a multi-scale block, and stored X (T, V, I).

    Keys: ``h_stored``, ``h_lost`` (per row), with branches ``q_stored`` and ``q_lost``; ``b`` (accumulators), ``y``.
    """
    if block.scales is None:
        name, depths, window = "h", block.h_depths, block.h_window
    else:
        name, depths, window = "q", block.scales.q_depths, 1
    stored, lost = store(features, depths, window)
    acc = conv_temporal(stored, x, block)
    return {f"{name}_stored": stored, f"{name}_lost": lost, "b": acc, "y": combine(acc, x, block, theta)}
