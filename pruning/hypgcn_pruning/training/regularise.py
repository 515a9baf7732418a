"""What may be added to the loss while a network is trained: a protocol, and the penalty on activations."""

from typing import Protocol

import torch

from ..network.model import Network

__all__ = ["Regulariser", "ActivationPenalty"]


class Regulariser(Protocol):
    """A term of the loss with a memory.

    ``begin`` is called before the first batch and ``end`` after the last, ``penalty`` for every batch after the forward
    pass (a scalar tensor), ``after_epoch`` once an epoch; the state travels with interrupted runs. """

    def begin(self, model: Network) -> None: ...

    def penalty(self, model: Network) -> torch.Tensor: ...

    def after_epoch(self, model: Network) -> None: ...

    def end(self, model: Network) -> None: ...

    def state_dict(self) -> dict: ...

    def load_state_dict(self, state: dict) -> None: ...


class ActivationPenalty:
    """``weight`` times the mean magnitude of H and Y over all blocks, each relative to its root mean square: pushes
    activations to zero, or below the thresholds, without making all of them small (Hoyer's measure, layer by layer)."""

    def __init__(self, weight: float):
        if not weight > 0:
            raise ValueError(f"weight must be positive, not {weight!r}")
        self.weight = weight
        self.found: list[torch.Tensor] = []

    def begin(self, model: Network):
        """Watch the blocks of ``model``."""
        for block in model.blocks:
            block.observer = self.watch

    def watch(self, x: torch.Tensor):
        """Take note of one activation tensor of the batch that is being worked on."""
        if x.requires_grad:
            self.found.append(x.mean() / x.square().mean().add(1e-12).sqrt())

    def penalty(self, model: Network) -> torch.Tensor:
        """Of the batch whose activations were seen last."""
        found, self.found = self.found, []
        return self.weight * torch.stack(found).mean()

    def after_epoch(self, model: Network):
        """Nothing to do."""

    def end(self, model: Network):
        """Watch no longer."""
        for block in model.blocks:
            block.observer = None

    def state_dict(self) -> dict:
        """No memory."""
        return {}

    def load_state_dict(self, state: dict):
        """No memory."""
