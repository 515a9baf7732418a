"""Shortcut path: rows of X are read a second time from their store, in the output order of the convolution."""

from dataclasses import dataclass
from typing import ClassVar

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import BANK, bank_count
from ..design.checks import check_choice, check_int, check_limit, check_range
from ..design.limits import BANKS, HEAD_WIDTHS, JOINTS
from ..stream import Queue, Skid, connect
from ..stream.layouts import residual_layout, row_request_layout, row_response_layout, slot_layout
from . import RfcSlicer, span_layout

__all__ = ["ShortcutReader", "ShortcutConfig"]


@dataclass(frozen=True, kw_only=True)
class ShortcutConfig:
    """Parameters of a shortcut reader.

    Parameters
    ----------
    rows : int, 1..1024
        Row slots of the store that is read.
    joints : int, 1..64
        Joints of a row.
    banks : int, 1..64
        Banks of 16 channels of a joint.
    width : int, one of 1, 2, 4, 8, 16
        Channels of a group.
    conv_joints : int, 1..joints
        Joints of a joint group. Joint groups are consecutive within a pass and the last may be shorter, so the order of
        joints is the same for all values.
    pass_groups : int, 1..banks * 16 / width
        Groups of a pass; the last pass may be shorter.
    groups : int, 1..banks * 16 / width
        Groups of all channels of a joint.
    bursts : bool
        Other passes, to which X adds nothing, run between those of one row and of the next.
    """

    rows: int
    joints: int
    banks: int
    width: int
    conv_joints: int = 1
    pass_groups: int
    groups: int
    bursts: bool = False

    AHEAD: ClassVar[int] = 16
    AHEAD_LIMIT: ClassVar[int] = 64
    """Reads in flight without bursts, and at most."""

    @classmethod
    def of(cls, channels: int, *, groups: int, pass_groups: int, **options) -> "ShortcutConfig":
        """Config for X of ``channels`` channels into ``groups`` groups of which the first get a slice each."""
        fed = min(groups, -(-channels // options["width"]))
        return cls(banks=bank_count(channels), groups=fed, pass_groups=min(pass_groups, fed),
                   bursts=fed < groups and pass_groups < groups, **options)

    def __post_init__(self):
        check_range("rows", self.rows, 1, 1 << 10)
        check_limit("joints", self.joints, JOINTS)
        check_limit("banks", self.banks, BANKS)
        check_range("conv_joints", self.conv_joints, 1, self.joints)
        check_int("width", self.width, 1)
        check_choice("width", self.width, HEAD_WIDTHS)
        check_range("groups", self.groups, 1, self.banks * self.slices)
        check_range("pass_groups", self.pass_groups, 1, self.banks * self.slices)

    @property
    def slices(self) -> int:
        """Groups (slices) of a vector."""
        return BANK // self.width

    @property
    def passes(self) -> tuple[tuple[int, int], ...]:
        """First and last group of each pass."""
        return tuple((first, min(first + self.pass_groups, self.groups) - 1)
                     for first in range(0, self.groups, self.pass_groups))

    @property
    def ahead(self) -> int:
        """Reads that may be in flight, or wait for their place in the order.

        With bursts the vectors of a row are read while the other passes run, since the port of the store, which other
        readers share, would not give one a cycle.
        """
        return max(self.AHEAD, min(self.AHEAD_LIMIT, self.reads)) if self.bursts else self.AHEAD

    @property
    def answers(self) -> int:
        """Responses that may arrive before one is taken: one for each span, in the queue and in the slice behind it."""
        return self.ahead + Skid.PLACES

    @property
    def reads(self) -> int:
        """Vectors read per row; a vector whose groups are in several passes is read in each."""
        return self.joints * sum(last // self.slices - first // self.slices + 1 for first, last in self.passes)


class ShortcutReader(wiring.Component):
    """Rows of the X store as slices of ``width`` channels, in the output order of the convolution that adds them.

    ``o`` is, for each row of ``row``: for pass / for joint group / for joint in it / for group of the pass:
    ``res[n] = X[slot, joint, group * width + n]``.

    Throughput: one slice a cycle when the store answers every cycle; at ``width = 16`` this takes one vector a cycle.
    Between rows there is no gap. Latency: ``LATENCY`` cycles and the store's, at least 1, from the transfer of ``row``
    to the first slice. Up to ``cfg.answers`` reads are outstanding; back-pressure of any length on ``o`` loses nothing.
    A row of ``row`` must stay readable until its last slice has left.

    Storage: a slicer, ``ahead * 2 * log2(16 / width)`` bits of LUT RAM, a queue of ``answers`` vectors, register
    slices for rows and slices. No DSP.

    Parameters
    ----------
    cfg : ShortcutConfig

    Members
    -------
    row : In(stream of :func:`slot_layout`)
        Rows to read.
    req : Out(stream of :func:`row_request_layout`)
        Reads of the store, without tag.
    rsp : In(stream of :func:`row_response_layout`)
        Their responses, without tag; always taken at once.
    o : Out(stream of :func:`residual_layout`)
        The slices.
    """

    LATENCY = Skid.LATENCY + 1 + Queue.LATENCY + RfcSlicer.LATENCY

    def __init__(self, cfg: ShortcutConfig):
        self.cfg = cfg
        super().__init__({
            "row": In(stream.Signature(slot_layout(cfg.rows))),
            "req": Out(stream.Signature(row_request_layout(cfg.rows, cfg.joints, cfg.banks, 0))),
            "rsp": In(stream.Signature(row_response_layout(0))),
            "o": Out(stream.Signature(residual_layout(cfg.width))),
        })

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        m.submodules.ahead = ahead = Queue(span_layout(cfg.width), cfg.ahead)
        # A register slice, since the slicer's ready comes late in the cycle.
        m.submodules.spans = spans = Skid(span_layout(cfg.width))
        connect(m, ahead.o, spans.i)
        m.submodules.slicer = slicer = RfcSlicer(cfg.width)
        self._request(m, ahead.i)

        m.submodules.answers = answers = Queue(self.rsp.payload.shape(), cfg.answers)
        connect(m, wiring.flipped(self.rsp), answers.i)
        answer = answers.o
        m.d.comb += [
            slicer.i.valid.eq(answer.valid & spans.o.valid),
            answer.ready.eq(slicer.i.ready & spans.o.valid),
            spans.o.ready.eq(slicer.i.ready & answer.valid),
            slicer.i.payload.vector.eq(answer.payload.vector),
            slicer.i.payload.meta.eq(spans.o.payload),
        ]
        connect(m, slicer.o, wiring.flipped(self.o))
        return m

    def _request(self, m, spans):
        """Request the vectors of a row, with the span of slices of each."""
        cfg = self.cfg
        # A register slice, since the end of a row comes late in the cycle.
        m.submodules.rows = rows = Skid(self.row.payload.shape())
        connect(m, wiring.flipped(self.row), rows.i)
        row = rows.o
        busy = Signal()
        slot = Signal.like(row.payload.slot, reset_less=True)
        pass_index = Signal(range(max(2, len(cfg.passes))), name="pass")
        joint = Signal(range(max(2, cfg.joints)))
        bank = Signal(range(max(2, cfg.banks)))

        def of_pass(values, name):
            """A table of constants, one per pass, read at the current pass."""
            values = list(values)
            value = Signal(range(max(2, max(values) + 1)), name=name)
            m.d.comb += value.eq(Array(values)[pass_index])
            return value

        first_bank = of_pass((first // cfg.slices for first, _ in cfg.passes), "first_bank")
        last_bank = of_pass((last // cfg.slices for _, last in cfg.passes), "last_bank")
        first_slice = of_pass((first % cfg.slices for first, _ in cfg.passes), "first_slice")
        last_slice = of_pass((last % cfg.slices for _, last in cfg.passes), "last_slice")
        # First bank of the next pass; the first pass follows the last.
        next_bank = of_pass((first // cfg.slices for first, _ in cfg.passes[1:] + cfg.passes[:1]), "next_bank")

        bank_end = Signal()
        joint_end = Signal()
        pass_end = Signal()
        step = Signal()
        done = Signal()
        m.d.comb += [
            bank_end.eq(bank == last_bank),
            joint_end.eq(joint == cfg.joints - 1),
            pass_end.eq(pass_index == len(cfg.passes) - 1),
            done.eq(step & bank_end & joint_end & pass_end),
            # A request leaves only together with its span: responses carry no tag and are matched by order.
            self.req.valid.eq(busy & spans.ready),
            step.eq(self.req.valid & self.req.ready),
            spans.valid.eq(step),
            spans.payload.first.eq(Mux(bank == first_bank, first_slice, 0)),
            spans.payload.last.eq(Mux(bank_end, last_slice, cfg.slices - 1)),
            self.req.payload.slot.eq(slot),
            self.req.payload.joint.eq(joint),
            self.req.payload.bank.eq(bank),
            row.ready.eq(~busy | done),
        ]
        with m.If(row.ready):
            m.d.sync += [busy.eq(row.valid), slot.eq(row.payload.slot)]
        with m.If(step):
            m.d.sync += bank.eq(bank + 1)
            with m.If(bank_end):
                m.d.sync += [bank.eq(first_bank), joint.eq(joint + 1)]
                with m.If(joint_end):
                    m.d.sync += [bank.eq(next_bank), joint.eq(0), pass_index.eq(pass_index + 1)]
                    with m.If(pass_end):
                        m.d.sync += pass_index.eq(0)
