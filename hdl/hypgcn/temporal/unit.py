"""Temporal unit: temporal convolution, shortcut and requantisation; H in, Y out."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import Block
from ..design.checks import check_choice, check_limit
from ..design.folding import BlockFolding
from ..design.limits import JOINTS, LANES, MAC_FORMS, WIDTHS
from ..emission.shared import shared
from ..rfc import RowStore, RowStoreConfig, encoder_of
from ..rfc.shortcut import ShortcutConfig, ShortcutReader
from ..stream import Queue, Skid, connect
from ..stream.activity import state_layout, state_of
from ..stream.layouts import row_request_layout, row_response_layout, vector_layout
from .combine import Combine, CombineConfig
from .dispatch import Dispatcher, DispatcherConfig
from .lane import Lane, LaneConfig
from .read_arbiter import ReadArbiter, ReadArbiterConfig
from .schedule import TemporalSchedule
from .window import Window, WindowConfig

__all__ = ["TEMPORAL_UNITS", "TemporalConfig", "TemporalUnit"]

TEMPORAL_UNITS = ("h_store", "h_reads", "lanes", "combine")
"""Names of the counted units: the H store's writing, its port that all readers share, the lanes, the combiner."""


@dataclass(frozen=True, kw_only=True)
class TemporalConfig:
    """Parameters of a temporal unit. With stride 2 the stores need two rows, even with a kernel of 1.

    Parameters
    ----------
    block : Block
        Weights, shapes and scales of the block.
    joints : int, 1..64
        Joints V of a row.
    frames : int, at least 1
        Rows T of a sequence.
    folding : BlockFolding
        Lanes, widths and row slots.
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
        check_limit("folding.lanes", self.folding.lanes, LANES)
        check_choice("folding.y_width", self.folding.y_width, WIDTHS)
        if self.folding.lane_pairs < self.folding.y_width // 2:
            raise ValueError(f"folding.lane_pairs must be at least y_width / 2 = {self.folding.y_width // 2}, "
                             f"not {self.folding.lane_pairs!r}")
        check_choice("mac", self.mac, MAC_FORMS)
        self.window  # noqa: B018 -- checks frames and rows

    @property
    def kernel(self) -> int:
        """Taps of the convolution."""
        return self.block.taps.shape[1]

    @property
    def window(self) -> WindowConfig:
        """Parameters of the window."""
        return WindowConfig(frames=self.frames, stride=self.block.stride, kernel=self.kernel,
                            h_rows=self.folding.h_rows, x_rows=self.folding.x_rows)

    @property
    def states(self) -> data.StructLayout:
        """Layout of ``states``."""
        lanes = data.ArrayLayout(state_layout(), self.folding.lanes)
        return data.StructLayout({name: lanes if name == "lanes" else state_layout() for name in TEMPORAL_UNITS})

    def lane(self, schedule: TemporalSchedule) -> LaneConfig:
        """Parameters of each lane."""
        block, folding = self.block, self.folding
        return LaneConfig(schedule=schedule, joints=self.joints, h_rows=folding.h_rows, h_banks=block.out_banks,
                          x_rows=folding.x_rows, x_banks=block.in_banks, acc_width=block.y_acc_width, mac=self.mac,
                          counters=self.counters)

    def store(self, answers: int) -> RowStoreConfig:
        """Parameters of the H store, with one reader per lane and ``answers`` responses each."""
        return RowStoreConfig(frames=self.frames, rows=self.folding.h_rows, joints=self.joints,
                              banks=self.block.out_banks, depths=self.block.h_depths,
                              tags=(0,) * self.folding.lanes, answers=answers)


class TemporalUnit(wiring.Component):
    """Temporal convolution over the compressed rows of H, shortcut, requantisation, ReLU and threshold:

    ``Y[t,v,o] = thr(clamp(round_shift(B * y_mult[o] + y_bias[o] + S_y, y_shift), 0, 127), threshold)``,
    ``B[t,v,o] = sum_i sum_c H[t * stride + i - pad, v, c] * temporal[o,i,c] (+ sum_c X[t * stride, v, c] * res[o,c])``,
    see ``docs/numbers.md``; H as its store holds it.

    Rows outside the sequence, pruned taps, and zeros of H and X take no cycle of a multiplier. Throughput, when H
    arrives fast enough: the cycles of an output row are about the largest of ``1 / lanes`` of the tokens of all (joint,
    pass) jobs, each job at least ``Lane.LATENCY`` (lanes are scheduled dynamically); the vectors read, one a cycle
    for all lanes; ``joints * ceil(O / y_width)``. Latency: from the row ``t * stride + pad`` of H to the first vector
    of Y about ``60`` cycles and the cycles of a job. Back-pressure of any length on ``o`` loses nothing. ``overflow``
    of a row of Y: a store lost values in this sequence, up to the newest row of H that the output row needs; the last
    row has the flag of the complete sequence.

    Cost: ``lanes * lane_pairs`` packed MACs, ``y_width`` requantisers; storage: that of the H store and of the lanes.

    Parameters
    ----------
    cfg : TemporalConfig

    Members
    -------
    i : In(stream of :func:`vector_layout`)
        H in (frame, joint, bank) order, sequence after sequence.
    x_req : Out(stream of :func:`row_request_layout`)
        Reads of the X store, without tag; only with a shortcut into Y. Row r of X since reset is in slot
        ``r mod x_rows``, and must be complete before row r of H arrives.
    x_rsp : In(stream of :func:`row_response_layout`)
        Responses of the X store; only with a shortcut into Y.
    x_release : Out(1)
        Releases the oldest row of X; T pulses per sequence.
    threshold : In(7)
        Values of Y up to this become 0.
    o : Out(stream of :func:`vector_layout`)
        Y in (frame, joint, bank) order, ``ceil(T / stride)`` rows per sequence.
    overflow_count : Out(32)
        Vectors that lost values in the H store since reset.
    states : Out(``cfg.states``)
        What each of :data:`TEMPORAL_UNITS` does in the cycle; only with ``cfg.counters``.
    """

    def __init__(self, cfg: TemporalConfig):
        self.cfg = cfg
        block, folding = cfg.block, cfg.folding
        members = {
            "i": In(stream.Signature(vector_layout())),
            "x_release": Out(1),
            "threshold": In(7),
            "o": Out(stream.Signature(vector_layout())),
            "overflow_count": Out(32),
        }
        if block.shortcut_y != "none":
            members["x_req"] = Out(stream.Signature(row_request_layout(folding.x_rows, cfg.joints, block.in_banks, 0)))
            members["x_rsp"] = In(stream.Signature(row_response_layout(0)))
        if cfg.counters:
            members["states"] = Out(cfg.states)
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        cfg, block, folding = self.cfg, self.cfg.block, self.cfg.folding
        schedule = TemporalSchedule.of(block, folding)
        lane_cfg = cfg.lane(schedule)
        identity = block.shortcut_y == "identity"

        m.submodules.store = store = RowStore(cfg.store(lane_cfg.fetches))
        m.submodules.window = window = Window(cfg.window)
        m.submodules.dispatch = dispatch = Dispatcher(DispatcherConfig(
            lanes=folding.lanes, joints=cfg.joints, passes=len(schedule.passes), kernel=cfg.kernel,
            h_rows=folding.h_rows, x_rows=folding.x_rows, shortcut=identity))
        m.submodules.combine = combine = Combine(CombineConfig.of(
            block, schedule, joints=cfg.joints, lanes=folding.lanes, mac=lane_cfg.mac_config,
            counters=cfg.counters))
        lanes = [Lane(lane_cfg) for _ in range(folding.lanes)]
        for k, lane in enumerate(lanes):
            m.submodules[f"lane{k}"] = shared(platform, lane)

        connect(m, wiring.flipped(self.i), store.i)
        connect(m, window.o, dispatch.i)
        m.d.comb += [
            window.h_done.eq(store.row_done),
            window.h_overflow.eq(store.row_overflow),
            window.retired.eq(combine.retired),
            store.release.eq(window.h_release),
            self.x_release.eq(window.x_release),
            self.overflow_count.eq(store.overflow_count),
        ]
        for k, lane in enumerate(lanes):
            connect(m, dispatch.job[k], lane.job)
            connect(m, lane.h_req, store.req[k])
            connect(m, store.rsp[k], lane.h_rsp)
            connect(m, lane.o, combine.results[k])

        # As many as a lane usually has in flight: one being read, one being summed, one in ``o``, one between.
        m.submodules.queue = queue = Queue(dispatch.order.payload.shape(), 4 * folding.lanes)
        # Register slices in front of the combiner, whose ready comes late in a cycle.
        m.submodules.order = order = Skid(dispatch.order.payload.shape())
        m.submodules.rows = rows = Skid(dispatch.row.payload.shape())
        for source, sink in ((dispatch.order, queue.i), (queue.o, order.i), (order.o, combine.order),
                             (dispatch.row, rows.i), (rows.o, combine.row)):
            connect(m, source, sink)
        self._read_x(m, schedule, lanes, dispatch, combine)

        m.submodules.encoder = encoder = encoder_of(folding.y_width)
        m.submodules.skid = skid = Skid(vector_layout())
        connect(m, combine.o, encoder.i)
        connect(m, encoder.o, skid.i)
        connect(m, skid.o, wiring.flipped(self.o))
        m.d.comb += encoder.threshold.eq(self.threshold)
        if cfg.counters:
            m.d.comb += [
                self.states.h_store.eq(state_of(store.i)),
                self.states.h_reads.eq(state_of(*store.req)),
                *(self.states.lanes[k].eq(lane.state) for k, lane in enumerate(lanes)),
                self.states.combine.eq(combine.state),
            ]
        return m

    def _connect_x(self, m, req, rsp):
        """Connect the only reader of X to the ports."""
        connect(m, req, wiring.flipped(self.x_req))
        connect(m, wiring.flipped(self.x_rsp), rsp)

    def _read_x(self, m, schedule, lanes, dispatch, combine):
        """Reads of X: by a shortcut reader for the combiner (identity), or by the lanes (convolved shortcut)."""
        cfg, block, folding = self.cfg, self.cfg.block, self.cfg.folding
        if block.shortcut_y == "identity":
            m.submodules.shortcut = shortcut = ShortcutReader(ShortcutConfig(
                rows=folding.x_rows, joints=cfg.joints, banks=block.in_banks, width=folding.y_width, conv_joints=1,
                pass_groups=len(schedule.steps), groups=len(schedule.steps)))
            connect(m, dispatch.x_row, shortcut.row)
            connect(m, shortcut.o, combine.res)
            self._connect_x(m, shortcut.req, shortcut.rsp)
        elif schedule.reads_x:
            # One port for all lanes: a reader of the X store each would cost a FIFO of vectors per lane there.
            m.submodules.x_arbiter = arbiter = ReadArbiter(ReadArbiterConfig(
                readers=folding.lanes, rows=folding.x_rows, joints=cfg.joints, banks=block.in_banks))
            for k, lane in enumerate(lanes):
                connect(m, lane.x_req, arbiter.i_req[k])
                connect(m, arbiter.i_rsp[k], lane.x_rsp)
            self._connect_x(m, arbiter.req, arbiter.rsp)
