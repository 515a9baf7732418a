"""Sparse convolution unit: rows of features in, convolution on lanes, shortcut, requantisation, output rows out."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..emission.shared import shared
from ..rfc import RowStore, encode_slices, encoder_of
from ..rfc.shortcut import ShortcutConfig, ShortcutReader
from ..stream import Queue, Skid, connect
from ..stream.activity import state_of
from ..stream.layouts import row_request_layout, row_response_layout, vector_layout
from .combine import Combine
from .combine_config import CombineConfig
from .dispatch import Dispatcher, DispatcherConfig
from .lane import Lane
from .max_rows import MaxRows
from .read_arbiter import ReadArbiter, ReadArbiterConfig
from .unit_config import SparseConfig
from .window import Window

__all__ = ["SparseUnit"]


class SparseUnit(wiring.Component):
    """Convolution over compressed rows of features F, shortcut, requantisation, ReLU and threshold:

    ``o[t,v,o] = thr(clamp(round_shift(B * mult[o] + bias[o] + S, shift), 0, 127), threshold)``,
    ``B[t,v,o] = sum_i sum_c F[t * stride + i - pad, v, c] * weights[o,i,c] (+ sum_c X[t * stride, v, c] *
    x_weights[o,c])``, see ``docs/numbers.md``; F as its store holds it. With F = H it is the temporal convolution of a
    block, with F = Z and a kernel of 1 the 1x1 convolution.

    Rows outside the sequence, pruned taps, and zeros of F and X take no cycle of a multiplier. Throughput, when F
    arrives fast enough: the cycles of an output row are about the largest of ``1 / lanes`` of the tokens of all (joint,
    pass) jobs, each job at least half of ``Lane.latency`` (lanes are scheduled dynamically); the vectors read, one a
    cycle and port for all lanes; ``joints * ceil(O / width)``. Latency: from the row ``t * stride + pad`` of F to the
    first vector of the output row about ``60`` cycles and the cycles of a job. Back-pressure of any length on ``o``
    loses nothing.
    ``overflow`` of an output row: a store lost values in this sequence, up to the newest row of F that the output row
    needs; the last row has the flag of the complete sequence.

    Cost: ``lanes * lane_pairs * depth`` packed MACs, a requantiser of ``width`` lanes; storage: that of the store and
    of the lanes.

    Parameters
    ----------
    cfg : SparseConfig

    Members
    -------
    i : In(stream of :func:`vector_layout`)
        F, sequence after sequence, row after row, a row in (joint, bank) order, or (bank, joint) with ``bank_major``.
    x_req : Out(stream of :func:`row_request_layout`)
        Reads of the X store, without tag; only with a shortcut. Row r of X since reset is in slot ``r mod x_rows``, and
        must be complete before row r of F arrives.
    x_rsp : In(stream of :func:`row_response_layout`)
        Responses of the X store; only with a shortcut.
    x_release : Out(1)
        Releases the oldest row of X; T pulses per sequence.
    threshold : In(7)
        Values of the output up to this become 0.
    o : Out(stream of :func:`vector_layout`)
        Output in (frame, joint, bank) order, ``ceil(T / stride)`` rows per sequence.
    overflow_count : Out(32)
        Vectors that lost values in the store of F since reset.
    states : Out(``cfg.states``)
        What each of :data:`SPARSE_UNITS` does in the cycle; only with ``cfg.counters``.
    """

    module_file = True

    def __init__(self, cfg: SparseConfig):
        self.cfg = cfg
        members = {
            "i": In(stream.Signature(vector_layout())),
            "x_release": Out(1),
            "threshold": In(7),
            "o": Out(stream.Signature(vector_layout())),
            "overflow_count": Out(32),
        }
        if cfg.layer.shortcut != "none":
            members["x_req"] = Out(stream.Signature(
                row_request_layout(cfg.x_rows, cfg.joints, cfg.layer.x_banks, 0)))
            members["x_rsp"] = In(stream.Signature(row_response_layout(0)))
        if cfg.counters:
            members["states"] = Out(cfg.states)
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        cfg, layer, lanes_count = self.cfg, self.cfg.layer, self.cfg.lanes
        schedule = cfg.schedule
        lane_cfg = cfg.lane(schedule)

        m.submodules.store = store = RowStore(cfg.store)
        m.submodules.window = window = Window(cfg.window)
        m.submodules.dispatch = dispatch = Dispatcher(DispatcherConfig(
            lanes=lanes_count, joints=cfg.joints, passes=len(schedule.passes), kernel=layer.kernel,
            h_rows=cfg.rows, x_rows=cfg.x_rows, shortcut=layer.shortcut == "identity"))
        m.submodules.combine = combine = Combine(CombineConfig.of(
            layer, schedule, joints=cfg.joints, lanes=lanes_count, mac=lane_cfg.mac_config,
            requant_form=cfg.requant, counters=cfg.counters))
        lanes = [Lane(lane_cfg) for _ in range(lanes_count)]
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
            self._connect_reads(m, lane.h_req, store.req[k])
            connect(m, store.rsp[k], lane.h_rsp)
            connect(m, lane.o, combine.results[k])

        # As many as a lane usually has in flight: one being read, one being summed, one in ``o``, one between.
        m.submodules.queue = queue = Queue(dispatch.order.payload.shape(), 4 * lanes_count)
        # Register slices in front of the combiner, whose ready comes late in a cycle.
        m.submodules.order = order = Skid(dispatch.order.payload.shape())
        m.submodules.rows = rows = Skid(dispatch.row.payload.shape())
        for source, sink in ((dispatch.order, queue.i), (queue.o, order.i), (order.o, combine.order),
                             (dispatch.row, rows.i), (rows.o, combine.row)):
            connect(m, source, sink)
        self._read_x(m, schedule, lanes, dispatch, combine)

        m.submodules.encoder = encoder = encoder_of(cfg.width)
        encode_slices(m, self._with_maximum(m, combine.o), encoder)
        connect(m, encoder.o, wiring.flipped(self.o))
        m.d.comb += encoder.threshold.eq(self.threshold)
        if cfg.counters:
            m.d.comb += [
                self.states.h_store.eq(state_of(store.i)),
                self.states.h_reads.eq(state_of(*store.req)),
                *(self.states.lanes[k].eq(lane.state) for k, lane in enumerate(lanes)),
                self.states.combine.eq(combine.state),
            ]
        return m

    def _with_maximum(self, m, slices):
        """``slices`` of the output behind the running maximum, where the layer has one."""
        if not self.cfg.layer.running_max[1]:
            return slices
        m.submodules.max_rows = maximum = MaxRows(self.cfg.max_rows)
        connect(m, slices, maximum.i)
        return maximum.o

    def _connect_reads(self, m, reads, store):
        """Connect the reads of a lane to the store, in which joints and banks may have changed places."""
        joint, bank = ("bank", "joint") if self.cfg.bank_major else ("joint", "bank")
        m.d.comb += [
            store.valid.eq(reads.valid), reads.ready.eq(store.ready), store.payload.slot.eq(reads.payload.slot),
            store.payload[joint].eq(reads.payload.joint), store.payload[bank].eq(reads.payload.bank),
        ]

    def _connect_x(self, m, req, rsp):
        """Connect the only reader of X to the ports."""
        connect(m, req, wiring.flipped(self.x_req))
        connect(m, wiring.flipped(self.x_rsp), rsp)

    def _read_x(self, m, schedule, lanes, dispatch, combine):
        """Reads of X: by a shortcut reader for the combiner (identity), or by the lanes (convolved shortcut)."""
        cfg, layer = self.cfg, self.cfg.layer
        if layer.shortcut == "identity":
            m.submodules.shortcut = shortcut = ShortcutReader(ShortcutConfig.of(
                layer.x_channels, groups=len(schedule.steps), pass_groups=len(schedule.steps), rows=cfg.x_rows,
                joints=cfg.joints, width=cfg.width))
            connect(m, dispatch.x_row, shortcut.row)
            connect(m, shortcut.o, combine.res)
            self._connect_x(m, shortcut.req, shortcut.rsp)
        elif schedule.reads_x:
            # One port for all lanes: a reader of the X store each would cost a FIFO of vectors per lane there.
            m.submodules.x_arbiter = arbiter = ReadArbiter(ReadArbiterConfig(
                readers=cfg.lanes, rows=cfg.x_rows, joints=cfg.joints, banks=layer.x_banks))
            for k, lane in enumerate(lanes):
                connect(m, lane.x_req, arbiter.i_req[k])
                connect(m, arbiter.i_rsp[k], lane.x_rsp)
            self._connect_x(m, arbiter.req, arbiter.rsp)
