"""What the lanes convolve: the temporal convolution of a block in its stages, or the 1x1 one of its graph products."""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from ..design import Block, bank_count, split_banks

__all__ = ["SparseLayer", "branch_layer", "reduce_layer", "spatial_entries", "spatial_layer", "temporal_layer"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SparseLayer:
    """A convolution over rows of features whose zeros are skipped, with shortcut and requantisation.

    Shapes have the last index fastest; C channels of the features, O output channels, X channels of the shortcut.

    Parameters
    ----------
    stride : int, 1 or 2
        Rows of features per output row.
    x_stride : int
        Rows of X per output row, where the features are not of the frames of X; 0: ``stride``.
    taps : uint8 (ceil(C / BANK), kernel)
        1 where this tap of this bank of features is read.
    weights : int8 (O, kernel, C)
        Output channel, tap, channel of the features.
    computed : bool (O,)
        Whether the output channel has a sum; else it is bias and shortcut.
    x_weights : int8 (O, X) or None
        Weights of a convolved shortcut.
    x_channels : int
        X, whether or not there is a shortcut.
    shortcut : ``"none"``, ``"identity"`` or ``"conv"``
        Shortcut from X.
    mult : int (O,)
        Scales of the requantiser.
    bias : int (O,) or (V, O)
        Its biases, for all joints or for each.
    shift, res_mult, res_shift : int
        Its shift, and the scale and left shift of an identity shortcut.
    acc_width : int, 9..27
        Bits of a sum.
    running_max : (int, int)
        First channel and number of channels of the output that are the maximum of a row and its neighbours.
    """

    stride: int = 1
    x_stride: int = 0
    taps: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    computed: np.ndarray = field(repr=False)
    x_weights: np.ndarray | None = field(default=None, repr=False)
    x_channels: int
    shortcut: str
    mult: np.ndarray = field(repr=False)
    bias: np.ndarray = field(repr=False)
    shift: int
    res_mult: int = 0
    res_shift: int = 0
    acc_width: int
    running_max: tuple[int, int] = (0, 0)

    @property
    def kernel(self) -> int:
        """Taps."""
        return self.weights.shape[1]

    @property
    def outputs(self) -> int:
        """Output channels O."""
        return self.weights.shape[0]

    @property
    def channels(self) -> int:
        """Channels C of the features."""
        return self.weights.shape[2]

    @property
    def banks(self) -> int:
        """Vectors per joint of the features."""
        return bank_count(self.channels)

    @property
    def x_banks(self) -> int:
        """Vectors per joint of X."""
        return bank_count(self.x_channels)

    @property
    def reads_x(self) -> bool:
        """Whether lanes also sum vectors of X, for a convolved shortcut."""
        return self.x_weights is not None and bool(self.x_weights.any())

    @cached_property
    def banked(self) -> np.ndarray:
        """Weights by bank, int8 (O, kernel, bank, BANK)."""
        return split_banks(self.weights)

    @cached_property
    def x_banked(self) -> np.ndarray | None:
        """Weights of X by bank, int8 (O, bank, BANK), or ``None``."""
        return None if self.x_weights is None else split_banks(self.x_weights)

    @cached_property
    def needs(self) -> tuple[np.ndarray, np.ndarray]:
        """Which vectors each output channel needs: of the features bool (O, tap, bank), and of X bool (O, bank)."""
        no_x = np.zeros((self.outputs, self.x_banks), bool)
        return np.any(self.banked, axis=-1), no_x if self.x_banked is None else np.any(self.x_banked, axis=-1)


# Blocks compare by identity. 64 is more than the blocks of any network here.
@lru_cache(maxsize=64)
def temporal_layer(block: Block) -> SparseLayer:
    """The convolution of ``block`` behind H: H in, Y out; or Q in where it has branches."""
    computed = block.filters != 0
    if block.shortcut_y == "conv":
        computed = computed | np.any(block.res, axis=1)
    return SparseLayer(
        stride=block.sum_stride, x_stride=block.stride if block.scales else 0, taps=block.taps, weights=block.temporal,
        computed=computed,
        x_weights=block.res if block.shortcut_y == "conv" else None, x_channels=block.in_channels,
        shortcut=block.shortcut_y, mult=block.y_mult, bias=block.y_bias, shift=block.y_shift,
        res_mult=block.y_res_mult, res_shift=block.y_res_shift, acc_width=block.y_acc_width)


@lru_cache(maxsize=64)
def reduce_layer(block: Block) -> SparseLayer:
    """The 1x1 convolution of a multi-scale block in front of its branches: H in, P out with its running maximum."""
    scales = block.branched
    return SparseLayer(
        taps=np.ones((block.h_banks, 1), np.uint8), weights=np.ascontiguousarray(scales.reduce[:, None]),
        computed=scales.reduce.any(axis=1), x_channels=block.in_channels, shortcut="none", mult=scales.p_mult,
        bias=scales.p_bias, shift=scales.p_shift, acc_width=scales.p_acc_width,
        running_max=(scales.max_first, scales.max_channels))


@lru_cache(maxsize=64)
def branch_layer(block: Block) -> SparseLayer:
    """The taps of the branches of a multi-scale block: P in, Q out."""
    scales = block.branched
    return SparseLayer(
        stride=block.stride, taps=scales.taps, weights=scales.branches, computed=scales.branches.any(axis=(1, 2)),
        x_channels=block.in_channels, shortcut="none", mult=scales.q_mult, bias=scales.q_bias, shift=scales.q_shift,
        acc_width=scales.q_acc_width)


def spatial_entries(block: Block) -> list[tuple[int, int | None]]:
    """Channels of Z as the graph unit gives them.

    Returns
    -------
    list of (int, int or None)
        Channel of X and subset, channels ascending; for each its subsets where it is kept, then ``None`` for X itself
        where the convolution of the shortcut reads it.
    """
    entries: list[tuple[int, int | None]] = []
    for channel in range(block.in_channels):
        if block.kept[channel]:
            entries += [(channel, subset) for subset in range(block.graph.shape[0])]
        if block.down is not None and block.down[:, channel].any():
            entries.append((channel, None))
    return entries


@lru_cache(maxsize=64)
def spatial_layer(block: Block) -> SparseLayer:
    """The 1x1 convolution of ``block``: Z in, H out. A convolved shortcut is part of Z (:func:`spatial_entries`)."""
    columns = []
    for channel, subset in spatial_entries(block):
        if subset is not None:
            columns.append(block.spatial[:, subset, channel])
        elif block.down is not None:    # as it is for entries without a subset
            columns.append(block.down[:, channel])
    stacked = np.stack(columns, axis=1)[:, None]
    return SparseLayer(
        taps=np.ones((bank_count(len(columns)), 1), np.uint8), weights=stacked, computed=stacked.any(axis=(1, 2)),
        x_channels=block.in_channels, shortcut="identity" if block.shortcut_h == "identity" else "none",
        mult=block.h_mult, bias=block.h_bias, shift=block.h_shift, res_mult=block.h_res_mult,
        res_shift=block.h_res_shift, acc_width=block.h_acc_width)
