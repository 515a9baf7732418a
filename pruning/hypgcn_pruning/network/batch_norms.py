"""Statistics of batch norms, measured anew where those that training left are not the network's.

Batch norms follow the statistics of training as a moving average: after N steps a share of 0.9^N is still that of the
first weights, and an average over weights has statistics of none of them. A run of some dozen steps is trained well and
evaluated wrongly: the network computes with the statistics of another one.
"""

import copy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from ..messages import say
from .model import Network
from .predict import predict

__all__ = ["MARGIN", "Settled", "measured_anew", "settle_batch_norms"]

MARGIN = 0.05
"""Fall of the cross entropy, in nats, from which on measured statistics replace those of training: networks whose
statistics are settled keep them to the last bit."""
_BATCH = 16


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What measured statistics change on the clips that they were measured on.

    Parameters
    ----------
    loss, loss_before : float
        Cross entropy in nats.
    accuracy, accuracy_before : float
        Top-1, 0..1.
    """

    loss_before: float
    loss: float
    accuracy_before: float
    accuracy: float

    @property
    def better(self) -> bool:
        """Whether the measured statistics are to be taken."""
        return self.loss < self.loss_before - MARGIN


def measured_anew(model: Network, clips: torch.Tensor) -> Network:
    """Copy ``model``, in evaluation mode and with its weights, but with the mean statistics of batches of ``clips``.

    Parameters
    ----------
    model : Network
    clips : torch.Tensor (N, M, T, V, C)
        Prepared, at least one.
    """
    model = copy.deepcopy(model)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    model.train()
    device = next(model.parameters()).device
    seen = 0
    with torch.no_grad():
        for batch in torch.tensor_split(clips, -(-len(clips) // _BATCH)):
            seen += len(batch)
            for norm in norms:
                norm.momentum = len(batch) / seen
            model(batch.to(device))
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
        for block in model.blocks:
            block.settle()
    return model.eval()


def _score(model: Network, clips: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    logits = predict(model, clips).double()
    return float(F.cross_entropy(logits, labels)), float((logits.argmax(1) == labels).double().mean())


def settle_batch_norms(model: Network, clips: torch.Tensor, labels: torch.Tensor,
                       progress: bool = True) -> tuple[Network, Settled]:
    """Take measured statistics where these are better by :data:`MARGIN`, and say so.

    Parameters
    ----------
    model : Network
        In evaluation mode.
    clips : torch.Tensor (N, M, T, V, C)
        Prepared training clips.
    labels : torch.Tensor int64 (N,)
        Their classes.
    progress : bool
        Say that statistics are replaced.

    Returns
    -------
    Network
        ``model`` itself, or a copy.
    Settled
        What was measured.
    """
    anew = measured_anew(model, clips)
    loss_before, accuracy_before = _score(model, clips, labels)
    loss, accuracy = _score(anew, clips, labels)
    found = Settled(loss_before=loss_before, loss=loss, accuracy_before=accuracy_before, accuracy=accuracy)
    if not found.better:
        return model, found
    if progress:
        say(f"batch norms: the statistics of training are not yet those of this network; measured on {len(clips)} "
            f"training clips they raise its accuracy there from {100 * accuracy_before:.1f} to {100 * accuracy:.1f} %, "
            f"and are used (more training steps settle them, or a smaller --average)")
    return anew, found
