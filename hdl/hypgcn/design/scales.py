"""The stages of a multi-scale temporal convolution in front of its last 1x1 convolution: integers and their checks."""

from dataclasses import dataclass, field, replace

import numpy as np

from . import limits
from .banks import BANK, MINI_BANKS, bank_count
from .checks import acc_width, check_acc_width, check_depths, check_limit, check_range, check_tensor

__all__ = ["MAX_ROWS", "Scales"]

MAX_ROWS = 3
"""Rows of the running maximum: a row, the one before and the one behind it."""

_FIELDS = {"p_channels": limits.CHANNELS, "q_channels": limits.CHANNELS, "p_shift": limits.SHIFT,
           "q_shift": limits.SHIFT, "threshold_p": limits.THRESHOLD, "threshold_q": limits.THRESHOLD}


@dataclass(frozen=True, kw_only=True, eq=False)
class Scales:
    """From H to Q: a 1x1 convolution makes P, with a running maximum in some channels, and taps make Q of it.

    Shapes have the last index fastest; H, P and Q stand for the channels of these.

    Parameters
    ----------
    p_channels, q_channels : int, 1..1024
        P and Q.
    p_shift, q_shift : int, 1..31
        Right shifts of the requantisers of P and Q.
    threshold_p, threshold_q : int, 0..127
        Values of P and Q up to these become 0.
    max_first, max_channels : int
        Channels of P from ``max_first`` on that are the maximum of a row, the one before and the one behind it; 0
        channels: none.
    p_depths, q_depths : tuple of int
        As ``h_depths`` of :class:`~hypgcn.design.block.Block`, of any ``p_window`` rows of P, and of a row of Q.
    p_entries, q_entries : tuple of float, or empty
        As ``h_entries`` there.
    density_p, density_q : float, 0..1
        Measured shares of non-zero activations in the stores, for estimates only.
    dense_channels, dense_weights : int
        Channels of P and Q, and weights of the taps, before pruning, for reports only; 0: as many as there are.
    reduce : int8 (P, H)
        Weights of the 1x1 convolution.
    taps : uint8 (ceil(P / BANK), kernel)
        1 where this tap of this bank of P is read.
    branches : int8 (Q, kernel, P)
        Weights of the taps: channel of Q, tap, channel of P.
    p_mult, q_mult : int32 (P,) and (Q,), 0..65535
        Scales of the requantisers.
    p_bias, q_bias : int64 (P,) and (Q,), magnitude below 2^40
        Biases at the scale of the product.
    """

    p_channels: int
    q_channels: int
    p_shift: int
    q_shift: int
    threshold_p: int = 0
    threshold_q: int = 0
    max_first: int = 0
    max_channels: int = 0
    p_depths: tuple[int, ...]
    q_depths: tuple[int, ...]
    p_entries: tuple[float, ...] = ()
    q_entries: tuple[float, ...] = ()
    density_p: float = 1.0
    density_q: float = 1.0
    dense_channels: int = 0
    dense_weights: int = 0
    reduce: np.ndarray = field(repr=False)
    taps: np.ndarray = field(repr=False)
    branches: np.ndarray = field(repr=False)
    p_mult: np.ndarray = field(repr=False)
    p_bias: np.ndarray = field(repr=False)
    q_mult: np.ndarray = field(repr=False)
    q_bias: np.ndarray = field(repr=False)

    TENSORS = ("reduce", "taps", "branches", "p_mult", "p_bias", "q_mult", "q_bias")

    def validate(self, where: str, joints: int, hidden: int, kernel: int, stride: int):
        """Raise :exc:`ValueError` or :exc:`TypeError` for the first illegal field.

        Parameters
        ----------
        where : str
            Stands before the name of the field.
        joints, hidden, kernel, stride : int
            V, channels of H, taps, and stride of the taps.
        """
        for name, limit in _FIELDS.items():
            check_limit(f"{where}.{name}", getattr(self, name), limit)
        if kernel < MAX_ROWS:
            raise ValueError(f"{where}: kernel must be at least {MAX_ROWS} with branches, not {kernel}")
        first, count = self.max_first, self.max_channels
        if not all(isinstance(value, int) and value >= 0 for value in (first, count)) or \
                first + count > self.p_channels or first and not count:
            raise ValueError(f"{where}.max_first and max_channels must be a range of the {self.p_channels} channels of "
                             f"P, not {first!r} and {count!r}")
        for name in ("dense_channels", "dense_weights"):
            check_range(f"{where}.{name}", getattr(self, name), 0, 1 << 30)
        mult, bias = (np.int32, limits.MULT.low, limits.MULT.high), (np.int64, limits.BIAS.low, limits.BIAS.high)
        weight = (np.int8, limits.WEIGHT.low, limits.WEIGHT.high)
        shapes = {
            "reduce": ((self.p_channels, hidden), *weight),
            "taps": ((self.p_banks, kernel), np.uint8, 0, 1),
            "branches": ((self.q_channels, kernel, self.p_channels), *weight),
            "p_mult": ((self.p_channels,), *mult), "p_bias": ((self.p_channels,), *bias),
            "q_mult": ((self.q_channels,), *mult), "q_bias": ((self.q_channels,), *bias),
        }
        for name, (shape, dtype, low, high) in shapes.items():
            check_tensor(f"{where}.{name}", getattr(self, name), shape, dtype, low, high)
        cut = np.repeat(self.taps == 0, BANK, axis=0)[:self.p_channels].T
        if self.branches[:, cut].any():
            raise ValueError(f"{where}.branches must be zero where taps cuts a tap of a bank")
        for name, banks, window in (("p", self.p_banks, max(kernel, stride)), ("q", self.q_banks, 1)):
            check_depths(f"{where}.{name}", getattr(self, f"{name}_depths"), getattr(self, f"{name}_entries"),
                         window * joints * banks)
            if not 0.0 <= getattr(self, f"density_{name}") <= 1.0:
                raise ValueError(f"{where}.density_{name} must be in 0..1, not {getattr(self, f'density_{name}')!r}")
        for name, width in (("reduce", self.p_acc_width), ("branches", self.q_acc_width)):
            check_acc_width(f"{where}.{name}", width)

    @property
    def dense(self) -> tuple[int, int]:
        """Channels of P and Q, and weights of the taps, before pruning."""
        return (self.dense_channels or self.p_channels,
                self.dense_weights or int(np.count_nonzero(self.branches)))

    @property
    def p_banks(self) -> int:
        """Vectors per joint of P."""
        return bank_count(self.p_channels)

    @property
    def q_banks(self) -> int:
        """Vectors per joint of Q."""
        return bank_count(self.q_channels)

    @property
    def kernel(self) -> int:
        """Taps of the window."""
        return self.taps.shape[1]

    @property
    def p_acc_width(self) -> int:
        """Width of the accumulators of the 1x1 convolution, from the real weights."""
        return acc_width(np.abs(self.reduce.astype(np.int64)).sum(axis=1))

    @property
    def q_acc_width(self) -> int:
        """Width of the accumulators of the taps, from the real weights."""
        return acc_width(np.abs(self.branches.astype(np.int64)).sum(axis=(1, 2)))

    def with_whole_stores(self, joints: int, p_window: int) -> "Scales":
        """The same with stores in which all vectors of every row fit, ``joints`` joints each."""
        return replace(self, p_depths=(p_window * joints * self.p_banks,) * MINI_BANKS,
                       q_depths=(joints * self.q_banks,) * MINI_BANKS, p_entries=(), q_entries=())
