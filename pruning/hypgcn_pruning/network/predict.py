"""What a network makes of clips: logits and top-1 accuracy."""

import numpy as np
import torch

from .model import Network

__all__ = ["accuracy", "predict"]


def predict(model: Network, clips: torch.Tensor, size: int = 64) -> torch.Tensor:
    """Logits (N, classes) of prepared ``clips`` (N, M, T, V, C) in evaluation mode, ``size`` clips at a time."""
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    with torch.inference_mode():
        logits = torch.cat([model(clips[i:i + size].to(device)).cpu() for i in range(0, len(clips), size)])
    model.train(was_training)
    return logits


def accuracy(model: Network, clips: torch.Tensor, labels: np.ndarray) -> float:
    """Top-1 accuracy: share of ``clips`` whose highest logit is the label."""
    return float((predict(model, clips).argmax(1).numpy() == labels).mean())
