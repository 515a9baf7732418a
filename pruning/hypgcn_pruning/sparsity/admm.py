"""ADMM: the network is trained towards the sparse structure before anything is pruned, so that pruning removes little.

With W the weights, S the set of weights that have the target structure and U the scaled dual variable, the loss gets
the term ``rho / 2 * |W - Z + U|^2``, and after every epoch ``Z = projection of W + U onto S``, ``U += W - Z`` (Boyd et
al., Distributed Optimization and Statistical Learning via ADMM, 2011, section 3.1.1, as Zhang et al., ECCV 2018, apply
it to pruning). """

from typing import Protocol

import torch

from hypgcn.design import BANK, even_taps

from ..network.model import Network
from .channels import best_mask
from .importance import layers
from .taps import best_taps, read_banks

__all__ = ["Admm", "ChannelStructure", "TapStructure"]


class Structure(Protocol):
    """A set of sparse weights: which tensors it speaks of, and for given values of them the nearest member's masks."""

    def weights(self, model: Network) -> dict[str, torch.Tensor]: ...

    def masks(self, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]: ...

    def settings(self) -> dict: ...


class ChannelStructure:
    """Every decision of :func:`~.importance.layers` keeps its share of input channels; the 1x1 weights of
    the others are zero and, where ``coupled``, the temporal filters that make them."""

    def __init__(self, model: Network, shares: float | list[float], *, tied: bool, coupled: bool):
        self.decisions = layers(model, tied)
        self.shares = list(shares) if isinstance(shares, list | tuple) else [shares] * len(self.decisions)
        self.coupled = coupled

    def settings(self) -> dict:
        """Shares of channels of every decision."""
        return {"decisions": self.decisions, "shares": self.shares, "coupled": self.coupled}

    def weights(self, model: Network) -> dict[str, torch.Tensor]:
        """1x1 weights of all subsets, and the temporal weights in front of them."""
        tensors: dict = {}
        for members in self.decisions:
            for index in members:
                for k, conv in enumerate(model.blocks[index].gcn1.conv_d):
                    tensors[f"{index}.d{k}"] = conv.weight
                if self.coupled:
                    tensors[f"{index}.made"] = model.blocks[index - 1].tcn1.conv.weight
        return tensors

    def masks(self, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Keeps the channels of the highest energy, so that the distance to ``values`` is minimal for a block."""
        masks = {}
        for members, share in zip(self.decisions, self.shares):
            tensors = {name: value for name, value in values.items() if int(name.partition(".")[0]) in members}
            energy = sum(value.square().flatten(1).sum(1) if name.endswith("made")
                         else value.square().sum((0, 2, 3)) for name, value in tensors.items())
            kept = best_mask(energy, share).to(energy.dtype)
            for name in tensors:
                masks[name] = kept[:, None, None, None] if name.endswith("made") else kept[None, :, None, None]
        return masks


class TapStructure:
    """Every bank of every block of ``model`` keeps ``keep`` taps, balanced as :func:`~.taps.best_taps` does, and with
    ``even`` those of blocks of stride 2 are :func:`~hypgcn.design.even_taps`. Banks of H behind the first
    ``hidden`` have none.
    """

    def __init__(self, keep: int | list[int], model: Network, *, even: bool = False, hidden: float = 1.0):
        self.keep = list(keep) if isinstance(keep, list | tuple) else [keep] * model.depth
        self.read = [read_banks(len(block.taps), hidden) for block in model.blocks]
        self.allowed = [even_taps(model.config.kernel, block.stride if even else 1) for block in model.blocks]

    def settings(self) -> dict:
        """Taps of every block, of which of them, and banks that are read."""
        return {"taps": self.keep, "allowed": [allowed.nonzero()[0].tolist() for allowed in self.allowed],
                "read": self.read}

    def weights(self, model: Network) -> dict[str, torch.Tensor]:
        """Temporal weights."""
        return {str(index): block.tcn1.conv.weight for index, block in enumerate(model.blocks)}

    def masks(self, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Keeps the taps of the highest energy."""
        masks = {}
        for name, value in values.items():
            energy = value[..., 0].square().sum(0)
            banks = torch.stack([bank.sum(0) for bank in energy.split(BANK)])
            index = int(name)
            chosen = best_taps(banks.double().numpy(), self.keep[index], self.allowed[index], self.read[index])
            taps = torch.from_numpy(chosen).to(value.dtype)
            masks[name] = taps.repeat_interleave(BANK, 0)[:value.shape[1]][None, :, :, None]
        return masks


class Admm:
    """Regulariser that pulls weights towards ``structure``.

    Parameters
    ----------
    structure : Structure
        The set that weights are projected onto.
    rho : float
        Penalty parameter, above 0.

    Attributes
    ----------
    gap : float
        Distance of the weights to the structure, relative to their norm; NaN before the first epoch.
    """

    def __init__(self, structure: Structure, rho: float):
        if not rho > 0:
            raise ValueError(f"rho must be positive, not {rho!r}")
        self.structure, self.rho = structure, rho
        self.gap = float("nan")
        self._dual: dict[str, torch.Tensor] = {}
        self._target: dict[str, torch.Tensor] = {}

    def begin(self, model: Network):
        """Start from the projection of the weights as they are."""
        values = {name: weight.detach().clone() for name, weight in self.structure.weights(model).items()}
        masks = self.structure.masks(values)
        self._dual = {name: torch.zeros_like(value) for name, value in values.items()}
        self._target = {name: value * masks[name] for name, value in values.items()}

    def penalty(self, model: Network) -> torch.Tensor:
        """``rho / 2 * |W - Z + U|^2``."""
        distances = [(weight - self._target[name] + self._dual[name]).square().sum()
                     for name, weight in self.structure.weights(model).items()]
        return self.rho / 2 * torch.stack(distances).sum()

    def after_epoch(self, model: Network):
        """Update of Z and U."""
        with torch.no_grad():
            weights = self.structure.weights(model)
            sums = {name: weight + self._dual[name] for name, weight in weights.items()}
            masks = self.structure.masks(sums)
            self._target = {name: value * masks[name] for name, value in sums.items()}
            self._dual = {name: sums[name] - self._target[name] for name in sums}
            distance = sum(float((weights[name] - self._target[name]).square().sum()) for name in weights)
            self.gap = (distance / max(1e-30, sum(float(weight.square().sum()) for weight in weights.values()))) ** 0.5

    def end(self, model: Network):
        """Nothing to do."""

    def settings(self) -> dict:
        """Kind, penalty parameter and structure."""
        return {"kind": "admm", "rho": self.rho, **self.structure.settings()}

    def state_dict(self) -> dict:
        """Z and U."""
        return {"dual": self._dual, "target": self._target}

    def load_state_dict(self, state: dict):
        """Go on with Z and U of :meth:`state_dict`."""
        self._dual, self._target = dict(state["dual"]), dict(state["target"])
