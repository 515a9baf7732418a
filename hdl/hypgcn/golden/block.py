"""Golden twin of ``hypgcn.block``."""

from .rfc.store import store
from .spatial.unit import spatial
from .temporal.scales import branched, reduced
from .temporal.unit import temporal

__all__ = ["lost_of", "run_block"]


def run_block(x, block, threshold_raise: int = 0) -> dict:
    """Every tensor of one block for the encoded X (T, V, I) of one person.

    Keys: ``x_stored``, ``x_lost``, ``z``, ``a``, ``h``, ``h_stored``, ``h_lost``, ``b``, ``y``; with branches ``p``,
    ``p_stored``, ``p_lost``, ``q``, ``q_stored``, ``q_lost`` as well.
    """
    def raised(threshold: int) -> int:
        return min(127, threshold + threshold_raise)

    stored, lost = store(x, block.x_depths, block.x_window)
    tensors = {"x_stored": stored, "x_lost": lost, **spatial(stored, block, raised(block.threshold_h))}
    features, scales = tensors["h"], block.scales
    if scales is not None:
        tensors |= reduced(features, block, raised(scales.threshold_p))
        tensors |= branched(tensors["p"], block, raised(scales.threshold_q))
        features = tensors["q"]
    return {**tensors, **temporal(features, stored, block, raised(block.threshold_y))}


def lost_of(tensors: dict) -> int:
    """Vectors that lost values in any store, of the tensors of one block or of all blocks."""
    return sum(int(lost.sum()) for name, lost in tensors.items() if name.endswith("_lost"))
