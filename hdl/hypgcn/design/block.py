"""A block of a design: its shape and its integers."""

from dataclasses import dataclass, field, replace

import numpy as np

from .banks import MINI_BANKS, bank_count
from .block_checks import validate_block
from .checks import acc_width
from .scales import Scales

__all__ = ["Block", "even_taps", "windows"]

def windows(kernel: int, stride: int) -> tuple[int, int]:
    """Rows that the stores of X and of H must hold together, in a block of so many taps and of this stride."""
    return max(kernel // 2 + 1, stride), max(kernel, stride)


def even_taps(kernel: int, stride: int) -> np.ndarray:
    """Bool (kernel,): taps an even number of frames from the middle one; with stride 1 all.

    A block of stride 2 with these taps alone reads every second frame, so that the block before need not make the
    others.
    """
    return (np.arange(kernel) - kernel // 2) % stride == 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """One block of the network: graph product, 1x1 convolution, temporal convolution, and both shortcuts.

    Shapes have the last index fastest; K subsets, V joints, I channels of X, H of H, O of Y. An identity shortcut adds
    X to the first I channels. With ``scales`` the temporal convolution is multi-scale: these make Q of H, and what
    is ``temporal`` here is the 1x1 convolution of Q behind them; S channels and ``sum_kernel`` taps are those of Q and
    1 then, else of H and the network's.

    Parameters
    ----------
    in_channels, out_channels : int, 1..1024
        I and O.
    h_channels : int, 1..1024
        H; left out, as many as O.
    stride : int, 1 or 2
        Stride of the temporal convolution, in frames.
    dense_channels, dense_stride : int
        Channels of H and Y, and stride, of the block before pruning, for reports only; left out, H and ``stride``.
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
        Vectors that mini-bank j of the X and H store holds of any ``x_window`` and ``h_window`` rows in sequence of one
        person; ``MINI_BANKS`` values that do not increase.
    x_entries, h_entries : tuple of float, or empty
        Measured entries of a mean row in each mini-bank, at least 0: rings have room for as many of each row that a
        store holds. Empty: for as many as the depths allow.
    density_x, density_h : float, 0..1
        Measured shares of non-zero activations in the stores, for estimates only.
    density_z : float, 0..1
        Measured share of non-zero values of Z, of the kept channels; 1 where there is no dead zone.
    kept : uint8 (I,)
        1 where the channel takes part in the graph product.
    filters : uint8 (O,)
        1 where the output channel has a temporal filter.
    taps : uint8 (ceil(S / BANK), sum_kernel)
        1 where filters read this tap of this bank.
    graph : int8 (K, V, V)
        Graph of each subset: input joint, output joint.
    spatial : int8 (H, K, I)
        Weights of the 1x1 convolution.
    down : int8 (H, I) or None
        Weights of the shortcut into H, if it is a convolution.
    temporal : int8 (O, sum_kernel, S)
        Weights of the temporal convolution: channel of Y, tap, channel of H or Q.
    res : int8 (O, I) or None
        Weights of the shortcut into Y, if it is a convolution.
    h_mult, y_mult : int32 (H,) and (O,), 0..65535
        Scales of the requantisers.
    h_bias : int64 (H,) or (V, H), magnitude below 2^40
        Biases at the scale of the product: one for all joints, or one for each joint, which a network needs whose
        convolution with bias comes before its graph product.
    y_bias : int64 (O,), magnitude below 2^40
        Likewise, for all joints.
    scales : Scales or None
        What makes Q of H.
    """

    in_channels: int
    out_channels: int
    h_channels: int = 0
    stride: int = 1
    dense_channels: int = 0
    dense_stride: int = 0
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
    x_entries: tuple[float, ...] = ()
    h_entries: tuple[float, ...] = ()
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
    scales: Scales | None = field(default=None, repr=False)

    TENSORS = ("kept", "filters", "taps", "graph", "spatial", "down", "temporal", "res",
               "h_mult", "h_bias", "y_mult", "y_bias")

    def __post_init__(self):
        for name, value in self.defaults.items():
            if getattr(self, name) == 0:
                object.__setattr__(self, name, value)

    @property
    def defaults(self) -> dict[str, int]:
        """Values of the fields that may be left out."""
        hidden = self.h_channels or self.out_channels
        return {"h_channels": self.out_channels, "dense_channels": hidden, "dense_stride": self.stride}

    def validate(self, where: str, joints: int, subsets: int, kernel: int):
        """Raise :exc:`ValueError` or :exc:`TypeError` for the first illegal field, with ``where`` before its name."""
        validate_block(self, where, joints, subsets, kernel)

    @property
    def joint_bias(self) -> bool:
        """Whether H has a bias for each joint."""
        return getattr(self.h_bias, "ndim", 1) == 2

    @property
    def in_banks(self) -> int:
        """Vectors per joint of X."""
        return bank_count(self.in_channels)

    @property
    def h_banks(self) -> int:
        """Vectors per joint of H."""
        return bank_count(self.h_channels)

    @property
    def out_banks(self) -> int:
        """Vectors per joint of Y."""
        return bank_count(self.out_channels)

    @property
    def branched(self) -> Scales:
        """``scales`` of a multi-scale block; :exc:`ValueError` for another."""
        if self.scales is None:
            raise ValueError("block must be multi-scale: it has no scales")
        return self.scales

    @property
    def kernel(self) -> int:
        """Taps of the network's window."""
        return (self.scales or self).taps.shape[1]

    @property
    def sum_channels(self) -> int:
        """Channels S that ``temporal`` reads, of H or of Q."""
        return self.h_channels if self.scales is None else self.scales.q_channels

    @property
    def sum_stride(self) -> int:
        """Stride of ``temporal``: with ``scales`` it is in these."""
        return self.stride if self.scales is None else 1

    @property
    def x_window(self) -> int:
        """Rows that the X store must hold together.

        From the frame under the middle tap to the newest that its output row needs, and as many as a stride releases. A
        running maximum waits for a row more.
        """
        ahead = self.scales is not None and self.scales.max_channels > 0
        return max(self.kernel // 2 + 1 + ahead, self.stride)

    @property
    def h_window(self) -> int:
        """Rows that the H store must hold together.

        Those under the taps, and as many as a stride releases at once; one where a 1x1 convolution reads them.
        """
        return windows(self.kernel, self.stride)[1] if self.scales is None else 1

    @property
    def p_window(self) -> int:
        """Rows that the store of P must hold together, which has the taps of ``scales``."""
        return windows(self.kernel, self.stride)[1]

    def with_whole_stores(self, joints: int) -> "Block":
        """The block with stores in which all vectors of every row fit, ``joints`` joints each."""
        scales = None if self.scales is None else self.scales.with_whole_stores(joints, self.p_window)
        return replace(self, x_depths=(self.x_window * joints * self.in_banks,) * MINI_BANKS,
                       h_depths=(self.h_window * joints * self.h_banks,) * MINI_BANKS, x_entries=(), h_entries=(),
                       scales=scales)

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
        return acc_width(total)

    @property
    def y_acc_width(self) -> int:
        """Width of the accumulators of the temporal convolution, from the real weights."""
        total = np.abs(self.temporal.astype(np.int64)).sum(axis=(1, 2))
        if self.res is not None:
            total = total + np.abs(self.res.astype(np.int64)).sum(axis=1)
        return acc_width(total)

    @property
    def graph_acc_width(self) -> int:
        """Width of the accumulators of the graph product, from the real weights."""
        return acc_width(np.abs(self.graph.astype(np.int64)).sum(axis=1))
