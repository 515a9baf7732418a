"""Shortcut path: rows of X come a second time from the store that holds them anyway, in the order of a drain."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import BANK
from ..design.checks import check_choice, check_int, check_limit, check_range
from ..design.limits import BANKS, HEAD_WIDTHS, JOINTS
from ..stream import Queue, Skid, connect
from ..stream.layouts import residual_layout, row_request_layout, row_response_layout, slot_layout
from . import RfcSlicer, span_layout

__all__ = ["ShortcutReader", "ShortcutConfig"]


@dataclass(frozen=True, kw_only=True)
class ShortcutConfig:
    """What fixes a shortcut reader.

    Parameters
    ----------
    rows, joints, banks : of the store that is read; 1..1024, 1..64, 1..64
    width : channels of a group, 1, 2, 4, 8 or 16
    conv_joints : joints of a joint group, 1..joints. Joint groups follow each other within a pass and the last may be
        shorter, so the order of joints is the same for all values
    pass_groups : groups of a pass, 1..banks * 16 / width; the last pass may be shorter
    groups : groups of ``width`` channels of a joint in all, 1..banks * 16 / width
    """

    rows: int
    joints: int
    banks: int
    width: int
    conv_joints: int = 1
    pass_groups: int
    groups: int

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
        """Groups of a vector."""
        return BANK // self.width

    @property
    def passes(self) -> tuple[tuple[int, int], ...]:
        """First and last group of each pass."""
        return tuple((first, min(first + self.pass_groups, self.groups) - 1)
                     for first in range(0, self.groups, self.pass_groups))

    @property
    def reads(self) -> int:
        """Vectors that are read per row: a vector whose groups are in several passes counts in each."""
        return self.joints * sum(last // self.slices - first // self.slices + 1 for first, last in self.passes)


class ShortcutReader(wiring.Component):
    """Give rows of the X store as slices of ``width`` channels, in the order in which a drain wants them.

    ``o`` is, for each row of ``row``: for pass / for joint group / for joint in it / for group of the pass:
    ``res[n] = X[slot, joint, group * width + n]``.

    Throughput: one slice a cycle when the store answers every cycle; at ``width = 16`` this takes one vector a cycle.
    Between rows there is no gap. Latency: ``LATENCY`` cycles and the store's, at least 2, from the transfer of ``row``
    to the first slice. Reads run ahead as far as ``AHEAD`` vectors and two more, or the store's queue of answers; a
    held ``o`` stops them without loss. ``row`` must only name rows that can be read until their last slice has left.

    Storage: a slicer, ``AHEAD * 2 * log2(16 / width)`` bits of LUT RAM, register slices for rows and slices. No DSP.

    Parameters
    ----------
    cfg : ShortcutConfig

    Members
    -------
    row : In(stream of :func:`slot_layout`), rows to read
    req : Out(stream of :func:`row_request_layout`), rsp : In(stream of :func:`row_response_layout`), both without tag
    o : Out(stream of :func:`residual_layout`)
    """

    AHEAD = 16
    LATENCY = Skid.LATENCY + 1 + RfcSlicer.LATENCY

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
        m.submodules.ahead = ahead = Queue(span_layout(cfg.width), self.AHEAD)
        m.submodules.spans = spans = Skid(span_layout(cfg.width))      # a slicer that is ready says so late in a cycle
        connect(m, ahead.o, spans.i)
        m.submodules.slicer = slicer = RfcSlicer(cfg.width)
        self._request(m, ahead.i)

        m.d.comb += [
            slicer.i.valid.eq(self.rsp.valid & spans.o.valid),
            self.rsp.ready.eq(slicer.i.ready & spans.o.valid),
            spans.o.ready.eq(slicer.i.ready & self.rsp.valid),
            slicer.i.payload.vector.eq(self.rsp.payload.vector),
            slicer.i.payload.meta.eq(spans.o.payload),
        ]
        connect(m, slicer.o, wiring.flipped(self.o))
        return m

    def _request(self, m, spans):
        """Ask for the vectors of a row, and say which slices of each are wanted."""
        cfg = self.cfg
        m.submodules.rows = rows = Skid(self.row.payload.shape())      # that a row is done is known late in a cycle
        connect(m, wiring.flipped(self.row), rows.i)
        row = rows.o
        busy, slot = Signal(), Signal.like(row.payload.slot, reset_less=True)
        turn = Signal(range(max(2, len(cfg.passes))), name="pass")
        joint, bank = Signal(range(max(2, cfg.joints))), Signal(range(max(2, cfg.banks)))

        def of_pass(values, name):
            values = list(values)
            found = Signal(range(max(2, max(values) + 1)), name=name)
            m.d.comb += found.eq(Array(values)[turn])
            return found

        first_bank = of_pass((first // cfg.slices for first, _ in cfg.passes), "first_bank")
        last_bank = of_pass((last // cfg.slices for _, last in cfg.passes), "last_bank")
        first_slice = of_pass((first % cfg.slices for first, _ in cfg.passes), "first_slice")
        last_slice = of_pass((last % cfg.slices for _, last in cfg.passes), "last_slice")
        # Where the next pass begins; after the last one, the first.
        next_bank = of_pass((first // cfg.slices for first, _ in cfg.passes[1:] + cfg.passes[:1]), "next_bank")

        bank_end, joint_end, pass_end = Signal(), Signal(), Signal()
        step, done = Signal(), Signal()
        m.d.comb += [
            bank_end.eq(bank == last_bank),
            joint_end.eq(joint == cfg.joints - 1),
            pass_end.eq(turn == len(cfg.passes) - 1),
            done.eq(step & bank_end & joint_end & pass_end),
            # A request leaves only together with its span.
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
                    m.d.sync += [bank.eq(next_bank), joint.eq(0), turn.eq(turn + 1)]
                    with m.If(pass_end):
                        m.d.sync += turn.eq(0)
