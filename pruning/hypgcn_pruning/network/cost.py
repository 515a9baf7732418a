"""What a network costs: multiplications by weights, parameters and stored bits.

The float network and the design are counted by the same rules, so that their figures can stand side by side.
"""

from dataclasses import dataclass

import numpy as np
import torch

from hypgcn.design import BANK, Design, bank_count

from .model import Network

__all__ = ["BlockCost", "NetworkCost", "cost_of", "graph_skip", "is_pruned"]


@dataclass(frozen=True, kw_only=True)
class BlockCost:
    """The weights that pruning left of one block.

    Parameters
    ----------
    inputs : int
        Input channels.
    outputs : int
        Output channels, and channels of H, before pruning.
    hidden : int
        Channels of H that are computed.
    stride, dense_stride : int
        Of the temporal convolution, 1 or 2: now, and before pruning.
    kept : np.ndarray bool (inputs,)
        Channels of the graph product and of the 1x1 convolution.
    readers : np.ndarray int (hidden or outputs, kernel)
        How many temporal filters read this tap of this channel of H.
    down : (bool (inputs,), int) or None
        Convolution beside the 1x1 one: input columns with a weight, and how many outputs have one.
    res : (bool (inputs,), int) or None
        Convolution of the shortcut around the block, likewise.
    inner : int
        Channels of the convolutions that make the data-dependent graph, 0 without it.
    dead_zone : bool
        Z has a dead zone: its zeros are there to be skipped.
    """

    inputs: int
    outputs: int
    hidden: int
    stride: int
    dense_stride: int
    kept: np.ndarray
    readers: np.ndarray
    down: tuple[np.ndarray, int] | None = None
    res: tuple[np.ndarray, int] | None = None
    inner: int = 0
    dead_zone: bool = False

    def dense(self) -> "BlockCost":
        """The same block with nothing pruned and without the data-dependent graph."""
        all_inputs = np.ones(self.inputs, bool)
        shortcut = (all_inputs, self.outputs)
        kernel = self.readers.shape[1]
        return BlockCost(inputs=self.inputs, outputs=self.outputs, hidden=self.outputs, stride=self.dense_stride,
                         dense_stride=self.dense_stride, kept=all_inputs,
                         readers=np.full((self.outputs, kernel), self.outputs, np.int64),
                         down=shortcut if self.down is not None else None,
                         res=shortcut if self.res is not None else None)


@dataclass(frozen=True, kw_only=True)
class NetworkCost:
    """The weights that pruning left of a network, with the shape of its clips.

    Parameters
    ----------
    persons, frames, joints, channels : int
        Shape of a clip.
    classes : int
        Outputs of the classifier.
    subsets : int
        Graphs of a block.
    blocks : tuple of BlockCost
        In the order of the network.
    """

    persons: int
    frames: int
    joints: int
    channels: int
    classes: int
    subsets: int
    blocks: tuple[BlockCost, ...]

    def dense(self) -> "NetworkCost":
        """The network before pruning, without the data-dependent graph: what reductions refer to."""
        return NetworkCost(**{**vars(self), "blocks": tuple(block.dense() for block in self.blocks)})

    def places(self) -> list[tuple[int, int]]:
        """For each block its (person, frame, joint) triples before and behind the stride."""
        frames, places = self.frames, []
        for block in self.blocks:
            after = -(-frames // block.stride)
            places.append((self.persons * frames * self.joints, self.persons * after * self.joints))
            frames = after
        return places

    def macs(self) -> dict[str, int]:
        """Multiplications of one clip by unit and ``all`` of them, every kept weight at every place.

        Zero padding counts as places.
        """
        macs = {"graph": 0, "spatial": 0, "temporal": 0, "shortcuts": 0, "similarity": 0}
        for block, (before, after) in zip(self.blocks, self.places()):
            kept = int(block.kept.sum())
            macs["graph"] += before * self.joints * self.subsets * kept
            macs["spatial"] += before * self.subsets * kept * block.hidden
            macs["temporal"] += after * int(block.readers.sum())
            for conv, places in ((block.down, before), (block.res, after)):
                if conv is not None:
                    macs["shortcuts"] += places * int(conv[0].sum()) * conv[1]
            macs["similarity"] += before * self.subsets * block.inner * (2 * block.inputs + self.joints)
        return {**macs, "all": sum(macs.values())}

    def parameters(self) -> int:
        """Weights that are kept: graphs, all convolutions and the classifier; neither biases nor batch norms."""
        count = self.classes * self.blocks[-1].outputs
        for block in self.blocks:
            kept = int(block.kept.sum())
            count += self.subsets * (self.joints ** 2 + kept * block.hidden + 2 * block.inner * block.inputs)
            count += int(block.readers.sum())
            count += sum(int(conv[0].sum()) * conv[1] for conv in (block.down, block.res) if conv is not None)
        return count

    def bits(self, weight: int, *, masks: bool) -> int:
        """Bits that a file of the kept weights needs.

        Beside the weights stand one scale and one bias for each output of both sums of a block and for each input
        value: 32 bits each for a float network, 16 and 41 bits for a design; and a bias for each class.

        Parameters
        ----------
        weight : int
            Bits of a weight: 8 for a design, 32 for a float network.
        masks : bool
            Count the masks ``kept``, of the filters, and of the taps of every bank as well.
        """
        scale, bias = (16, 41) if weight == 8 else (32, 32)
        total = weight * self.parameters() + self.classes * bias
        total += self.persons * self.channels * self.joints * (scale + bias)
        for block in self.blocks:
            total += (block.hidden + block.outputs) * (scale + bias)
            if masks:
                total += block.inputs + block.outputs + bank_count(block.hidden) * block.readers.shape[1]
        return total


def graph_skip(*costs: NetworkCost) -> tuple[float, float]:
    """Share of the graph product that pruned channels save, over all ``costs``: of its multiplications, and of the
    channels; both 0..1.
    """
    places = [(block, before) for cost in costs for block, (before, _) in zip(cost.blocks, cost.places())]
    macs = sum(before * int(block.kept.sum()) for block, before in places)
    dense_macs = sum(before * block.inputs for block, before in places)
    blocks = [block for cost in costs for block in cost.blocks]
    kept, channels = sum(int(block.kept.sum()) for block in blocks), sum(block.inputs for block in blocks)
    return 1 - macs / dense_macs, 1 - kept / channels


def _shortcut(weight) -> tuple[np.ndarray, int] | None:
    """Columns and number of rows of ``weight`` (O, I) that are not all zero."""
    if weight is None:
        return None
    return weight.any(axis=0), int(weight.any(axis=1).sum())


def _cost_of_design(design: Design) -> NetworkCost:
    blocks, inputs = [], design.channels
    for block in design.blocks:
        taps = np.repeat(block.taps, BANK, axis=0)[:block.h_channels].astype(np.int64)
        filters = (block.temporal.any(axis=2) & (block.filters[:, None] != 0)).sum(axis=0)  # with a weight at this tap
        # X had as many channels as the Y of the block before, until those that are always zero left.
        gone = inputs - block.in_channels
        down, res = (None if conv is None else (np.pad(conv[0], (0, gone)), conv[1])
                     for conv in (_shortcut(block.down), _shortcut(block.res)))
        blocks.append(BlockCost(inputs=inputs, outputs=block.dense_channels, hidden=block.h_channels,
                                stride=block.stride, dense_stride=block.dense_stride,
                                kept=np.pad(block.kept != 0, (0, gone)), readers=taps * filters, down=down, res=res,
                                dead_zone=block.threshold_z > 0))
        inputs = block.dense_channels
    return NetworkCost(persons=design.persons, frames=design.frames, joints=design.joints, channels=design.channels,
                       classes=design.classes, subsets=design.subsets, blocks=tuple(blocks))


def _cost_of_network(network: Network) -> NetworkCost:
    def shortcut(conv):
        return None if conv is None else _shortcut(conv.weight.detach().cpu().numpy()[:, :, 0, 0] != 0)

    config, blocks = network.config, []
    for block in network.blocks:
        mask = block.temporal_mask()
        dense = np.full((block.outputs, config.kernel), block.outputs, np.int64)
        blocks.append(BlockCost(
            inputs=block.inputs, outputs=block.outputs, hidden=int(block.read.sum()), stride=block.stride,
            dense_stride=block.stride, kept=block.kept.cpu().numpy() != 0,
            readers=dense if mask is None else mask.sum(0).long().cpu().numpy(),
            down=shortcut(block.gcn1.down[0] if block.gcn1.down is not None else None),
            res=shortcut(block.residual.conv if block.residual is not None else None),
            inner=block.gcn1.inter if config.dynamic_graph else 0, dead_zone=bool(block.gcn1.theta_z > 0)))
    return NetworkCost(persons=config.persons, frames=config.frames, joints=config.skeleton.joints,
                       channels=config.channels, classes=config.classes, subsets=len(network.blocks[0].gcn1.PA),
                       blocks=tuple(blocks))


def cost_of(network: Network | Design) -> NetworkCost:
    """The weights that pruning left of a float network or of a design.

    Channels count as the masks say, and so do taps and filters, without the taps at which a filter of a design has no
    weight at all. An input column or an output of a shortcut's convolution without a weight counts as pruned; single
    zeros among the weights and in the graph do not. A design counts with the channels that its network had.
    """
    return _cost_of_design(network) if isinstance(network, Design) else _cost_of_network(network)


def is_pruned(model: Network) -> bool:
    """Whether anything of ``model`` was pruned: a mask has a zero, or a threshold is above 0."""
    return any(not buffer.all() if buffer.dtype == torch.uint8 else name.rpartition(".")[2].startswith("theta")
               and bool(buffer > 0) for name, buffer in model.named_buffers())
