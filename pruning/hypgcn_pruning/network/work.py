"""What a network costs: multiplications by weights and by what zeros leave of them, parameters, and stored bits.

The float network and the design are counted by the same rules, so that their figures can stand side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hypgcn.design import BANK, Design, bank_count

from .model import Network

__all__ = ["BlockWork", "Work", "Tally", "graph_skip", "work_of"]


@dataclass(frozen=True, kw_only=True)
class BlockWork:
    """What is kept of one block.

    Parameters
    ----------
    inputs, outputs, stride : of the block
    kept : bool (I,), channels of the graph product and of the 1x1 convolution
    readers : int (O, kernel), how many temporal filters read this tap of this channel of H
    down, res : None, or (bool (I,), outputs): the input columns with a weight, and how many outputs have one
    inner : channels of the convolutions that make the data-dependent graph, 0 without it
    """

    inputs: int
    outputs: int
    stride: int
    kept: np.ndarray
    readers: np.ndarray
    down: tuple[np.ndarray, int] | None = None
    res: tuple[np.ndarray, int] | None = None
    inner: int = 0

    def dense(self) -> "BlockWork":
        """The same block with nothing pruned and without the data-dependent graph."""
        every = np.ones(self.inputs, bool)
        whole = (every, self.outputs)
        return BlockWork(inputs=self.inputs, outputs=self.outputs, stride=self.stride, kept=every,
                         readers=np.full_like(self.readers, self.outputs),
                         down=whole if self.down is not None else None, res=whole if self.res is not None else None)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is kept of a network, with the shape of its clips."""

    persons: int
    frames: int
    joints: int
    channels: int
    classes: int
    subsets: int
    blocks: tuple[BlockWork, ...]

    def dense(self) -> "Work":
        """The network before pruning, without the data-dependent graph: what reductions refer to."""
        return Work(**{**vars(self), "blocks": tuple(block.dense() for block in self.blocks)})

    def places(self) -> list[tuple[int, int]]:
        """For each block its (person, frame, joint) triples before and behind the stride."""
        frames, found = self.frames, []
        for block in self.blocks:
            after = -(-frames // block.stride)
            found.append((self.persons * frames * self.joints, self.persons * after * self.joints))
            frames = after
        return found

    def macs(self) -> dict[str, int]:
        """Multiplications of one clip by unit, every kept weight at every place; zero padding counts as places."""
        found = {"graph": 0, "spatial": 0, "temporal": 0, "shortcuts": 0, "similarity": 0}
        for block, (before, after) in zip(self.blocks, self.places()):
            kept = int(block.kept.sum())
            found["graph"] += before * self.joints * self.subsets * kept
            found["spatial"] += before * self.subsets * kept * block.outputs
            found["temporal"] += after * int(block.readers.sum())
            for conv, places in ((block.down, before), (block.res, after)):
                if conv is not None:
                    found["shortcuts"] += places * int(conv[0].sum()) * conv[1]
            found["similarity"] += before * self.subsets * block.inner * (2 * block.inputs + self.joints)
        return {**found, "all": sum(found.values())}

    def parameters(self) -> int:
        """Weights that are kept: graphs, all convolutions and the classifier; neither biases nor batch norms."""
        count = self.classes * self.blocks[-1].outputs
        for block in self.blocks:
            kept = int(block.kept.sum())
            count += self.subsets * (self.joints ** 2 + kept * block.outputs + 2 * block.inner * block.inputs)
            count += int(block.readers.sum())
            count += sum(int(conv[0].sum()) * conv[1] for conv in (block.down, block.res) if conv is not None)
        return count

    def bits(self, weight: int, *, masks: bool) -> int:
        """Bits that a file of the kept weights needs, each of ``weight`` bits, and with ``masks`` those of ``kept``,
        of the filters and of the taps of every bank.

        What stands beside the weights is one scale and one bias for each output of both sums of a block and for each
        input value: 32 bits each for a float network, 16 and 41 bits for a design; and a bias for each class. """
        scale, bias = (16, 41) if weight == 8 else (32, 32)
        total = weight * self.parameters() + self.classes * bias
        total += self.persons * self.channels * self.joints * (scale + bias)
        for block in self.blocks:
            total += 2 * block.outputs * (scale + bias)
            if masks:
                total += block.inputs + block.outputs + bank_count(block.outputs) * block.readers.shape[1]
        return total


def graph_skip(*works: Work) -> tuple[float, float]:
    """Share of the graph product that dropped channels save, over all ``works``: of its multiplications, and of the
    channels."""
    done = sum(work.macs()["graph"] for work in works), sum(work.dense().macs()["graph"] for work in works)
    blocks = [block for work in works for block in work.blocks]
    channels = sum(int(block.kept.sum()) for block in blocks), sum(block.inputs for block in blocks)
    return 1 - done[0] / done[1], 1 - channels[0] / channels[1]


def _conv(weight) -> tuple[np.ndarray, int] | None:
    """Columns and number of rows of (O, I) that have a weight."""
    if weight is None:
        return None
    return weight.any(axis=0), int(weight.any(axis=1).sum())


def _of_design(design: Design) -> Work:
    blocks = []
    for block in design.blocks:
        taps = np.repeat(block.taps, BANK, axis=0)[:block.out_channels].astype(np.int64)
        filters = (block.temporal.any(axis=2) & (block.filters[:, None] != 0)).sum(axis=0)  # with a weight at this tap
        blocks.append(BlockWork(inputs=block.in_channels, outputs=block.out_channels, stride=block.stride,
                                kept=block.kept != 0, readers=taps * filters, down=_conv(block.down),
                                res=_conv(block.res)))
    return Work(persons=design.persons, frames=design.frames, joints=design.joints, channels=design.channels,
                classes=design.classes, subsets=design.subsets, blocks=tuple(blocks))


def _of_network(network: Network) -> Work:
    def columns(conv):
        return None if conv is None else _conv(conv.weight.detach().cpu().numpy()[:, :, 0, 0] != 0)

    config, blocks = network.config, []
    for block in network.blocks:
        mask = block.temporal_mask()
        whole = np.full((block.outputs, config.kernel), block.outputs, np.int64)
        readers = whole if mask is None else mask.sum(0).long().cpu().numpy()
        blocks.append(BlockWork(
            inputs=block.inputs, outputs=block.outputs, stride=block.stride, kept=block.kept.cpu().numpy() != 0,
            readers=readers, down=columns(block.gcn1.down[0] if block.gcn1.down is not None else None),
            res=columns(block.residual.conv if block.residual is not None else None),
            inner=block.gcn1.inter if config.dynamic_graph else 0))
    return Work(persons=config.persons, frames=config.frames, joints=config.skeleton.joints, channels=config.channels,
                classes=config.classes, subsets=len(network.blocks[0].gcn1.PA), blocks=tuple(blocks))


def work_of(network: Network | Design) -> Work:
    """What is kept of a float network or of a design.

    Channels count as the masks say, and so do taps and filters, without the taps at which a filter of a design has no
    weight at all. An input column or an output of a shortcut's convolution without a weight counts as pruned; single
    zeros among the weights and in the graph do not. """
    return _of_design(network) if isinstance(network, Design) else _of_network(network)


class Tally:
    """Zeros of X and H of every block over clips: densities, and the multiplications that are left of ``work``.

    Left out is what the hardware does not execute: products with a zero of X in the graph product and in the
    convolution of the second shortcut, products with a zero of H in the temporal convolution, and rows outside the
    clip. The 1x1 convolution and the one beside it are executed in full: Z is dense. """

    def __init__(self, work: Work):
        self.work = work
        self.clips = 0
        self.executed = 0
        self.nonzero = np.zeros((len(work.blocks), 2), np.int64)
        self.values = np.zeros((len(work.blocks), 2), np.int64)

    def add(self, clips: int, tensors: Sequence[tuple[torch.Tensor, torch.Tensor]]):
        """Count X and H (clips * persons, T, V, C) of every block."""
        self.clips += clips
        work, subsets = self.work, self.work.subsets
        for index, (block, (before, _), (x, h)) in enumerate(zip(work.blocks, work.places(), tensors)):
            some_x, some_h = x != 0, h != 0
            for kind, some in enumerate((some_x, some_h)):
                self.nonzero[index, kind] += int(some.sum())
                self.values[index, kind] += some.numel()
            kept = int(block.kept.sum())
            self.executed += int(some_x.sum((0, 1, 2)).numpy() @ block.kept) * subsets * work.joints
            self.executed += clips * before * subsets * kept * block.outputs
            if block.down is not None:
                self.executed += clips * before * int(block.down[0].sum()) * block.down[1]
            if block.res is not None:
                self.executed += int(some_x[:, ::block.stride].sum((0, 1, 2)).numpy() @ block.res[0]) * block.res[1]
            self.executed += self._temporal(block, some_h.sum((0, 2)).numpy())

    @staticmethod
    def _temporal(block: BlockWork, rows: np.ndarray) -> int:
        """Products of the temporal convolution, with ``rows`` (T, C) non-zeros of H in every frame."""
        frames, kernel = len(rows), block.readers.shape[1]
        out, total = np.arange(-(-frames // block.stride)) * block.stride - (kernel - 1) // 2, 0
        for tap in range(kernel):
            read = out + tap
            total += int(rows[read[(read >= 0) & (read < frames)]].sum(0) @ block.readers[:, tap])
        return total

    def density(self) -> tuple[float, float]:
        """Share of non-zeros of X and of H, each the mean over the blocks."""
        x, h = (self.nonzero / self.values).mean(axis=0)
        return float(x), float(h)
