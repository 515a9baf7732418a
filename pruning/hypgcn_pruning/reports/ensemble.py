"""Accuracies of an ensemble's integers: of the sum, and of each of its networks."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from hypgcn.design.clip import quantise_clip
from hypgcn.design.ensemble import Ensemble

from ..integers.integer import IntegerNetwork, predict_integer
from ..network.predict import BATCH
from ..recordings.prepared import PreparedClips
from .class_figures import class_rows, confusion_matrix, mean_class_accuracy, top_k

__all__ = ["SUM", "ensemble_logits", "evaluate_ensemble"]

SUM = "sum"
"""Name of the sum in reports, beside those of the streams."""


def ensemble_logits(ensemble: Ensemble, clips: PreparedClips | np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Scores int64 (N, classes) of the sum and of each stream, by name, and bool (N,) where a store overflowed.

    Parameters
    ----------
    ensemble : Ensemble
    clips : PreparedClips, or np.ndarray float32 (N, M, T, V, C)
        As the core takes them, before they are brought to int16; read by slices.
    """
    networks = [IntegerNetwork(design) for design in ensemble.designs]
    found: list[list[np.ndarray]] = [[] for _ in networks]
    lost = []
    for start in tqdm(range(0, len(clips), BATCH), "evaluate", disable=None, leave=False):
        # All streams take the same integers: their designs have one unit.
        raw = np.stack([quantise_clip(ensemble.designs[0], clip) for clip in clips[start:start + BATCH]])
        outcomes = [predict_integer(network, raw) for network in networks]
        for logits, (scores, _) in zip(found, outcomes):
            logits.append(scores.numpy())
        lost.append(np.any([overflow.numpy() > 0 for _, overflow in outcomes], axis=0))
    streams = [np.concatenate(logits) for logits in found]
    return {SUM: _sum(ensemble, streams), **dict(zip(ensemble.streams, streams))}, np.concatenate(lost)


def _sum(ensemble: Ensemble, streams: Sequence[np.ndarray]) -> np.ndarray:
    """The integers of the sum, by ``docs/numbers.md``."""
    total = np.full_like(streams[0], 2 ** ensemble.shift // 2)
    for mult, logits in zip(ensemble.mults, streams):
        total += mult * logits
    return total // 2 ** ensemble.shift


def evaluate_ensemble(clips: PreparedClips | np.ndarray, labels: np.ndarray, ensemble: Ensemble,
                      class_names: Sequence[str] = ()) -> dict:
    """What an ensemble makes of clips.

    Parameters
    ----------
    clips : PreparedClips, or np.ndarray float32 (N, M, T, V, C)
        See :func:`ensemble_logits`.
    labels : np.ndarray int (N,)
    ensemble : Ensemble
    class_names : sequence of str
        Of the classes, or empty.

    Returns
    -------
    dict
        As :func:`~.evaluate.evaluate` gives for networks: ``accuracy``, ``class_accuracy``, ``top5`` and ``confusion``
        of ``sum`` and of each stream, and ``classes``; ``clips_with_overflow``; and the ``ensemble``: name, hash, and
        design, weight and multiplier of each stream.
    """
    if not len(clips):
        raise ValueError("clips must hold at least one clip, but are empty")
    scores, lost = ensemble_logits(ensemble, clips)
    votes = {name: found.argmax(1) for name, found in scores.items()}
    confusions = {name: confusion_matrix(vote, labels, scores[name].shape[1]) for name, vote in votes.items()}
    return {
        "clips": len(clips), "clips_with_overflow": int(lost.sum()),
        "ensemble": {"name": ensemble.name, "hash": ensemble.hash, "streams": [
            {"stream": stream, "design": design.name, "hash": design.hash, "weight": str(weight), "mult": mult}
            for stream, design, weight, mult in zip(ensemble.streams, ensemble.designs, ensemble.weights,
                                                    ensemble.mults)]},
        "accuracy": {name: round(float((vote == labels).mean()), 4) for name, vote in votes.items()},
        "class_accuracy": {name: mean_class_accuracy(found) for name, found in confusions.items()},
        "top5": {name: top_k(found, labels) for name, found in scores.items()},
        "classes": class_rows(confusions, class_names),
        "confusion": {name: found.tolist() for name, found in confusions.items()},
    }
