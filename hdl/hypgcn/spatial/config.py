"""Parameters of the spatial unit; those of its stages follow from them."""

from dataclasses import dataclass, replace

import numpy as np
from amaranth.lib import data

from ..arith import RequantConfig, requant_tables
from ..design import BANK, Block
from ..design.checks import check_limit
from ..design.folding import BlockFolding
from ..design.limits import FRAMES, JOINTS
from ..rfc.shortcut import ShortcutConfig
from ..sparse import SparseConfig, spatial_layer
from ..stream.activity import state_layout
from .array_config import ConvArrayConfig
from .corner_turn import CornerTurnConfig
from .frame_buffer import FrameBufferConfig
from .graph_config import GraphConfig
from .loader import RowLoaderConfig
from .row_buffer import RowBufferConfig

__all__ = ["SPATIAL_UNITS", "GraphPart", "SpatialConfig"]

SPATIAL_UNITS = ("loader", "graph", "conv", "h_requant", "h_rows")
"""Names of the counted units, in the order of the data. With lanes, ``conv`` are the lanes, ``h_requant`` is their
combiner, and ``h_rows`` the port of the store of Z that all lanes share."""


@dataclass(frozen=True, kw_only=True)
class GraphPart:
    """Stages of the graph product for a share of the channels of X: loader, frame buffer, graph unit."""

    loader: RowLoaderConfig
    buffer: FrameBufferConfig
    graph: GraphConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class SpatialConfig:
    """Parameters of a spatial unit; the configs of its stages follow from them.

    Parameters
    ----------
    block : Block
        The block of the design.
    joints : int, 1..64
        Joints V of a row.
    frames : int, 1..4096
        Frames T of a person; rows are all treated alike, whatever T.
    folding : BlockFolding
        Parallelism; everything but ``lanes``, ``lane_pairs``, ``y_width`` and ``h_rows`` is used here.
    mac : str
        Form of the packed MACs.
    counters : bool
        With the port ``states``.
    """

    block: Block
    joints: int
    frames: int
    folding: BlockFolding
    mac: str = "dsp48e2"
    counters: bool = False

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("frames", self.frames, FRAMES)

    @property
    def copied(self) -> tuple[bool, ...]:
        """Per channel of X: whether the convolution of the shortcut reads it."""
        down = self.block.down
        return (False,) * self.block.in_channels if down is None else tuple(down.any(axis=0).tolist())

    @property
    def loader(self) -> RowLoaderConfig:
        """Config of the row loader."""
        needed = tuple(bool(kept) or copied for kept, copied in zip(self.block.kept, self.copied))
        return RowLoaderConfig(rows=self.folding.x_rows, joints=self.joints, needed=needed)

    @property
    def channels(self) -> list[int]:
        """Needed channels, ascending: the list in which the stages number their channels."""
        return [channel for channel, needed in enumerate(self.loader.needed) if needed]

    @property
    def graph(self) -> GraphConfig:
        """Config of the graph unit."""
        block = self.block
        return GraphConfig(
            joints=self.joints, subsets=block.graph.shape[0], at_once=self.folding.graph_subsets,
            parts=self.folding.graph_parts, graph=block.graph, shift=block.graph_shift,
            acc_width=block.graph_acc_width, threshold=block.threshold_z, mac=self.mac,
            kept=tuple(bool(block.kept[c]) for c in self.channels), copy=tuple(self.copied[c] for c in self.channels))

    @property
    def buffer(self) -> FrameBufferConfig:
        """Config of the frame buffer."""
        return FrameBufferConfig(joints=self.joints, channels=len(self.channels), repeats=self.graph.repeats)

    @property
    def shares(self) -> list[np.ndarray]:
        """Needed channels of each graph unit, ascending: as many as the others have, or one more."""
        return np.array_split(self.channels, self.folding.graph_units)

    @property
    def parts(self) -> list[GraphPart]:
        """Stages of each share of the channels, in their order; of all together :attr:`loader` and so on."""
        found = []
        for share in self.shares:
            needed = tuple(channel in share for channel in range(self.block.in_channels))
            part = replace(self.graph, kept=tuple(bool(self.block.kept[c]) for c in share),
                           copy=tuple(self.copied[c] for c in share))
            # While the words of the others leave, those of a row wait.
            part = part if len(share) == len(self.channels) else replace(part, ahead=part.entries)
            found.append(GraphPart(
                loader=replace(self.loader, needed=needed), graph=part,
                buffer=FrameBufferConfig(joints=self.joints, channels=len(share), repeats=part.repeats)))
        return found

    @property
    def on_lanes(self) -> bool:
        """Whether the 1x1 convolution has lanes, which skip the zeros of Z, in place of the array."""
        return self.folding.conv_lanes > 0

    @property
    def turn(self) -> CornerTurnConfig:
        """Config of the corner turn in front of the store of Z."""
        return CornerTurnConfig(joints=self.joints, entries=self.graph.entries, width=self.folding.z_width)

    @property
    def lanes(self) -> SparseConfig:
        """Config of the lanes of the 1x1 convolution with the store of Z."""
        return SparseConfig.of_spatial(block=self.block, folding=self.folding, joints=self.joints,
                                         frames=self.frames, mac=self.mac, counters=self.counters)

    @property
    def array(self) -> ConvArrayConfig:
        """Config of the 1x1 array, with the weights in the order of the graph unit's words."""
        folding = self.folding
        return ConvArrayConfig(
            joints=self.joints, weights=spatial_layer(self.block).weights[:, 0], conv_joints=folding.conv_joints,
            conv_pairs=folding.conv_pairs, conv_depth=folding.conv_depth, width=folding.h_width,
            acc_width=self.block.h_acc_width, mac=self.mac, counters=self.counters)

    @property
    def rows(self) -> RowBufferConfig:
        """Config of the row buffer."""
        return RowBufferConfig(joints=self.joints, channels=self.block.h_channels, width=self.folding.h_width)

    @property
    def requant(self) -> RequantConfig:
        """Config of the requantiser; lanes beyond the last channel give 0."""
        block, rows = self.block, self.rows
        tables = requant_tables(tuple(block.h_mult.tolist()), tuple(block.h_bias.ravel().tolist()),
                                rows.groups * rows.width - block.h_channels)
        place = data.StructLayout({"joint": range(max(2, rows.joints)), "group": range(max(2, rows.groups)), "last": 1})
        return RequantConfig(
            lanes=rows.width, acc_width=block.h_acc_width, shift=block.h_shift, low=0, high=127,
            **tables, res_mult=block.h_res_mult, res_shift=block.h_res_shift, meta=place,
            form=self.folding.h_requant)

    @property
    def shortcut(self) -> ShortcutConfig:
        """Config of the reader of the identity shortcut."""
        array = self.array
        return ShortcutConfig.of(self.block.in_channels, groups=array.groups, pass_groups=array.pass_groups,
                                 rows=self.folding.x_rows, joints=self.joints, width=array.width,
                                 conv_joints=array.conv_joints)

    @property
    def states(self) -> data.StructLayout:
        """Layout of ``states``."""
        conv = data.ArrayLayout(state_layout(), self.folding.conv_lanes) if self.on_lanes else state_layout()
        return data.StructLayout({name: conv if name == "conv" else state_layout() for name in SPATIAL_UNITS})

    def cycles(self, row) -> dict[str, float]:
        """Cycles of each stage, with the 1x1 array, for ``row`` of X (V, Cin); the slowest stage decides."""
        counts = [np.count_nonzero(np.asarray(row)[:, share], axis=0).tolist() for share in self.shares]
        stages = {"load": max(part.loader.cycles(row) for part in self.parts), "conv": self.array.cycles,
                  "graph": max(part.graph.cycles(of_part) for part, of_part in zip(self.parts, counts)),
                  "rows": max(self.rows.cycles, self.joints * self.block.h_banks * (BANK // self.rows.width))}
        if self.block.shortcut_h == "identity":
            stages["shortcut"] = self.shortcut.reads
        return stages
