"""Fine temporal pruning ("cavity"): all filters that read one bank of H keep the same few taps, balanced over the
banks; or every filter has taps of its own."""

import math

import numpy as np
import torch

from hypgcn.design import BANK, even_taps

from ..network.model import BlockModule, Network

__all__ = ["rotating_taps", "best_taps", "tap_scores", "read_banks", "cut_taps", "cut_taps_of_filters"]


def rotating_taps(banks: int, kernel: int, keep: int, offset: int = 0) -> np.ndarray:
    """uint8 (banks, kernel) with ``keep`` ones a row; over all rows every tap occurs equally often, give or take one.

    The banks deal out the taps 0, 2, 4, .. 1, 3, 5, .. in turn, so that a bank's taps lie apart and a filter sees them
    all once ``banks * keep >= kernel``. """
    if isinstance(keep, bool) or not isinstance(keep, int) or not 1 <= keep <= kernel:
        raise ValueError(f"keep must be in 1..{kernel}, not {keep!r}")
    deal = [*range(0, kernel, 2), *range(1, kernel, 2)]
    taps = np.zeros((banks, kernel), np.uint8)
    for bank in range(banks):
        for place in range(keep):
            taps[bank, deal[(offset + bank * keep + place) % kernel]] = 1
    return taps


def _gainful_cycle(edges: list[tuple[int, int, float]], nodes: int) -> list[tuple[int, int]]:
    """A cycle of ``edges`` (from, to, cost) of negative total cost, or an empty list (Bellman-Ford algorithm)."""
    cost, before = [0.0] * nodes, [-1] * nodes
    last = -1
    for _ in range(nodes):
        last = -1
        for a, b, price in edges:
            if cost[a] + price < cost[b] - 1e-9:
                cost[b], before[b], last = cost[a] + price, a, b
        if last < 0:
            return []
    for _ in range(nodes):
        last = before[last]
    cycle: list[tuple[int, int]] = []
    here = last
    while not cycle or here != last:
        cycle.append((before[here], here))
        here = before[here]
    return cycle


def best_taps(scores: np.ndarray, keep: int, allowed: np.ndarray | None = None, read: int | None = None) -> np.ndarray:
    """uint8 (banks, kernel): the taps of highest total ``scores`` (banks, kernel) that are as balanced as
    :func:`rotating_taps`; only of those that are ``allowed``, bool (kernel,), all of which stay where they are fewer
    than ``keep``, and only of the first ``read`` banks.

    Banks exchange taps in circles while a circle gains (a minimum-cost flow from banks to taps, each tap used by the
    same number of banks, give or take one), so that the result is the best there is. """
    banks, kernel = scores.shape
    if allowed is not None or read is not None:
        allowed = np.ones(kernel, bool) if allowed is None else allowed
        fewer = min(keep, int(allowed.sum())) if keep <= kernel else keep
        taps = np.zeros(scores.shape, np.uint8)
        taps[:read, allowed] = best_taps(scores[:read, allowed], fewer)
        return taps
    taps = rotating_taps(banks, kernel, keep)
    scores = scores / max(float(np.abs(scores).max()), 1e-300)
    low, high = banks * keep // kernel, -(-banks * keep // kernel)
    hub = banks + kernel
    while True:
        uses = taps.sum(axis=0)
        edges = [(banks + tap, bank, scores[bank, tap]) if taps[bank, tap] else (bank, banks + tap, -scores[bank, tap])
                 for bank in range(banks) for tap in range(kernel)]
        edges += [(banks + tap, hub, 0.0) for tap in range(kernel) if uses[tap] < high]
        edges += [(hub, banks + tap, 0.0) for tap in range(kernel) if uses[tap] > low]
        cycle = _gainful_cycle(edges, hub + 1)
        if not cycle:
            return taps
        for a, b in cycle:
            if hub not in (a, b):
                taps[min(a, b), max(a, b) - banks] ^= 1


def tap_scores(block: BlockModule) -> np.ndarray:
    """Energy (banks, kernel) of the temporal weights, batch norm included, by bank of their input channel."""
    gain = block.tcn1.bn.weight / (block.tcn1.bn.running_var + block.tcn1.bn.eps).sqrt()
    weight = block.tcn1.conv.weight[:, :, :, 0] * gain[:, None, None] * block.filters[:, None, None]
    energy = weight.square().sum(0).detach().double().numpy()
    return np.stack([energy[start:start + BANK].sum(axis=0) for start in range(0, block.outputs, BANK)])


def _counts(model: Network, keep: int | list[int]) -> list[int]:
    counts = list(keep) if isinstance(keep, list | tuple) else [keep] * len(model.blocks)
    if len(counts) != len(model.blocks):
        raise ValueError(f"keep must be one number or {len(model.blocks)}, one for each block, not {len(counts)}")
    return counts


def read_banks(banks: int, share: float) -> int:
    """Banks of H of which ``share`` is left: rounded down, at least one."""
    return max(1, math.floor(share * banks + 1e-9))


def cut_taps(model: Network, keep: int | list[int], *, by_magnitude: bool = True, even: bool = False,
             hidden: float = 1.0):
    """Keep ``keep`` taps (one number, or one for each block) of every bank and zero the other temporal weights.

    By magnitude, blocks of stride 2 keep :func:`~hypgcn.design.even_taps` alone where ``even``, and of all blocks
    only the first ``hidden`` banks of H are read at all. """
    for index, (block, count) in enumerate(zip(model.blocks, _counts(model, keep))):
        banks, kernel = block.taps.shape
        if block.scales is not None:    # their taps belong to branches; which banks of H are read is left to choose
            block.taps[read_banks(banks, hidden):] = 0
            block.apply_masks()
            continue
        if by_magnitude:
            allowed = even_taps(kernel, block.stride) if even else None
            chosen = best_taps(tap_scores(block), count, allowed, read_banks(banks, hidden))
        else:
            chosen = rotating_taps(banks, kernel, count, index * count)
        block.taps.copy_(torch.from_numpy(chosen))
        block.apply_masks()


def cut_taps_of_filters(model: Network, keep: int | list[int]):
    """Keep in every temporal filter the ``keep`` taps of most energy, over all channels that it reads: patterns of
    filters, not of banks. As many weights go, but the lanes, which work on all filters at once, skip nothing."""
    for block, count in zip(model.blocks, _counts(model, keep)):
        if block.scales is not None:
            continue
        kernel = block.taps.shape[1]
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= kernel:
            raise ValueError(f"keep must be in 1..{kernel}, not {count!r}")
        energy = block.tcn1.conv.weight.detach()[..., 0].square().sum(1)
        best = energy.argsort(dim=1, descending=True, stable=True)[:, :count]
        block.cavity.copy_(torch.zeros_like(block.cavity).scatter_(1, best, 1))
        block.apply_masks()
