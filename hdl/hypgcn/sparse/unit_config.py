"""Parameters of a sparse convolution unit, by the layer that it computes."""

from dataclasses import dataclass

from amaranth.lib import data

from ..design import MINI_BANKS, Block
from ..design.checks import check_choice, check_limit
from ..design.folding import BlockFolding
from ..design.limits import JOINTS, LANES, MAC_FORMS, REQUANTISERS, WIDTHS
from ..rfc import RowStoreConfig
from ..stream.activity import state_layout
from .lane import LaneConfig
from .layer import SparseLayer, branch_layer, reduce_layer, spatial_layer, temporal_layer
from .max_rows import MaxRowsConfig
from .schedule import LaneSchedule
from .window import WindowConfig

__all__ = ["SPARSE_UNITS", "SparseConfig"]

SPARSE_UNITS = ("h_store", "h_reads", "lanes", "combine")
"""Names of the counted units: the store's writing, its port that all readers share, the lanes, the combiner."""


@dataclass(frozen=True, kw_only=True)
class SparseConfig:
    """Parameters of a sparse convolution unit. With stride 2 the stores need two rows, even with a kernel of 1.

    Parameters
    ----------
    layer : SparseLayer
        Weights, shapes and scales.
    joints : int, 1..64
        Joints V of a row.
    frames : int, at least 1
        Rows T of a sequence.
    x_frames : int
        Rows of a sequence of X, where the layer has an ``x_stride``; else 0.
    depths : tuple of int
        Entries of each mini-bank of the store that ``hold`` rows in sequence may take.
    hold : int
        Rows of features that are needed at the same time.
    entries : tuple of float
        Entries that a row takes in the mean; empty: nothing is known about that.
    rows : int
        Row slots of the store of features.
    x_rows : int
        Row slots of the store of X.
    ports : int, 1..lanes
        Vectors that lanes read from the store in a cycle.
    lanes : int, 1..32
        Lanes that work at the same time.
    lane_pairs : int, at least ``width / 2``
        Pairs of output channels of a lane.
    depth : 1 or 2
        Non-zeros of a vector that a lane multiplies in a cycle, with ``lane_pairs`` packed MACs each.
    width : 2, 4, 8 or 16
        Values of a slice that the requantiser takes.
    requant : str
        What multiplies in it, see :data:`~hypgcn.design.limits.REQUANTISERS`.
    ultra : bool
        Large memories of the store are UltraRAM.
    bank_major : bool
        Vectors of a row arrive in (bank, joint) order, else in (joint, bank) order.
    mac : str
        Form of the packed MACs.
    counters : bool
        With the port ``states``.
    """

    layer: SparseLayer
    joints: int
    frames: int
    x_frames: int = 0
    depths: tuple[int, ...]
    hold: int = 1
    entries: tuple[float, ...] = ()
    rows: int
    x_rows: int
    lanes: int
    lane_pairs: int
    width: int
    requant: str = "dsp"
    ports: int = 1
    depth: int = 1
    ultra: bool = False
    bank_major: bool = False
    mac: str = "dsp48e2"
    counters: bool = False

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("lanes", self.lanes, LANES)
        check_choice("width", self.width, WIDTHS)
        check_choice("requant", self.requant, REQUANTISERS)
        if self.lane_pairs < self.width // 2:
            raise ValueError(f"lane_pairs must be at least half the width, {self.width // 2}, not {self.lane_pairs!r}")
        check_choice("mac", self.mac, MAC_FORMS)
        self.window  # noqa: B018 -- checks frames and rows

    @classmethod
    def of(cls, *, block: Block, folding: BlockFolding, **shared) -> "SparseConfig":
        """Config of the convolution of ``block`` behind H under ``folding``: of H, or of Q where it has branches."""
        if block.scales is not None:
            return cls._of_q(block=block, folding=folding, **shared)
        return cls(layer=temporal_layer(block), depths=block.h_depths, hold=block.h_window, entries=block.h_entries,
                   rows=folding.h_rows, x_rows=folding.x_rows, lanes=folding.lanes, lane_pairs=folding.lane_pairs,
                   width=folding.y_width, requant=folding.y_requant, ports=folding.h_ports, depth=folding.lane_depth,
                   ultra=folding.h_memory == "ultra", **shared)

    @classmethod
    def _of_q(cls, *, block: Block, folding: BlockFolding, frames: int, **shared) -> "SparseConfig":
        """Config of the 1x1 convolution of Q; ``frames`` are those of X."""
        scales, own = block.branched, folding.branched
        return cls(layer=temporal_layer(block), frames=-(-frames // block.stride), x_frames=frames,
                   depths=scales.q_depths, entries=scales.q_entries, rows=own.q_rows, x_rows=folding.x_rows,
                   lanes=folding.lanes, lane_pairs=folding.lane_pairs, width=folding.y_width,
                   requant=folding.y_requant, ports=own.q_ports, depth=folding.lane_depth, **shared)

    @classmethod
    def of_reduce(cls, *, block: Block, folding: BlockFolding, **shared) -> "SparseConfig":
        """Config of the 1x1 convolution of a multi-scale block that makes P of H."""
        own = folding.branched
        return cls(layer=reduce_layer(block), depths=block.h_depths, hold=block.h_window, entries=block.h_entries,
                   rows=folding.h_rows, x_rows=folding.x_rows, lanes=own.p_lanes, lane_pairs=own.p_pairs,
                   width=own.p_width, requant=own.p_requant, ports=folding.h_ports, depth=own.p_depth,
                   ultra=folding.h_memory == "ultra", **shared)

    @classmethod
    def of_branches(cls, *, block: Block, folding: BlockFolding, **shared) -> "SparseConfig":
        """Config of the taps of a multi-scale block that make Q of P."""
        scales, own = block.branched, folding.branched
        return cls(layer=branch_layer(block), depths=scales.p_depths, hold=block.p_window, entries=scales.p_entries,
                   rows=own.p_rows, x_rows=folding.x_rows, lanes=own.q_lanes, lane_pairs=own.q_pairs,
                   width=own.q_width, requant=own.q_requant, ports=own.p_ports, depth=own.q_depth, **shared)

    @classmethod
    def of_spatial(cls, *, block: Block, folding: BlockFolding, joints: int, **shared) -> "SparseConfig":
        """Config of the 1x1 convolution of ``block`` under ``folding``; its store has room for every value."""
        layer = spatial_layer(block)
        return cls(layer=layer, joints=joints, depths=(joints * layer.banks,) * MINI_BANKS, rows=folding.z_rows,
                   x_rows=folding.x_rows, lanes=folding.conv_lanes, lane_pairs=folding.conv_pairs,
                   width=folding.h_width, requant=folding.h_requant, depth=folding.conv_depth, bank_major=True,
                   **shared)

    @property
    def window(self) -> WindowConfig:
        """Parameters of the window."""
        return WindowConfig(frames=self.frames, stride=self.layer.stride, kernel=self.layer.kernel,
                            h_rows=self.rows, x_rows=self.x_rows, x_stride=self.layer.x_stride,
                            x_frames=self.x_frames)

    @property
    def max_rows(self) -> MaxRowsConfig:
        """Parameters of the running maximum, where the layer has one."""
        first, channels = self.layer.running_max
        return MaxRowsConfig(frames=self.window.out_frames, joints=self.joints, channels=self.layer.outputs,
                             width=self.width, first=first, maximum=channels)

    @property
    def states(self) -> data.StructLayout:
        """Layout of ``states``."""
        lanes = data.ArrayLayout(state_layout(), self.lanes)
        return data.StructLayout({name: lanes if name == "lanes" else state_layout() for name in SPARSE_UNITS})

    @property
    def schedule(self) -> LaneSchedule:
        """Passes and weights of the lanes."""
        return LaneSchedule.of(self.layer, self.lane_pairs, self.width)

    def lane(self, schedule: LaneSchedule) -> LaneConfig:
        """Parameters of each lane."""
        return LaneConfig(schedule=schedule, joints=self.joints, h_rows=self.rows, h_banks=self.layer.banks,
                          x_rows=self.x_rows, x_banks=self.layer.x_banks, acc_width=self.layer.acc_width, mac=self.mac,
                          depth=self.depth, fetches=self.fetches, counters=self.counters)

    @property
    def fetches(self) -> int:
        """Announced reads in the queue of a lane."""
        return LaneConfig.fetches_of(self.layer.kernel)

    @property
    def store(self) -> RowStoreConfig:
        """Parameters of the store, with one reader per lane."""
        # Joints and banks change places where vectors come bank by bank: what is first in a row has a base in the
        # store, what is second an offset.
        first, second = (self.layer.banks, self.joints) if self.bank_major else (self.joints, self.layer.banks)
        return RowStoreConfig.sized(
            self.entries, frames=self.frames, rows=self.rows, joints=first, banks=second, depths=self.depths,
            window=self.hold, tags=(0,) * self.lanes, answers=0, ports=self.ports, ultra=self.ultra)
