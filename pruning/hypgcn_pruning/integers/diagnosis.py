"""Where int8 costs accuracy, and what helps: measured layer by layer, and by trying the remedies."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from hypgcn.progress import Progress

from ..network.model import ModelConfig
from .fold_bn import Folded
from .layers import title
from .mixed import MixedNetwork, block_of

__all__ = ["LOSS", "Quality", "Remedy", "compare", "layer_costs", "message", "try_remedies"]

LOSS = 0.005
"""Share of the clips, from which on a loss of accuracy is looked into."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Integers against the float network on the same clips.

    Parameters
    ----------
    clips : int
    pruned, int8 : float
        Top-1, 0..1.
    agreement : float
        Share of clips of the same class by both, 0..1.
    divergence : float
        Mean Kullback-Leibler divergence of the class probabilities, in nats.
    """

    clips: int
    pruned: float
    int8: float
    agreement: float
    divergence: float

    @property
    def lossy(self) -> bool:
        """Whether int8 loses more than :data:`LOSS`."""
        return self.pruned - self.int8 > LOSS


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """Other integers of the same network, and the ``option`` of ``hypgcn quantise`` that gives them."""

    option: str
    make: Callable[[], tuple[Folded, dict[str, float]]]


def _divergence(real: torch.Tensor, other: torch.Tensor) -> float:
    real, other = real.double().log_softmax(1), other.double().log_softmax(1)
    return max(0.0, float((real.exp() * (real - other)).sum(1).mean()))


def compare(real: torch.Tensor, other: torch.Tensor, labels: torch.Tensor) -> Quality:
    """Logits (N, classes) of the float network and of its integers."""
    a, b = real.argmax(1), other.argmax(1)
    shares = [round(float(equal.double().mean()), 4) for equal in (a == labels, b == labels, a == b)]
    return Quality(clips=len(labels), pruned=shares[0], int8=shares[1], agreement=shares[2],
                   divergence=round(_divergence(real, other), 6))


def layer_costs(mixed: MixedNetwork, clips: torch.Tensor, progress: bool = True) -> list[dict]:
    """Every tensor alone in integers, all others float, from the costliest to the cheapest.

    Parameters
    ----------
    mixed : MixedNetwork
    clips : torch.Tensor (N, M, T, V, C)
        Prepared; some dozen are enough, since divergences and not votes are compared.
    progress : bool
        Show the share that is done and the time left.

    Returns
    -------
    list of dict
        ``site`` (of ``mixed.sites``), its ``divergence`` in nats, and its ``share`` of the sum over all sites.
    """
    depth, found = len(mixed.grids), {}
    show = Progress(f"int8 layer by layer, {len(clips)} clips") if progress else None
    with torch.inference_mode():
        inputs = [mixed.first(clips, ())]
        for index in range(depth):
            inputs.append(mixed.block(index, inputs[-1], ())["y"])
        real = mixed.logits(inputs[-1], len(clips), ())
        for done, site in enumerate(mixed.sites):
            if show:
                show(done, len(mixed.sites), title(site))
            start = min(depth, block_of(site))
            x = mixed.first(clips, {site}) if start < 0 else inputs[start]
            for index in range(max(0, start), depth):
                x = mixed.block(index, x, {site})["y"]
            found[site] = _divergence(real, mixed.logits(x, len(clips), {site}))
    if show:
        show.finish()
    whole = math.fsum(found.values())
    return sorted(({"site": site, "divergence": round(cost, 8), "share": round(cost / whole, 4) if whole else 0.0}
                   for site, cost in found.items()), key=lambda row: -row["divergence"])


def try_remedies(remedies: list[Remedy], real: torch.Tensor, clips: torch.Tensor, labels: torch.Tensor,
                 shape: ModelConfig, progress: bool = True) -> list[dict]:
    """Quality of every remedy on ``clips``, by falling divergence: ``option`` and the members of :class:`Quality`."""
    rows = []
    show = Progress(f"int8: remedies, {len(clips)} clips") if progress else None
    for done, remedy in enumerate(remedies):
        if show:
            show(done, len(remedies), remedy.option)
        mixed = MixedNetwork(*remedy.make(), shape)
        quality = compare(real, mixed.predict(clips, mixed.sites), labels)
        rows.append({"option": remedy.option, **vars(quality)})
    if show:
        show.finish()
    return sorted(rows, key=lambda row: row["divergence"])


def message(quality: Quality, layers: dict[str, dict], costs: list[dict], tried: list[dict], clips: str) -> str:
    """What a user reads: the loss, the layer, and what helped.

    Parameters
    ----------
    quality : Quality
    layers : dict
        Rows of :func:`~.layers.layer_report`.
    costs, tried : list of dict
        Of :func:`layer_costs` and :func:`try_remedies`.
    clips : str
        Which clips these are.
    """
    points = 100 * (quality.pruned - quality.int8)
    place = f"{points:.1f} points below" if points > 0 else "not below"
    text = (f"int8 is {place} the pruned network ({100 * quality.int8:.1f} against {100 * quality.pruned:.1f} %) on "
            f"{clips}; both agree on {100 * quality.agreement:.1f} %")
    worst = costs[0]
    row = layers[worst["site"]]
    text += (f". {100 * worst['share']:.0f} % of what integers change comes from {title(worst['site'])} (saturates "
             f"{100 * row['saturated']:.2g} %, {row['snr']:.0f} dB)")
    if len(costs) > 1 and costs[1]["share"] >= 0.05:
        text += f", {100 * costs[1]['share']:.0f} % from {title(costs[1]['site'])}"
    # A remedy has to take back a fifth of what integers change: below that a few clips decide.
    helped = [row for row in tried if row["divergence"] < 0.8 * quality.divergence and row["int8"] >= quality.int8]
    if helped:
        text += ". Tried on the same clips: " + "; ".join(
            f"{row['option']} gives {100 * row['int8']:.1f} % and agrees on {100 * row['agreement']:.1f} %"
            for row in helped[:3])
    elif tried:
        text += f". None of {', '.join(row['option'] for row in tried)} helped"
    if quality.lossy and not any(row["pruned"] - row["int8"] <= LOSS for row in helped):
        text += ". Training with the integers in place is left: --epochs 4 (QAT; --rate 0.005)"
    return text
