"""The spatial unit: rows of X in, rows of H out."""

from dataclasses import dataclass

import numpy as np
from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import Requant, RequantConfig
from ..arith.bits import stepped
from ..design import BANK, Block
from ..design.checks import check_limit
from ..design.folding import BlockFolding
from ..design.limits import FRAMES, JOINTS
from ..rfc import encoder_of
from ..rfc.shortcut import ShortcutConfig, ShortcutReader
from ..stream import Skid, connect
from ..stream.activity import state_layout, state_of
from ..stream.layouts import row_request_layout, row_response_layout, vector_layout
from .array import ConvArray
from .array_config import ConvArrayConfig
from .frame_buffer import FrameBuffer, FrameBufferConfig
from .graph import GraphConfig, GraphUnit
from .loader import RowLoader, RowLoaderConfig
from .row_buffer import RowBuffer, RowBufferConfig

__all__ = ["SPATIAL_UNITS", "SpatialConfig", "SpatialUnit"]

SPATIAL_UNITS = ("loader", "graph", "conv", "h_requant", "h_rows")
"""Names of the counted units, in the order of the data."""


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
        Parallelism; ``graph_subsets``, ``conv_joints``, ``conv_pairs``, ``conv_depth``, ``h_width`` and ``x_rows`` are
        used here.
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
            joints=self.joints, subsets=block.graph.shape[0], at_once=self.folding.graph_subsets, graph=block.graph,
            shift=block.graph_shift, acc_width=block.graph_acc_width, threshold=block.threshold_z, mac=self.mac,
            kept=tuple(bool(block.kept[c]) for c in self.channels), copy=tuple(self.copied[c] for c in self.channels))

    @property
    def buffer(self) -> FrameBufferConfig:
        """Config of the frame buffer."""
        return FrameBufferConfig(joints=self.joints, channels=len(self.channels), repeats=self.graph.repeats)

    @property
    def array(self) -> ConvArrayConfig:
        """Config of the 1x1 array, with the weights in the order of the graph unit's words."""
        columns = []
        for channel in self.channels:
            if self.block.kept[channel]:
                columns += list(self.block.spatial[:, :, channel].T)
            if self.block.down is not None and self.copied[channel]:
                columns.append(self.block.down[:, channel])
        folding = self.folding
        return ConvArrayConfig(
            joints=self.joints, weights=np.stack(columns, axis=1), conv_joints=folding.conv_joints,
            conv_pairs=folding.conv_pairs, conv_depth=folding.conv_depth, width=folding.h_width,
            acc_width=self.block.h_acc_width, mac=self.mac, counters=self.counters)

    @property
    def rows(self) -> RowBufferConfig:
        """Config of the row buffer."""
        return RowBufferConfig(joints=self.joints, channels=self.block.out_channels, width=self.folding.h_width)

    @property
    def requant(self) -> RequantConfig:
        """Config of the requantiser; lanes beyond the last channel give 0."""
        block, rows = self.block, self.rows
        spare = (0,) * (rows.groups * rows.width - block.out_channels)
        place = data.StructLayout({"joint": range(max(2, rows.joints)), "group": range(max(2, rows.groups)), "last": 1})
        return RequantConfig(
            lanes=rows.width, acc_width=block.h_acc_width, shift=block.h_shift, low=0, high=127,
            mult=(*block.h_mult.tolist(), *spare), bias=(*block.h_bias.tolist(), *spare),
            res_mult=block.h_res_mult, res_shift=block.h_res_shift, meta=place)

    @property
    def shortcut(self) -> ShortcutConfig:
        """Config of the reader of the identity shortcut."""
        array = self.array
        return ShortcutConfig(
            rows=self.folding.x_rows, joints=self.joints, banks=self.block.in_banks, width=array.width,
            conv_joints=array.conv_joints, pass_groups=min(array.pass_groups, array.groups), groups=array.groups)

    @property
    def states(self) -> data.StructLayout:
        """Layout of ``states``."""
        return data.StructLayout(dict.fromkeys(SPATIAL_UNITS, state_layout()))

    @property
    def macs(self) -> int:
        """Number of packed MACs."""
        return self.graph.macs + self.array.macs

    def cycles(self, row) -> dict[str, float]:
        """Cycles of each stage for ``row`` of X, an array (V, Cin); a row takes as long as its slowest stage."""
        counts = np.count_nonzero(np.asarray(row)[:, self.channels], axis=0).tolist()
        stages = {"load": self.loader.cycles(row), "graph": self.graph.cycles(counts), "conv": self.array.cycles,
                  "rows": max(self.rows.cycles, self.joints * self.block.out_banks * (BANK // self.rows.width))}
        if self.block.shortcut_h == "identity":
            stages["shortcut"] = self.shortcut.reads
        return stages


class SpatialUnit(wiring.Component):
    """Graph product and 1x1 convolution of the rows of X, shortcut, requantisation and threshold: ``H[t,w,o]`` of
    ``docs/numbers.md``.

    A row-level pipeline: every stage works on a row of its own, with up to seven rows in flight.

    Throughput: a row takes as long as its slowest stage: :meth:`SpatialConfig.cycles`, and a few cycles more where
    two stages take equally long.
    Latency: the sum of the stages, about their cycles for one row each.
    Stall: a held ``o`` stops stage after stage, without loss. Rows of X are only read between their ``x_row`` and
    their ``x_used``.
    DSP: ``ceil(graph_subsets * V / 2) + conv_joints * conv_pairs * conv_depth`` packed MACs and ``h_width``
    multipliers of the requantiser. Storage: see the stages.

    Parameters
    ----------
    cfg : SpatialConfig

    Members
    -------
    x_row : In(1)
        Pulse: a row of X is complete in the store, in the slot after that of the row before.
    x_used : Out(1)
        Pulse: this unit has read a row of X and its answers have arrived; as many as ``x_row``, in order.
    load_req, load_rsp : Out, In(streams of :func:`row_request_layout`, :func:`row_response_layout`)
        Reads of the loader, without tag.
    res_req, res_rsp : Out, In(the same)
        Reads of the shortcut; only when ``shortcut_h`` is an identity.
    threshold : In(7)
        Values of H up to this become 0.
    o : Out(stream of :func:`vector_layout`)
        H in (joint, bank) order; ``overflow`` is that of the row of X.
    states : Out(``cfg.states``)
        What the units do; only with ``cfg.counters``.
    """

    def __init__(self, cfg: SpatialConfig):
        self.cfg = cfg
        request = stream.Signature(row_request_layout(cfg.folding.x_rows, cfg.joints, cfg.block.in_banks, 0))
        response = stream.Signature(row_response_layout(0))
        ports = {"x_row": In(1), "x_used": Out(1), "load_req": Out(request), "load_rsp": In(response)}
        if cfg.block.shortcut_h == "identity":
            ports |= {"res_req": Out(request), "res_rsp": In(response)}
        if cfg.counters:
            ports["states"] = Out(cfg.states)
        super().__init__({**ports, "threshold": In(7), "o": Out(stream.Signature(vector_layout()))})

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        m.submodules.loader = loader = RowLoader(cfg.loader)
        m.submodules.buffer = buffer = FrameBuffer(cfg.buffer)
        m.submodules.graph = graph = GraphUnit(cfg.graph)
        m.submodules.array = array = ConvArray(cfg.array)
        m.submodules.requant = requant = Requant(cfg.requant)
        m.submodules.rows = rows = RowBuffer(cfg.rows)
        m.submodules.encoder = encoder = encoder_of(cfg.rows.width)

        connect(m, loader.req, wiring.flipped(self.load_req))
        connect(m, wiring.flipped(self.load_rsp), loader.rsp)
        connect(m, loader.o, buffer.i)
        connect(m, buffer.o, graph.i)
        connect(m, graph.o, array.i)
        connect(m, encoder.o, wiring.flipped(self.o))
        m.d.comb += [loader.x_row.eq(self.x_row), encoder.threshold.eq(self.threshold)]

        res_valid = self._shortcut(m, array, requant) if cfg.block.shortcut_h == "identity" else C(1)
        meta = requant.i.payload.meta
        m.d.comb += [
            requant.i.valid.eq(array.o.valid & res_valid),
            array.o.ready.eq(requant.i.ready & res_valid),
            requant.i.payload.acc.eq(array.o.payload.acc), requant.i.payload.group.eq(array.o.payload.group),
            meta.joint.eq(array.o.payload.joint), meta.group.eq(array.o.payload.group),
            meta.last.eq(array.o.payload.last),
        ]
        # The shortcut's last value of a row comes after everything else of the row has been read.
        row_end = array.o.valid & array.o.ready & array.o.payload.last
        m.d.comb += self.x_used.eq(row_end if cfg.block.shortcut_h == "identity" else loader.row_read)

        place = requant.o.payload.meta
        m.d.comb += [
            rows.i.valid.eq(requant.o.valid), requant.o.ready.eq(rows.i.ready),
            rows.i.payload.values.eq(requant.o.payload.values), rows.i.payload.joint.eq(place.joint),
            rows.i.payload.group.eq(place.group), rows.i.payload.last.eq(place.last),
        ]
        self._encode(m, loader.overflow, rows, encoder)
        if cfg.counters:
            m.d.comb += [
                self.states.loader.eq(state_of(loader.o)),
                self.states.graph.eq(state_of(graph.i)),
                self.states.conv.eq(array.state),
                self.states.h_requant.eq(state_of(requant.i)),
                self.states.h_rows.eq(state_of(rows.o)),
            ]
        return m

    def _shortcut(self, m, array, requant):
        """X for the identity shortcut, in the order of the array's sums; the result is 1 while it is valid."""
        cfg = self.cfg
        m.submodules.shortcut = shortcut = ShortcutReader(cfg.shortcut)
        connect(m, shortcut.req, wiring.flipped(self.res_req))
        connect(m, wiring.flipped(self.res_rsp), shortcut.rsp)
        rows_left, slot = Signal(range(cfg.folding.x_rows + 1)), Signal.like(shortcut.row.payload.slot)
        issued = shortcut.row.valid & shortcut.row.ready
        m.d.comb += [
            shortcut.row.valid.eq(rows_left != 0), shortcut.row.payload.slot.eq(slot),
            shortcut.o.ready.eq(requant.i.ready & array.o.valid),
            requant.i.payload.res.eq(shortcut.o.payload.res),
        ]
        m.d.sync += rows_left.eq(stepped(rows_left, self.x_row, issued))
        with m.If(issued):
            m.d.sync += slot.eq(Mux(slot == cfg.folding.x_rows - 1, 0, slot + 1))
        return shortcut.o.valid

    def _encode(self, m, overflow, rows, encoder):
        """Attach the row's overflow flag to each of its vectors, in front of the encoder."""
        vectors = self.cfg.joints * self.cfg.block.out_banks
        m.submodules.flag = flag = Skid(1)     # that a row ends is known late in a cycle
        connect(m, overflow, flag.i)
        count = Signal(range(max(2, vectors)))
        sent, last = Signal(), Signal()
        m.d.comb += [
            encoder.i.valid.eq(rows.o.valid & flag.o.valid),
            encoder.i.payload.values.eq(rows.o.payload.values), encoder.i.payload.overflow.eq(flag.o.payload),
            rows.o.ready.eq(encoder.i.ready & flag.o.valid),
            sent.eq(encoder.i.valid & encoder.i.ready),
            last.eq(count == vectors - 1),
            flag.o.ready.eq(sent & last),
        ]
        with m.If(sent):
            m.d.sync += count.eq(Mux(last, 0, count + 1))
