"""Sensitivity of the layers to pruning: the loss when one of them alone is pruned, and the ratios that reach a target
of multiplications with the smallest sum of such losses."""

import copy
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from ..network.cost import NetworkCost, cost_of
from ..network.model import Network
from ..network.predict import predict
from .channels import drop_channels
from .importance import layers
from .taps import cut_taps

__all__ = ["Trial", "Ratios", "measure_sensitivity", "search_ratios"]

SHARES = (0.75, 0.5, 0.375, 0.25, 0.1875, 0.125)
TAPS = (6, 4, 3, 2, 1)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One layer pruned alone: ``what`` is ``channels`` (``setting``: share that stays) or ``taps`` (number that
    stays), ``where`` its place in the list of decisions or of blocks, ``rise`` how much the loss grew."""

    what: str
    where: int
    setting: float
    rise: float


@dataclass(frozen=True, kw_only=True)
class Ratios:
    """Result of a search: a share for each decision, a number of taps for each block, and the reduction of the
    multiplications by weights that they give."""

    shares: tuple[float, ...]
    taps: tuple[int, ...]
    reduction: float


def _loss(model: Network, clips: torch.Tensor, labels: torch.Tensor) -> float:
    return float(F.cross_entropy(predict(model, clips), labels))


def measure_sensitivity(model: Network, clips: torch.Tensor, labels: torch.Tensor, *,
                        scores: list[torch.Tensor] | None = None, tied: bool = True, coupled: bool = True,
                        even: bool = False, progress: bool = True) -> list[Trial]:
    """Cross entropy on prepared ``clips`` with every layer pruned alone, to several depths, without fine-tuning; with
    ``even``, of a network whose blocks of stride 2 have :func:`~hypgcn.design.even_taps` alone.

    One forward pass over ``clips`` for each of about six settings of every decision and four of every block. """
    kernel = model.config.kernel
    if even:
        model = copy.deepcopy(model)
        cut_taps(model, kernel, even=True)
    base = _loss(model, clips, labels)
    decisions = layers(model, tied)
    plan = [("channels", where, share) for where in range(len(decisions)) for share in SHARES]
    plan += [("taps", where, keep) for where in range(model.depth) for keep in TAPS if keep < kernel]
    trials = []
    for what, where, setting in tqdm(plan, desc="sensitivity", disable=not progress, mininterval=1):
        tried = copy.deepcopy(model)
        if what == "channels":
            shares = [1.0] * len(decisions)
            shares[where] = setting
            drop_channels(tried, shares, scores=scores, tied=tied, coupled=coupled)
        else:
            cut_taps(tried, [int(setting) if index == where else kernel for index in range(model.depth)], even=even)
        trials.append(Trial(what=what, where=where, setting=setting, rise=_loss(tried, clips, labels) - base))
    return trials


def _pruned(dense: NetworkCost, decisions: list[list[int]], shares: list[float], taps: list[int],
            coupled: bool) -> NetworkCost:
    """``dense`` with these ratios: what counts for multiplications is how many, not which."""
    kept = [block.inputs for block in dense.blocks]
    for members, share in zip(decisions, shares):
        for index in members:
            kept[index] = max(1, int(share * kept[index] + 1e-9))
    blocks = []
    for index, block in enumerate(dense.blocks):
        filters = kept[index + 1] if coupled and index + 1 < len(kept) else block.outputs
        kernel = block.readers.shape[1]
        readers = np.broadcast_to(np.arange(kernel) < taps[index], block.readers.shape) * filters
        blocks.append(replace(block, kept=np.arange(block.inputs) < kept[index], readers=readers))
    return replace(dense, blocks=tuple(blocks))


def search_ratios(model: Network, trials: list[Trial], target: float, *, tied: bool = True,
                  coupled: bool = True) -> Ratios:
    """Ratios whose multiplications are at most those of the dense network over ``target``.

    Greedy: of all layers the one is pruned a step further whose loss rises least for the multiplications that the step
    saves; the rises of layers are taken to add up.

    Parameters
    ----------
    model : Network
        Gives the shape; its masks do not count.
    trials : list of Trial
        As :func:`measure_sensitivity` returns them.
    target : float
        Reduction of the multiplications by weights, above 1.
    tied, coupled : bool
        As for :func:`~.channels.drop_channels`.

    Raises
    ------
    ValueError
        The target is out of reach; the text has the highest one.
    """
    dense, decisions = cost_of(model).dense(), layers(model, tied)
    dense_macs = dense.macs()["all"]
    steps: dict[tuple[str, int], list[Trial]] = {}
    for trial in trials:
        steps.setdefault((trial.what, trial.where), []).append(trial)
    done = dict.fromkeys(steps, 0)

    def macs(places: dict[tuple[str, int], int]) -> int:
        shares, taps = [1.0] * len(decisions), [model.config.kernel] * model.depth
        for (what, where), count in places.items():
            if count and what == "channels":
                shares[where] = steps[what, where][count - 1].setting
            elif count:
                taps[where] = int(steps[what, where][count - 1].setting)
        return _pruned(dense, decisions, shares, taps, coupled).macs()["all"]

    now = macs(done)
    while dense_macs < target * now:
        best = None
        for key, count in done.items():
            if count == len(steps[key]):
                continue
            before = steps[key][count - 1].rise if count else 0.0
            saved = now - macs({**done, key: count + 1})
            price = max(0.0, steps[key][count].rise - before) / max(1, saved)
            if saved and (best is None or price < best[0]):
                best = price, key
        if best is None:
            raise ValueError(f"target must be at most {dense_macs / now:.2f}, what all layers give at their sparsest, "
                             f"not {target!r}")
        done[best[1]] += 1
        now = macs(done)
    shares, taps = [1.0] * len(decisions), [model.config.kernel] * model.depth
    for (what, where), count in done.items():
        if count:
            setting = steps[what, where][count - 1].setting
            if what == "channels":
                shares[where] = setting
            else:
                taps[where] = int(setting)
    return Ratios(shares=tuple(shares), taps=tuple(taps), reduction=dense_macs / now)
