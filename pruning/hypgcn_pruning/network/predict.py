"""What a network makes of clips: logits and top-1 accuracy."""

from collections.abc import Callable

import numpy as np
import torch

from ..recordings.prepared import PreparedClips
from .model import Network

__all__ = ["accuracy", "class_accuracy", "class_hits", "clips_at_a_time", "predict"]


FRAMES, BATCH = 4096, 64
"""At most so many frames of all persons, and so many clips, are computed at a time."""


def clips_at_a_time(model: Network) -> int:
    """Clips of a batch whose tensors fit a few hundred megabytes, 1 to 64."""
    return max(1, min(BATCH, FRAMES // (model.config.persons * model.config.frames)))


def predict(model: Network, clips: torch.Tensor | PreparedClips, size: int | None = None,
            progress: Callable[[int], None] | None = None) -> torch.Tensor:
    """Logits (N, classes) of prepared ``clips`` (N, M, T, V, C) in evaluation mode.

    ``size`` clips at a time, left out :func:`clips_at_a_time`; ``progress`` is called with the number that is done.
    """
    size = size or clips_at_a_time(model)
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    with torch.inference_mode():
        parts = []
        for i in range(0, len(clips), size):
            parts.append(model(torch.as_tensor(clips[i:i + size]).to(device)).cpu())
            if progress is not None:
                progress(min(i + size, len(clips)))
        logits = torch.cat(parts)
    model.train(was_training)
    return logits


def accuracy(model: Network, clips: torch.Tensor, labels: np.ndarray) -> float:
    """Top-1 accuracy: share of ``clips`` whose highest logit is the label."""
    return float((predict(model, clips).argmax(1).numpy() == labels).mean())


def class_hits(votes: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Int64 (2, classes): the clips of each class whose vote is right, and all of its clips."""
    return np.stack([np.bincount(labels[votes == labels], minlength=classes), np.bincount(labels, minlength=classes)])


def class_accuracy(votes: np.ndarray, labels: np.ndarray, classes: int) -> float:
    """Mean over the classes that have clips of their top-1 accuracy.

    A class counts as much as any other, however many clips it has.
    """
    right, clips = class_hits(votes, labels, classes)
    return float((right[clips > 0] / clips[clips > 0]).mean())
