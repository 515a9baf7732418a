"""Reads rows of X from their store and gives the non-zero values of the channels that the spatial unit needs."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import at_most_one, lowest_one, ones_below, stepped
from ..design import BANK
from ..design.checks import check_limit, check_range
from ..design.limits import JOINTS
from ..rfc.count import count_ones
from ..stream import Queue, Skid, connect
from ..stream.layouts import row_request_layout, row_response_layout, vector_layout
from .frame_buffer import FrameBufferConfig

__all__ = ["RowLoaderConfig", "RowLoader"]


@dataclass(frozen=True, kw_only=True)
class RowLoaderConfig:
    """Numbers that fix a row loader.

    ``rows`` of the store 1..1024; ``joints`` 1..64; ``needed``: per channel of X whether it is wanted, at least one.
    """

    rows: int
    joints: int
    needed: tuple[bool, ...]

    def __post_init__(self):
        check_range("rows", self.rows, 1, 1024)
        check_limit("joints", self.joints, JOINTS)
        if not any(self.needed):
            raise ValueError("needed must be set for at least one channel")

    @property
    def in_banks(self) -> int:
        """Vectors per joint of the store."""
        return -(-len(self.needed) // BANK)

    @property
    def masks(self) -> dict[int, int]:
        """Per bank that has a needed channel, in order: the needed channels as bits."""
        masks = [0] * self.in_banks
        for channel, flag in enumerate(self.needed):
            masks[channel // BANK] |= bool(flag) << channel % BANK
        return {bank: mask for bank, mask in enumerate(masks) if mask}

    @property
    def channels(self) -> int:
        """Needed channels: the length of the list that ``o.channel`` counts in."""
        return sum(map(bool, self.needed))

    @property
    def buffer(self) -> FrameBufferConfig:
        """A frame buffer that takes ``o``, with one walk per channel."""
        return FrameBufferConfig(joints=self.joints, channels=self.channels, repeats=(1,) * self.channels)

    def cycles(self, row) -> int:
        """Cycles for ``row``, an array (V, C) of X."""
        total = 0
        for joint in row:
            for bank, mask in self.masks.items():
                vector = joint[bank * BANK:(bank + 1) * BANK]
                total += max(1, sum(mask >> n & 1 for n, value in enumerate(vector) if value))
        return total


class RowLoader(wiring.Component):
    """Vectors of the banks that have a needed channel become tokens, numbered by their channel's place in the list of
    needed channels.

    Channels that nobody needs are skipped within the vector: bit c of the mask is walked only when channel c is
    needed, and its value is ``values[ones of the mask below c]``. Each row is read once, in (joint, bank) order,
    after its ``x_row`` pulse.

    Throughput: one token a cycle; a vector takes ``max(1, its needed non-zeros)`` cycles, so that a row takes at
    least V times the banks that are read (:meth:`RowLoaderConfig.cycles`). Latency: 5 cycles from a vector to its
    first token.
    Stall: a held ``o`` stops the pipe; answers then wait in the store. It also stops at the end of a row while
    ``ROWS_AHEAD`` flags wait in ``overflow``.
    Storage: about ``4 * 9 * BANK`` flip-flops. No DSP.

    Parameters
    ----------
    cfg : RowLoaderConfig

    Members
    -------
    x_row : In(1), pulse: one more row of X can be read; its slot is that of the row before plus 1, modulo ``rows``,
        beginning with 0
    row_read : Out(1), pulse: all answers for a row have come
    req : Out(stream of :func:`row_request_layout`), rsp : In(stream of :func:`row_response_layout`), both without tag
    o : Out(stream of :attr:`FrameBufferConfig.i_layout`)
    overflow : Out(stream of 1 bit), per row: the store's flag of this row
    """

    ROWS_AHEAD = 8

    def __init__(self, cfg: RowLoaderConfig):
        self.cfg = cfg
        super().__init__({
            "x_row": In(1),
            "row_read": Out(1),
            "req": Out(stream.Signature(row_request_layout(cfg.rows, cfg.joints, cfg.in_banks, 0))),
            "rsp": In(stream.Signature(row_response_layout(0))),
            "o": Out(stream.Signature(cfg.buffer.i_layout)),
            "overflow": Out(stream.Signature(1)),
        })

    def _places(self, m, step, name):
        """Walk the vectors of a row; ``step`` goes to the next. Returns joint, index into the banks, end of the row."""
        cfg = self.cfg
        joint = Signal(range(max(2, cfg.joints)), name=f"{name}_joint")
        bank = Signal(range(max(2, len(cfg.masks))), name=f"{name}_bank")
        end = Signal(name=f"{name}_end")
        bank_end = bank == len(cfg.masks) - 1
        m.d.comb += end.eq(bank_end & (joint == cfg.joints - 1))
        with m.If(step):
            m.d.sync += bank.eq(Mux(bank_end, 0, bank + 1))
            with m.If(bank_end):
                m.d.sync += joint.eq(Mux(joint == cfg.joints - 1, 0, joint + 1))
        return joint, bank, end

    def _request(self, m):
        """Ask for the rows that are there."""
        cfg, req = self.cfg, self.req
        rows_left = Signal(range(cfg.rows + 1))
        asked = Signal()
        joint, bank, end = self._places(m, asked, "ask")
        m.d.comb += [
            req.valid.eq(rows_left != 0),
            asked.eq(req.valid & req.ready),
            req.payload.joint.eq(joint),
            req.payload.bank.eq(Array(cfg.masks)[bank]),
        ]
        slot = Signal.like(req.payload.slot)
        m.d.comb += req.payload.slot.eq(slot)
        m.d.sync += rows_left.eq(stepped(rows_left, self.x_row, asked & end))
        with m.If(asked & end):
            m.d.sync += slot.eq(Mux(slot == cfg.rows - 1, 0, slot + 1))

    def elaborate(self, platform):
        m = Module()
        cfg, rsp, o = self.cfg, self.rsp, self.o
        self._request(m)
        m.submodules.waiting = waiting = Queue(1, self.ROWS_AHEAD - 2)
        m.submodules.flags = flags = Skid(1)       # that a vector is taken is known late in a cycle
        connect(m, flags.o, waiting.i)
        connect(m, waiting.o, wiring.flipped(self.overflow))

        # Stage 0 holds a vector, with what is needed of its mask.
        accept, take = Signal(), Signal()
        joint, bank, end = self._places(m, accept, "rsp")
        valid0, end0 = Signal(), Signal(reset_less=True)
        vector0, wanted = Signal(vector_layout(), reset_less=True), Signal(BANK, reset_less=True)
        joint0, bank0 = (Signal.like(part, name=f"{name}0", reset_less=True)
                         for name, part in (("joint", joint), ("bank", bank)))
        m.d.comb += [rsp.ready.eq(~valid0 | take), accept.eq(rsp.valid & rsp.ready)]
        m.d.sync += self.row_read.eq(accept & end)
        with m.If(rsp.ready):
            m.d.sync += [
                valid0.eq(rsp.valid), vector0.eq(rsp.payload.vector), joint0.eq(joint), bank0.eq(bank), end0.eq(end),
                wanted.eq(rsp.payload.vector.mask & Array(cfg.masks.values())[bank]),
            ]

        # Stage 1 crosses off the needed non-zeros.
        advance = Signal()
        valid1, end1, last1 = Signal(), Signal(), Signal()
        vector1 = Signal(vector_layout(), reset_less=True)
        rest, lowest = Signal(BANK, reset_less=True), Signal(BANK)
        joint1, bank1 = Signal.like(joint, name="joint1"), Signal.like(bank, name="bank1")
        m.d.comb += [
            advance.eq(~o.valid | o.ready),
            lowest.eq(lowest_one(rest)),
            take.eq(valid0 & (~valid1 | (advance & last1)) & (flags.i.ready | ~end0)),
            flags.i.valid.eq(take & end0),
            flags.i.payload.eq(vector0.overflow),
        ]
        with m.If(take):
            m.d.sync += [
                valid1.eq(1), vector1.eq(vector0), joint1.eq(joint0), bank1.eq(bank0), end1.eq(end0),
                rest.eq(wanted), last1.eq(at_most_one(wanted)),
            ]
        with m.Elif(advance):
            m.d.sync += [rest.eq(rest & ~lowest), last1.eq(at_most_one(rest & ~lowest)), valid1.eq(valid1 & ~last1)]

        # Stage 2 knows what is below the value in the vector, stage 3 its place there, and the last stage has it.
        valid2, empty2, last2 = Signal(), Signal(reset_less=True), Signal(reset_less=True)
        channel2, below2 = Signal(range(BANK), reset_less=True), Signal(BANK, reset_less=True)
        joint2, bank2 = Signal.like(joint, name="joint2"), Signal.like(bank, name="bank2")
        valid3, empty3, last3 = Signal(), Signal(reset_less=True), Signal(reset_less=True)
        number3, rank3 = Signal.like(o.payload.channel, name="number3"), Signal(range(BANK), reset_less=True)
        joint3 = Signal.like(joint, name="joint3")
        values2, values3 = (Signal.like(vector1.values, name=name, reset_less=True) for name in ("values2", "values3"))
        with m.If(advance):
            m.d.sync += [
                valid2.eq(valid1), empty2.eq(rest == 0), last2.eq(end1 & last1), values2.eq(vector1.values),
                joint2.eq(joint1), bank2.eq(bank1), below2.eq(vector1.mask & ~ones_below(rest) & ~rest),
                valid3.eq(valid2), empty3.eq(empty2), last3.eq(last2), values3.eq(values2), joint3.eq(joint2),
                rank3.eq(count_ones(m, below2, "rank")), number3.eq(Array(self._numbers())[Cat(channel2, bank2)]),
                o.valid.eq(valid3), o.payload.joint.eq(joint3), o.payload.empty.eq(empty3), o.payload.last.eq(last3),
                o.payload.value.eq(values3[rank3]), o.payload.channel.eq(number3),
            ]
            for bit in range(len(channel2)):
                m.d.sync += channel2[bit].eq(Cat(lowest[c] for c in range(BANK) if c >> bit & 1).any())
        return m

    def _numbers(self):
        """Place in the list of needed channels of each channel of the banks that are read; 0 when it is not needed."""
        numbers, count = [], 0
        for mask in self.cfg.masks.values():
            for n in range(BANK):
                numbers.append(count if mask >> n & 1 else 0)
                count += mask >> n & 1
        return numbers
