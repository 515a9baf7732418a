"""The 1x1 convolution on the array: every value of Z is multiplied."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import requant_unit
from ..arith.bits import stepped
from ..rfc import encode_slices, encoder_of
from ..rfc.shortcut import ShortcutReader
from ..stream import Skid, connect
from ..stream.activity import state_of
from ..stream.layouts import row_request_layout, row_response_layout, vector_layout
from .array import ConvArray
from .config import SpatialConfig
from .row_buffer import RowBuffer

__all__ = ["DenseConvolution", "attach_flag", "convolution_members"]


def convolution_members(cfg: SpatialConfig) -> dict:
    """Members of a 1x1 convolution, on the array or on lanes.

    Members
    -------
    i : In(stream, V x signed(8))
        Entries of Z, E per row, in the order of the graph unit.
    flag : In(stream of 1 bit)
        Per row, the overflow flag of the row of X.
    x_row : In(1)
        Pulse: a row of X is complete in its store, in the slot after that of the row before.
    x_used : Out(1)
        Pulse: the oldest row of X is not read any more; of use only with an identity shortcut.
    res_req, res_rsp : Out, In(streams of :func:`row_request_layout`, :func:`row_response_layout`)
        Reads of the shortcut; only when ``shortcut_h`` is an identity.
    threshold : In(7)
        Values of H up to this become 0.
    o : Out(stream of :func:`vector_layout`)
        H in (joint, bank) order; ``overflow`` is that of the row of X.
    states : Out(struct)
        What ``conv``, ``h_requant`` and ``h_rows`` do; only with ``cfg.counters``.
    """
    members = {
        "i": In(stream.Signature(data.ArrayLayout(signed(8), cfg.joints))),
        "flag": In(stream.Signature(1)),
        "x_row": In(1), "x_used": Out(1), "threshold": In(7),
        "o": Out(stream.Signature(vector_layout())),
    }
    if cfg.block.shortcut_h == "identity":
        members["res_req"] = Out(stream.Signature(
            row_request_layout(cfg.folding.x_rows, cfg.joints, cfg.block.in_banks, 0)))
        members["res_rsp"] = In(stream.Signature(row_response_layout(0)))
    if cfg.counters:
        shapes = dict(cfg.states)
        members["states"] = Out(data.StructLayout(
            {name: shapes[name].shape for name in ("conv", "h_requant", "h_rows")}))
    return members


def attach_flag(m, flag, slices, encoder, per_row):
    """Connect ``slices`` to ``encoder`` with the flag of their row, which has ``per_row`` vectors."""
    m.submodules.flag = skid = Skid(1)     # that a row ends is known late in a cycle
    connect(m, flag, skid.i)
    flagged = stream.Signature(slices.payload.shape()).create()
    encode_slices(m, flagged, encoder)
    count = Signal(range(max(2, per_row)))
    vector_end = Signal()
    last = Signal()
    m.d.comb += [
        flagged.valid.eq(slices.valid & skid.o.valid),
        slices.ready.eq(flagged.ready & skid.o.valid),
        *(flagged.payload[name].eq(slices.payload[name]) for name in ("values", "last")),
        flagged.payload.overflow.eq(skid.o.payload),
        vector_end.eq(flagged.valid & flagged.ready & slices.payload.last),
        last.eq(count == per_row - 1),
        skid.o.ready.eq(vector_end & last),
    ]
    with m.If(vector_end):
        m.d.sync += count.eq(Mux(last, 0, count + 1))


class DenseConvolution(wiring.Component):
    """Array, shortcut, requantiser, row buffer and encoder: entries of Z in, H out.

    Throughput: a row takes as long as its slowest stage: :meth:`SpatialConfig.cycles`. Latency: about two rows. Stall:
    a held ``o`` stops stage after stage, without loss. Storage and DSP: see the stages.

    Parameters
    ----------
    cfg : SpatialConfig

    Members
    -------
    see :func:`convolution_members`
    """

    def __init__(self, cfg: SpatialConfig):
        self.cfg = cfg
        super().__init__(convolution_members(cfg))

    def elaborate(self, platform):
        """The stages, and the streams between them."""
        m = Module()
        cfg = self.cfg
        m.submodules.array = array = ConvArray(cfg.array)
        m.submodules.requant = requant = requant_unit(cfg.requant)
        m.submodules.rows = rows = RowBuffer(cfg.rows)
        m.submodules.encoder = encoder = encoder_of(cfg.rows.width)

        connect(m, wiring.flipped(self.i), array.i)
        connect(m, encoder.o, wiring.flipped(self.o))
        m.d.comb += encoder.threshold.eq(self.threshold)

        res_valid = self._shortcut(m, array, requant) if cfg.block.shortcut_h == "identity" else C(1)
        meta = requant.i.payload.meta
        m.d.comb += [
            requant.i.valid.eq(array.o.valid & res_valid),
            array.o.ready.eq(requant.i.ready & res_valid),
            requant.i.payload.acc.eq(array.o.payload.acc),
            meta.joint.eq(array.o.payload.joint), meta.group.eq(array.o.payload.group),
            meta.last.eq(array.o.payload.last),
            # The shortcut's last value of a row comes after everything else of the row has been read.
            self.x_used.eq(array.o.valid & array.o.ready & array.o.payload.last),
        ]

        word = array.o.payload.group
        if cfg.block.joint_bias:    # a word of the table for each joint and group
            word = Array(joint * cfg.rows.groups for joint in range(cfg.joints))[array.o.payload.joint] + word
        m.d.comb += requant.i.payload.group.eq(word)

        place = requant.o.payload.meta
        m.d.comb += [
            rows.i.valid.eq(requant.o.valid), requant.o.ready.eq(rows.i.ready),
            rows.i.payload["values"].eq(requant.o.payload["values"]), rows.i.payload.joint.eq(place.joint),
            rows.i.payload.group.eq(place.group), rows.i.payload.last.eq(place.last),
        ]
        attach_flag(m, wiring.flipped(self.flag), rows.o, encoder, cfg.joints * cfg.block.h_banks)
        if cfg.counters:
            m.d.comb += [
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
        rows_left = Signal(range(cfg.folding.x_rows + 1))
        slot = Signal.like(shortcut.row.payload.slot)
        issued = shortcut.row.valid & shortcut.row.ready
        take, valid = requant.i.ready & array.o.valid, shortcut.o.valid
        # X may have fewer channels than H: the other groups get nothing.
        beyond = None
        if cfg.shortcut.groups < cfg.array.groups:
            beyond = array.o.payload.group >= cfg.shortcut.groups
            take, valid = take & ~beyond, valid | beyond
        m.d.comb += [
            shortcut.row.valid.eq(rows_left != 0), shortcut.row.payload.slot.eq(slot),
            shortcut.o.ready.eq(take),
            requant.i.payload.res.eq(shortcut.o.payload.res),
        ]
        if beyond is not None:
            with m.If(beyond):
                m.d.comb += Value.cast(requant.i.payload.res).eq(0)
        m.d.sync += rows_left.eq(stepped(rows_left, self.x_row, issued))
        with m.If(issued):
            m.d.sync += slot.eq(Mux(slot == cfg.folding.x_rows - 1, 0, slot + 1))
        return valid
