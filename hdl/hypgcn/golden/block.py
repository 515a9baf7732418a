"""Golden twin of ``hypgcn.block``."""

from .rfc.store import store
from .spatial.unit import spatial
from .temporal.unit import temporal

__all__ = ["run_block"]


def run_block(x, block, threshold_raise: int = 0) -> dict:
    """Every tensor of one block for the encoded X (T, V, I) of one person.

    Keys: ``x_stored``, ``x_lost``, ``z``, ``a``, ``h``, ``h_stored``, ``h_lost``, ``b``, ``y``.
    """
    stored, lost = store(x, block.x_depths, block.x_window)
    theta_h = min(127, block.threshold_h + threshold_raise)
    theta_y = min(127, block.threshold_y + threshold_raise)
    tensors = spatial(stored, block, theta_h)
    return {"x_stored": stored, "x_lost": lost, **tensors, **temporal(tensors["h"], stored, block, theta_y)}
