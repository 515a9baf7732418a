"""One block of a design."""

from dataclasses import dataclass, field

import numpy as np

from .banks import BANK, MINI_BANKS, bank_count
from .checks import BIAS_LIMIT, bits_signed, check_choice, check_range, check_tensor

__all__ = ["Block"]

_ACT_MAX = 128  # largest magnitude of an activation


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """One block of the network: graph product, 1x1 convolution, temporal convolution, and both shortcuts.

    Parameters (shapes with the last index fastest; ``K`` subsets, ``V`` joints, ``I`` in_channels, ``O`` out_channels)
    ----------
    in_channels, out_channels : 1..1024
    stride : 1 or 2, of the temporal convolution
    shortcut_h : ``"identity"`` or ``"conv"``
    shortcut_y : ``"none"``, ``"identity"`` or ``"conv"``
    graph_shift : 1..15
    h_shift, y_shift : 1..31
    h_res_mult, y_res_mult : 0..4095; h_res_shift, y_res_shift : 0..24; zero unless the shortcut is an identity
    threshold_h, threshold_y : 0..127
    x_depths, h_depths : vectors that mini-bank j of the X and H store holds per row, ``MINI_BANKS`` values, not
        increasing
    density_x, density_h : measured share of non-zero activations in the stores, 0..1, for estimates only
    kept : uint8 (I,), 1 where the channel takes part in the graph product
    filters : uint8 (O,), 1 where the output channel has a temporal filter
    taps : uint8 (ceil(O / BANK), kernel), 1 where filters read this tap of this bank of H
    graph : int8 (K, V, V), input joint then output joint
    spatial : int8 (O, K, I); down : int8 (O, I) or None
    temporal : int8 (O, kernel, O), output channel, tap, input channel; res : int8 (O, I) or None
    h_mult, y_mult : int32 (O,), 0..65535; h_bias, y_bias : int64 (O,)
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
    threshold_h: int = 0
    threshold_y: int = 0
    x_depths: tuple[int, ...]
    h_depths: tuple[int, ...]
    density_x: float = 1.0
    density_h: float = 1.0
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
        """Raise :exc:`ValueError` or :exc:`TypeError` that starts with ``where`` for the first thing that is wrong."""
        for name, low, high in (("in_channels", 1, 1024), ("out_channels", 1, 1024), ("stride", 1, 2),
                                ("graph_shift", 1, 15), ("h_shift", 1, 31), ("y_shift", 1, 31),
                                ("h_res_mult", 0, 4095), ("y_res_mult", 0, 4095), ("h_res_shift", 0, 24),
                                ("y_res_shift", 0, 24), ("threshold_h", 0, 127), ("threshold_y", 0, 127)):
            check_range(f"{where}.{name}", getattr(self, name), low, high)
        check_choice(f"{where}.shortcut_h", self.shortcut_h, ("identity", "conv"))
        check_choice(f"{where}.shortcut_y", self.shortcut_y, ("none", "identity", "conv"))
        if "identity" in (self.shortcut_h, self.shortcut_y) and self.in_channels != self.out_channels:
            raise ValueError(f"{where}: an identity shortcut needs in_channels equal to out_channels, "
                             f"not {self.in_channels} and {self.out_channels}")
        if self.shortcut_y == "identity" and self.stride != 1:
            raise ValueError(f"{where}: an identity shortcut_y needs stride 1, not {self.stride}")
        for name in ("density_x", "density_h"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{where}.{name} must be in 0..1, not {getattr(self, name)!r}")

        inputs, outputs = self.in_channels, self.out_channels
        banks = bank_count(outputs)
        u8, i8 = np.uint8, np.int8
        shapes = {
            "kept": ((inputs,), u8, 0, 1), "filters": ((outputs,), u8, 0, 1), "taps": ((banks, kernel), u8, 0, 1),
            "graph": ((subsets, joints, joints), i8, -127, 127),
            "spatial": ((outputs, subsets, inputs), i8, -127, 127),
            "temporal": ((outputs, kernel, outputs), i8, -127, 127),
            "h_mult": ((outputs,), np.int32, 0, 65535), "y_mult": ((outputs,), np.int32, 0, 65535),
            "h_bias": ((outputs,), np.int64, 1 - BIAS_LIMIT, BIAS_LIMIT - 1),
            "y_bias": ((outputs,), np.int64, 1 - BIAS_LIMIT, BIAS_LIMIT - 1),
        }
        for name, shortcut in (("down", self.shortcut_h), ("res", self.shortcut_y)):
            if shortcut == "conv":
                shapes[name] = ((outputs, inputs), i8, -127, 127)
            elif getattr(self, name) is not None:
                raise ValueError(f"{where}.{name} must be absent, because its shortcut is {shortcut!r}")
        for name, (shape, dtype, low, high) in shapes.items():
            check_tensor(f"{where}.{name}", getattr(self, name), shape, dtype, low, high)
        self._validate_masks(where, kernel)
        for name, channels in (("x_depths", inputs), ("h_depths", outputs)):
            depths = getattr(self, name)
            most = joints * bank_count(channels)
            if len(depths) != MINI_BANKS or any(not 1 <= d <= most for d in depths) or \
                    any(a < b for a, b in zip(depths, depths[1:])):
                raise ValueError(f"{where}.{name} must be {MINI_BANKS} values in 1..{most} that do not increase, "
                                 f"not {depths!r}")
        for name, width in (("spatial", self.h_acc_width), ("temporal", self.y_acc_width)):
            if width > 27:
                raise ValueError(f"{where}.{name}: the accumulator needs {width} bits, but at most 27 are supported")

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
    def h_acc_width(self) -> int:
        """Width of the accumulators of the 1x1 convolution, from the real weights."""
        total = np.abs(self.spatial.astype(np.int64)).sum(axis=(1, 2))
        if self.down is not None:
            total = total + np.abs(self.down.astype(np.int64)).sum(axis=1)
        return max(9, bits_signed(int(total.max()) * _ACT_MAX))

    @property
    def y_acc_width(self) -> int:
        """Width of the accumulators of the temporal convolution, from the real weights."""
        total = np.abs(self.temporal.astype(np.int64)).sum(axis=(1, 2))
        if self.res is not None:
            total = total + np.abs(self.res.astype(np.int64)).sum(axis=1)
        return max(9, bits_signed(int(total.max()) * _ACT_MAX))

    @property
    def graph_acc_width(self) -> int:
        """Width of the accumulators of the graph product, from the real weights."""
        return max(9, bits_signed(int(np.abs(self.graph.astype(np.int64)).sum(axis=1).max()) * _ACT_MAX))
