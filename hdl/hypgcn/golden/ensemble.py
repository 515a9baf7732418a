"""Golden model of an ensemble: its networks on one clip of raw joints, and the weighted sum of their logits."""

import numpy as np

from .network import run

__all__ = ["ensemble_scores", "run_ensemble"]


def ensemble_scores(ensemble, logits):
    """Scores int64 (..., classes) of the logits of each stream, int64 (..., classes)."""
    total = sum(mult * np.asarray(part, np.int64) for mult, part in zip(ensemble.mults, logits))
    return (total + (1 << ensemble.shift >> 1)) >> ensemble.shift


def run_ensemble(ensemble, clip, threshold_raise: int = 0) -> dict:
    """Every integer of an ensemble for one clip of raw joints.

    Keys: ``logits`` (classes,), the scores of the sum; ``overflow`` (bool); ``streams``, the tensors of each network
    by the names of :func:`~.network.run`, in order.
    """
    streams = [run(design, clip, threshold_raise) for design in ensemble.designs]
    return {"logits": ensemble_scores(ensemble, [tensors["logits"] for tensors in streams]),
            "overflow": any(tensors["overflow"] for tensors in streams), "streams": streams}
