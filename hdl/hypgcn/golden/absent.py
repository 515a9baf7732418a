"""Golden twin of ``hypgcn.absent``: absent persons, and their constant contribution to the scores."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .block import lost_of, run_block
from .head import head
from .input import input_affine

__all__ = ["AbsentResponse", "absent_response", "computed", "left_out"]


@dataclass(frozen=True, kw_only=True, eq=False)
class AbsentResponse:
    """Response to persons whose joints are all zero, with thresholds that are not raised (``docs/numbers.md``).

    Attributes
    ----------
    constant : bool (M,)
        Whether the scores are valid for the person: not when a store would lose values.
    scores : int64 (M, classes)
        Contribution to the logits, ``sum_c head[j,c] * sum_{t,v} Y[m,t,v,c]``; 0 where it is not constant.
    """

    constant: np.ndarray
    scores: np.ndarray


@lru_cache(maxsize=8)  # it takes about a second, and a command needs it several times for the same design
def absent_response(design) -> AbsentResponse:
    """Response of a :class:`~hypgcn.design.Design`; persons with the same ``input_bias`` share one computation."""
    silent = np.zeros(design.clip_shape, design.clip_type)
    scores = np.zeros((design.persons, design.classes), np.int64)
    constant = np.zeros(design.persons, bool)
    by_bias: dict[bytes, np.ndarray | None] = {}
    for person, x in enumerate(input_affine(silent, design)):
        key = design.input_bias[person].tobytes()
        if key not in by_bias:
            by_bias[key] = _scores(x, design)
        if (person_scores := by_bias[key]) is not None:
            constant[person] = True
            scores[person] = person_scores
    return AbsentResponse(constant=constant, scores=scores)


def _scores(x, design) -> np.ndarray | None:
    """Scores (classes,) of one person's X of block 1 (T, V, C) without bias; ``None`` when a store loses values."""
    for block in design.blocks:
        tensors = run_block(x, block)
        if lost_of(tensors):
            return None
        x = tensors["y"]
    return head(x[None], design)["logits"] - design.head_bias


def left_out(clip, tensors: dict, threshold_raise: int = 0):
    """Persons that the hardware skips.

    Parameters
    ----------
    clip : (M, T, V, C)
        A clip; of raw joints those at the input affine (:func:`~.input.coordinates`).
    tensors : dict
        Tensors of the network, by the names of :func:`~hypgcn.golden.network.run`.

    Returns
    -------
    bool (M,)
        Persons that are zero throughout, unless a store loses values of theirs or thresholds are raised.
    """
    absent = ~np.asarray(clip).any(axis=(1, 2, 3)) & (threshold_raise == 0)
    for name, lost in tensors.items():
        if name.endswith("_lost"):
            absent &= ~lost.any(axis=1)
    return absent


def computed(absent) -> list[str]:
    """Names of the persons that are computed, of flags (clips, persons) of :func:`left_out`."""
    return [f"clip {clip}, person {person}" for clip, person in np.argwhere(~np.asarray(absent)).tolist()]
