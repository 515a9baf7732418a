"""Zeros among the activations of a network over clips, and the multiplications that they leave."""

from collections.abc import Sequence

import numpy as np
import torch

from ..network.cost import NetworkCost

__all__ = ["ActivationTally"]


class ActivationTally:
    """Densities of X, Z and H of every block over clips, and the multiplications of ``cost`` that are executed.

    Left out are products with a zero of X in the graph product and in the convolution of the second shortcut, with a
    zero of Z in the 1x1 convolution of a block with a dead zone, with a zero of H (P, Q) in the temporal convolution,
    and rows outside the clip. The convolution beside the 1x1 one is executed in full, and so is the 1x1 one where Z has
    no dead zone. The 1x1 array of the hardware does not skip zeros of Z yet: it takes as many cycles with them.

    Attributes
    ----------
    clips : int
        Clips so far.
    executed : int
        Multiplications of all of them.
    """

    def __init__(self, cost: NetworkCost):
        self.cost = cost
        self.clips = 0
        self.executed = 0
        self._before = [before for before, _ in cost.places()]
        self._nonzero = np.zeros((len(cost.blocks), 3), np.int64)
        self._values = np.zeros((len(cost.blocks), 3), np.int64)

    def add(self, clips: int, tensors: Sequence[tuple[torch.Tensor, ...]]):
        """Count X, Z and H of every block: X and H (clips * persons, T, V, C), Z of the kept channels in any order.

        With branches P and Q follow. Channels of X that a design has no more are zeros.
        """
        for index, (x, z, h, *behind) in enumerate(tensors):
            self.add_block(index, clips, x, z, h, behind)
        self.clips += clips

    def add_block(self, index: int, clips: int, x: torch.Tensor, z: torch.Tensor, h: torch.Tensor,
                  behind: Sequence[torch.Tensor] = ()):
        """Count X, Z, H, and P and Q ``behind`` it, of block ``index`` alone, as in :meth:`add`.

        The caller adds to ``clips``.
        """
        block, subsets, before = self.cost.blocks[index], self.cost.subsets, self._before[index]
        x = torch.nn.functional.pad(x, (0, block.inputs - x.shape[-1]))
        nonzero_x, nonzero_h, nonzero_z = x != 0, h != 0, int(z.count_nonzero())
        self._nonzero[index] += int(nonzero_x.sum()), nonzero_z, int(nonzero_h.sum())
        self._values[index] += x.numel(), z.numel(), h[..., 0].numel() * block.hidden
        kept = int(block.kept.sum())
        self.executed += int(nonzero_x.sum((0, 1, 2)).numpy() @ block.kept) * subsets * self.cost.joints
        self.executed += (nonzero_z if block.dead_zone else clips * before * subsets * kept) * block.hidden
        if block.down is not None:
            self.executed += clips * before * int(block.down[0].sum()) * block.down[1]
        if block.res is not None:
            read = nonzero_x[:, ::block.stride].sum((0, 1, 2)).numpy()
            self.executed += int(read @ block.res[0]) * block.res[1]
        if not block.behind:
            self.executed += _products(block.readers, block.stride, nonzero_h)
            return
        p, q = (tensor != 0 for tensor in behind)
        self.executed += int(nonzero_h.sum()) * block.behind[0]
        self.executed += _products(block.branches, block.stride, p) + _products(block.readers, 1, q)

    def density(self) -> tuple[float, float, float]:
        """Share of non-zeros of X, of Z (kept channels) and of H, each the mean over the blocks, 0..1."""
        x, z, h = (self._nonzero / self._values).mean(axis=0)
        return float(x), float(z), float(h)


def _products(readers: np.ndarray, stride: int, rows: torch.Tensor) -> int:
    """Products of a convolution with ``readers`` (C, kernel), of non-zeros bool (N, T, V, C) in its rows."""
    nonzero = rows.sum((0, 2)).numpy()
    frames, kernel = len(nonzero), readers.shape[1]
    first, total = np.arange(-(-frames // stride)) * stride - (kernel - 1) // 2, 0
    for tap in range(kernel):
        read = first + tap
        total += int(nonzero[read[(read >= 0) & (read < frames)]].sum(0) @ readers[:, tap])
    return total
