"""Regularisers: terms of the training loss, as a protocol, several at once, and the activation sparsity penalty."""

from typing import Protocol

import torch

from ..network.model import Network

__all__ = ["Regulariser", "Regularisers", "ActivationPenalty"]


class Regulariser(Protocol):
    """A term of the loss that may keep state.

    ``begin`` is called before the first batch and ``end`` after the last, ``penalty`` for every batch after the forward
    pass (a scalar tensor), ``after_epoch`` once an epoch; the state is stored with interrupted runs. ``settings`` is
    plain data by which two regularisers are compared. """

    def begin(self, model: Network) -> None: ...

    def penalty(self, model: Network) -> torch.Tensor: ...

    def after_epoch(self, model: Network) -> None: ...

    def end(self, model: Network) -> None: ...

    def settings(self) -> dict: ...

    def state_dict(self) -> dict: ...

    def load_state_dict(self, state: dict) -> None: ...


class Regularisers:
    """Several regularisers as one: their penalties add up."""

    def __init__(self, *parts: Regulariser):
        self.parts = parts

    def begin(self, model: Network):
        """Begin all."""
        for part in self.parts:
            part.begin(model)

    def penalty(self, model: Network) -> torch.Tensor:
        """Sum of the penalties."""
        return torch.stack([part.penalty(model) for part in self.parts]).sum()

    def after_epoch(self, model: Network):
        """Call that of all."""
        for part in self.parts:
            part.after_epoch(model)

    def end(self, model: Network):
        """End all."""
        for part in self.parts:
            part.end(model)

    def settings(self) -> dict:
        """Settings of all, by their place."""
        return {str(place): part.settings() for place, part in enumerate(self.parts)}

    def state_dict(self) -> dict:
        """States of all, by their place."""
        return {str(place): part.state_dict() for place, part in enumerate(self.parts)}

    def load_state_dict(self, state: dict):
        """Take up the states of all."""
        for place, part in enumerate(self.parts):
            part.load_state_dict(state[str(place)])


class ActivationPenalty:
    """``weight`` times the mean magnitude of H and Y over all blocks, each relative to its root mean square: pushes
    activations to zero, or below the thresholds, without making all of them small (Hoyer's measure, layer by layer)."""

    def __init__(self, weight: float):
        if not weight > 0:
            raise ValueError(f"weight must be positive, not {weight!r}")
        self.weight = weight
        self._magnitudes: list[torch.Tensor] = []

    def begin(self, model: Network):
        """Observe the activations of all blocks of ``model``."""
        for block in model.blocks:
            block.observer = self.observe

    def observe(self, x: torch.Tensor):
        """Record the relative magnitude of one activation tensor of the current batch."""
        if x.requires_grad:
            self._magnitudes.append(x.mean() / x.square().mean().add(1e-12).sqrt())

    def penalty(self, model: Network) -> torch.Tensor:
        """Penalty of the batch that was observed last."""
        magnitudes, self._magnitudes = self._magnitudes, []
        return self.weight * torch.stack(magnitudes).mean()

    def after_epoch(self, model: Network):
        """Nothing to do."""

    def end(self, model: Network):
        """Stop observing."""
        for block in model.blocks:
            block.observer = None

    def settings(self) -> dict:
        """Kind and weight."""
        return {"kind": "activation penalty", "weight": self.weight}

    def state_dict(self) -> dict:
        """There is no state."""
        return {}

    def load_state_dict(self, state: dict):
        """There is no state."""
