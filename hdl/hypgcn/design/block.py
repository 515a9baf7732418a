"""A block of a design: its shape, its integers, and their checks."""

from dataclasses import dataclass, field

import numpy as np

from . import limits
from .banks import BANK, MINI_BANKS, bank_count
from .checks import bits_signed, check_choice, check_limit, check_tensor

__all__ = ["Block"]

_FIELDS = {
    "in_channels": limits.CHANNELS,
    "out_channels": limits.CHANNELS,
    "stride": limits.STRIDE,
    "graph_shift": limits.GRAPH_SHIFT,
    "h_shift": limits.SHIFT,
    "y_shift": limits.SHIFT,
    "h_res_mult": limits.RES_MULT,
    "y_res_mult": limits.RES_MULT,
    "h_res_shift": limits.RES_SHIFT,
    "y_res_shift": limits.RES_SHIFT,
    "threshold_z": limits.THRESHOLD,
    "threshold_h": limits.THRESHOLD,
    "threshold_y": limits.THRESHOLD,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """One block of the network: graph product, 1x1 convolution, temporal convolution, and both shortcuts.

    Shapes have the last index fastest; K subsets, V joints, I input channels, O output channels.

    Parameters
    ----------
    in_channels, out_channels : int, 1..1024
        I and O.
    stride : int, 1 or 2
        Stride of the temporal convolution, in frames.
    shortcut_h : ``"identity"`` or ``"conv"``
        Shortcut from X into H.
    shortcut_y : ``"none"``, ``"identity"`` or ``"conv"``
        Shortcut from X into Y.
    graph_shift : int, 1..15
        Right shift after the graph product.
    h_shift, y_shift : int, 1..31
        Right shifts of the requantisers of H and Y.
    h_res_mult, y_res_mult : int, 0..4095
        Scales of identity shortcuts; 0 without one.
    h_res_shift, y_res_shift : int, 0..24
        Left shifts of identity shortcuts; 0 without one.
    threshold_z, threshold_h, threshold_y : int, 0..127
        Values of Z, H and Y up to this magnitude become 0.
    x_depths, h_depths : tuple of int
        Vectors that mini-bank j of the X and H store holds per row; ``MINI_BANKS`` values that do not increase.
    density_x, density_h : float, 0..1
        Measured shares of non-zero activations in the stores, for estimates only.
    density_z : float, 0..1
        Measured share of non-zero values of Z, of the kept channels; 1 where there is no dead zone.
    kept : uint8 (I,)
        1 where the channel takes part in the graph product.
    filters : uint8 (O,)
        1 where the output channel has a temporal filter.
    taps : uint8 (ceil(O / BANK), kernel)
        1 where filters read this tap of this bank of H.
    graph : int8 (K, V, V)
        Graph of each subset: input joint, output joint.
    spatial : int8 (O, K, I)
        Weights of the 1x1 convolution.
    down : int8 (O, I) or None
        Weights of the shortcut into H, if it is a convolution.
    temporal : int8 (O, kernel, O)
        Weights of the temporal convolution: output channel, tap, input channel.
    res : int8 (O, I) or None
        Weights of the shortcut into Y, if it is a convolution.
    h_mult, y_mult : int32 (O,), 0..65535
        Scales of the requantisers.
    h_bias, y_bias : int64 (O,), magnitude below 2^40
        Biases at the scale of the product.
    """

    in_channels: int
    out_channels: int
    stride: int = 1
    shortcut_h: str = "identity"
    shortcut_y: str = "identity"
    graph_shift: int
    h_shift: int
    y_shift: int
    h_res_mult: int = 0
    h_res_shift: int = 0
    y_res_mult: int = 0
    y_res_shift: int = 0
    threshold_z: int = 0
    threshold_h: int = 0
    threshold_y: int = 0
    x_depths: tuple[int, ...]
    h_depths: tuple[int, ...]
    density_x: float = 1.0
    density_h: float = 1.0
    density_z: float = 1.0
    kept: np.ndarray = field(repr=False)
    filters: np.ndarray = field(repr=False)
    taps: np.ndarray = field(repr=False)
    graph: np.ndarray = field(repr=False)
    spatial: np.ndarray = field(repr=False)
    down: np.ndarray | None = field(default=None, repr=False)
    temporal: np.ndarray = field(repr=False)
    res: np.ndarray | None = field(default=None, repr=False)
    h_mult: np.ndarray = field(repr=False)
    h_bias: np.ndarray = field(repr=False)
    y_mult: np.ndarray = field(repr=False)
    y_bias: np.ndarray = field(repr=False)

    TENSORS = ("kept", "filters", "taps", "graph", "spatial", "down", "temporal", "res",
               "h_mult", "h_bias", "y_mult", "y_bias")

    def validate(self, where: str, joints: int, subsets: int, kernel: int):
        """Raise :exc:`ValueError` or :exc:`TypeError` for the first illegal field, with ``where`` before its name."""
        for name, limit in _FIELDS.items():
            check_limit(f"{where}.{name}", getattr(self, name), limit)
        check_choice(f"{where}.shortcut_h", self.shortcut_h, limits.SHORTCUTS_H)
        check_choice(f"{where}.shortcut_y", self.shortcut_y, limits.SHORTCUTS_Y)
        if "identity" in (self.shortcut_h, self.shortcut_y) and self.in_channels != self.out_channels:
            raise ValueError(f"{where}: an identity shortcut needs in_channels equal to out_channels, "
                             f"not {self.in_channels} and {self.out_channels}")
        if self.shortcut_y == "identity" and self.stride != 1:
            raise ValueError(f"{where}: an identity shortcut_y needs stride 1, not {self.stride}")
        for name in ("density_x", "density_h", "density_z"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{where}.{name} must be in 0..1, not {getattr(self, name)!r}")

        inputs, outputs = self.in_channels, self.out_channels
        banks = bank_count(outputs)
        flag, weight = (np.uint8, 0, 1), (np.int8, limits.WEIGHT.low, limits.WEIGHT.high)
        mult, bias = (np.int32, limits.MULT.low, limits.MULT.high), (np.int64, limits.BIAS.low, limits.BIAS.high)
        shapes = {
            "kept": ((inputs,), *flag),
            "filters": ((outputs,), *flag),
            "taps": ((banks, kernel), *flag),
            "graph": ((subsets, joints, joints), *weight),
            "spatial": ((outputs, subsets, inputs), *weight),
            "temporal": ((outputs, kernel, outputs), *weight),
            "h_mult": ((outputs,), *mult),
            "y_mult": ((outputs,), *mult),
            "h_bias": ((outputs,), *bias),
            "y_bias": ((outputs,), *bias),
        }
        for name, shortcut in (("down", self.shortcut_h), ("res", self.shortcut_y)):
            if shortcut == "conv":
                shapes[name] = ((outputs, inputs), *weight)
            elif getattr(self, name) is not None:
                raise ValueError(f"{where}.{name} must be absent, because its shortcut is {shortcut!r}")
        for name, (shape, dtype, low, high) in shapes.items():
            check_tensor(f"{where}.{name}", getattr(self, name), shape, dtype, low, high)
        self._validate_masks(where, kernel)
        for name, channels in (("x_depths", inputs), ("h_depths", outputs)):
            depths = getattr(self, name)
            vectors = joints * bank_count(channels)
            if len(depths) != MINI_BANKS or any(not 1 <= d <= vectors for d in depths) or \
                    any(a < b for a, b in zip(depths, depths[1:])):
                raise ValueError(f"{where}.{name} must be {MINI_BANKS} values in 1..{vectors} that do not increase, "
                                 f"not {depths!r}")
        for name, width in (("spatial", self.h_acc_width), ("temporal", self.y_acc_width)):
            if width > limits.ACC_WIDTH.high:
                raise ValueError(f"{where}.{name}: the accumulator needs {width} bits, but at most "
                                 f"{limits.ACC_WIDTH.high} are supported")

    def _validate_masks(self, where, kernel):
        if not self.kept.any():
            raise ValueError(f"{where}.kept must keep at least one channel")
        if self.spatial[:, :, self.kept == 0].any():
            raise ValueError(f"{where}.spatial must be zero for the channels that kept drops")
        if self.temporal[self.filters == 0].any():
            raise ValueError(f"{where}.temporal must be zero for the output channels that filters drops")
        cut = np.repeat(self.taps == 0, BANK, axis=0)[:self.out_channels].T
        if self.temporal[:, cut].any():
            raise ValueError(f"{where}.temporal must be zero where taps cuts a tap of a bank")

    @property
    def in_banks(self) -> int:
        """Vectors per joint of X."""
        return bank_count(self.in_channels)

    @property
    def out_banks(self) -> int:
        """Vectors per joint of H and Y."""
        return bank_count(self.out_channels)

    @property
    def z_banks(self) -> int:
        """Vectors per joint of Z, with the channels of X that the convolution of the shortcut into H reads."""
        copied = 0 if self.down is None else int(self.down.any(axis=0).sum())
        return bank_count(self.graph.shape[0] * int(np.count_nonzero(self.kept)) + copied)

    @property
    def h_acc_width(self) -> int:
        """Width of the accumulators of the 1x1 convolution, from the real weights."""
        total = np.abs(self.spatial.astype(np.int64)).sum(axis=(1, 2))
        if self.down is not None:
            total = total + np.abs(self.down.astype(np.int64)).sum(axis=1)
        return _acc_width(total)

    @property
    def y_acc_width(self) -> int:
        """Width of the accumulators of the temporal convolution, from the real weights."""
        total = np.abs(self.temporal.astype(np.int64)).sum(axis=(1, 2))
        if self.res is not None:
            total = total + np.abs(self.res.astype(np.int64)).sum(axis=1)
        return _acc_width(total)

    @property
    def graph_acc_width(self) -> int:
        """Width of the accumulators of the graph product, from the real weights."""
        return _acc_width(np.abs(self.graph.astype(np.int64)).sum(axis=1))


def _acc_width(totals) -> int:
    """Width of accumulators whose weights sum up to ``totals`` in magnitude."""
    return max(limits.ACC_WIDTH.low, bits_signed(int(totals.max()) * -limits.ACTIVATION.low))
