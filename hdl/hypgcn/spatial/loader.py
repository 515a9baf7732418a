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
    """Parameters of a row loader.

    Parameters
    ----------
    rows : int, 1..1024
        Row slots of the store of X.
    joints : int, 1..64
        Joints V of a row.
    needed : tuple of bool
        Per channel of X, whether the spatial unit uses it; at least one.
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
        """Number of needed channels; ``o.channel`` is an index into their list."""
        return sum(map(bool, self.needed))

    @property
    def buffer(self) -> FrameBufferConfig:
        """A frame buffer that takes ``o``, with one pass per channel."""
        return FrameBufferConfig(joints=self.joints, channels=self.channels, repeats=(1,) * self.channels)

    def cycles(self, row) -> int:
        """Cycles for ``row`` of X, an array (V, C)."""
        total = 0
        for joint in row:
            for bank, mask in self.masks.items():
                vector = joint[bank * BANK:(bank + 1) * BANK]
                total += max(1, sum(mask >> n & 1 for n, value in enumerate(vector) if value))
        return total


@dataclass(frozen=True, kw_only=True)
class _Vector:
    """A vector in a stage.

    Attributes
    ----------
    valid, end : 1 bit
        The stage holds a vector; it is the row's last (in stage 1: with its last token).
    vector, bits : vector, 16 bits
        The vector; needed bits of its mask whose tokens have not left.
    joint, bank : indices
        Its place, the bank counted among those that are read.
    lowest : 16 bits
        In stage 1: the lowest of ``bits``, the channel of the token.
    """

    valid: Value
    vector: Value
    bits: Value
    joint: Value
    bank: Value
    end: Value
    lowest: Value | None = None


class RowLoader(wiring.Component):
    """Reads the rows of X and gives the non-zero values of the needed channels as tokens.

    Only banks with a needed channel are read, each row once, in (joint, bank) order, after its ``x_row`` pulse.
    Channels that are not needed are skipped within a vector: bit c of the mask gives a token only when channel c is
    needed; its value is ``values[ones of the mask below c]``, its number the place of c in the list of needed channels.

    Throughput: one token a cycle; a vector takes ``max(1, its needed non-zeros)`` cycles, so that a row takes at
    least V times the banks that are read (:meth:`RowLoaderConfig.cycles`).
    Latency: 5 cycles from a vector to its first token.
    Stall: a held ``o`` stops the pipe; answers then wait in the store. It also stops at the end of a row while
    ``ROWS_AHEAD`` flags wait in ``overflow``.
    Storage: about ``4 * 9 * BANK`` flip-flops. No DSP.

    Parameters
    ----------
    cfg : RowLoaderConfig

    Members
    -------
    x_row : In(1)
        Pulse: one more row of X can be read; its slot is that of the row before plus 1, modulo ``rows``, beginning
        with 0.
    row_read : Out(1)
        Pulse: all answers for a row have arrived.
    req : Out(stream of :func:`row_request_layout`)
        Reads of the store, without tag.
    rsp : In(stream of :func:`row_response_layout`)
        Their answers, without tag.
    o : Out(stream of :attr:`FrameBufferConfig.i_layout`)
        The tokens; a row without any gives one that is ``empty``.
    overflow : Out(stream of 1 bit)
        Per row, the store's flag of this row.
    """

    ROWS_AHEAD = 8
    """Flags of rows that can wait; at most seven rows are in flight in the spatial unit."""

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
        """Count the vectors of a row, one a ``step``: joint, index into the banks that are read, end of the row."""
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
        """Request all vectors of the rows that are complete in the store."""
        cfg, req = self.cfg, self.req
        rows_left = Signal(range(cfg.rows + 1))
        issued = Signal()
        joint, bank, end = self._places(m, issued, "request")
        m.d.comb += [
            req.valid.eq(rows_left != 0),
            issued.eq(req.valid & req.ready),
            req.payload.joint.eq(joint),
            req.payload.bank.eq(Array(cfg.masks)[bank]),
        ]
        slot = Signal.like(req.payload.slot)
        m.d.comb += req.payload.slot.eq(slot)
        m.d.sync += rows_left.eq(stepped(rows_left, self.x_row, issued & end))
        with m.If(issued & end):
            m.d.sync += slot.eq(Mux(slot == cfg.rows - 1, 0, slot + 1))

    def elaborate(self, platform):
        m = Module()
        self._request(m)
        m.submodules.waiting = waiting = Queue(1, self.ROWS_AHEAD - 2)
        m.submodules.flags = flags = Skid(1)       # that a vector is taken is known late in a cycle
        connect(m, flags.o, waiting.i)
        connect(m, waiting.o, wiring.flipped(self.overflow))
        take = Signal()
        advance = Signal()
        vector = self._accept(m, take)
        token = self._split(m, vector, flags.i, take, advance)
        self._look_up(m, token, advance)
        return m

    def _accept(self, m, take):
        """Stage 0 holds a vector, with the bits of its mask that are needed."""
        cfg, rsp = self.cfg, self.rsp
        accept = Signal()
        joint, bank, end = self._places(m, accept, "rsp")
        valid0 = Signal()
        end0 = Signal(reset_less=True)
        vector0 = Signal(vector_layout(), reset_less=True)
        needed = Signal(BANK, reset_less=True)
        joint0 = Signal.like(joint, name="joint0", reset_less=True)
        bank0 = Signal.like(bank, name="bank0", reset_less=True)
        m.d.comb += [rsp.ready.eq(~valid0 | take), accept.eq(rsp.valid & rsp.ready)]
        m.d.sync += self.row_read.eq(accept & end)
        with m.If(rsp.ready):
            m.d.sync += [
                valid0.eq(rsp.valid), vector0.eq(rsp.payload.vector), joint0.eq(joint), bank0.eq(bank), end0.eq(end),
                needed.eq(rsp.payload.vector.mask & Array(cfg.masks.values())[bank]),
            ]
        return _Vector(valid=valid0, vector=vector0, bits=needed, joint=joint0, bank=bank0, end=end0)

    def _split(self, m, held, flags, take, advance):
        """Stage 1 clears the needed bits from the lowest up; that one is the last is known a cycle before it leaves."""
        o = self.o
        valid1 = Signal()
        end1 = Signal()
        last1 = Signal()
        vector1 = Signal(vector_layout(), reset_less=True)
        pending = Signal(BANK, reset_less=True)
        lowest = Signal(BANK)
        joint1 = Signal.like(held.joint, name="joint1", reset_less=False)
        bank1 = Signal.like(held.bank, name="bank1", reset_less=False)
        m.d.comb += [
            advance.eq(~o.valid | o.ready),
            lowest.eq(lowest_one(pending)),
            take.eq(held.valid & (~valid1 | (advance & last1)) & (flags.ready | ~held.end)),
            flags.valid.eq(take & held.end),
            flags.payload.eq(held.vector.overflow),
        ]
        with m.If(take):
            m.d.sync += [
                valid1.eq(1), vector1.eq(held.vector), joint1.eq(held.joint), bank1.eq(held.bank), end1.eq(held.end),
                pending.eq(held.bits), last1.eq(at_most_one(held.bits)),
            ]
        with m.Elif(advance):
            m.d.sync += [
                pending.eq(pending & ~lowest), last1.eq(at_most_one(pending & ~lowest)), valid1.eq(valid1 & ~last1),
            ]
        return _Vector(valid=valid1, vector=vector1, bits=pending, joint=joint1, bank=bank1, end=end1 & last1,
                       lowest=lowest)

    def _look_up(self, m, token, advance):
        """Stage 2 has the bits of the mask below the token, stage 3 their number, which is the place of its value."""
        o = self.o
        valid2 = Signal()
        empty2 = Signal(reset_less=True)
        last2 = Signal(reset_less=True)
        channel2 = Signal(range(BANK), reset_less=True)
        below2 = Signal(BANK, reset_less=True)
        joint2 = Signal.like(token.joint, name="joint2")
        bank2 = Signal.like(token.bank, name="bank2")
        valid3 = Signal()
        empty3 = Signal(reset_less=True)
        last3 = Signal(reset_less=True)
        number3 = Signal.like(o.payload.channel, name="number3")
        rank3 = Signal(range(BANK), reset_less=True)
        joint3 = Signal.like(token.joint, name="joint3")
        values2, values3 = (Signal.like(token.vector.values, name=name, reset_less=True)
                            for name in ("values2", "values3"))
        with m.If(advance):
            m.d.sync += [
                valid2.eq(token.valid), empty2.eq(token.bits == 0), last2.eq(token.end),
                values2.eq(token.vector.values), joint2.eq(token.joint), bank2.eq(token.bank),
                below2.eq(token.vector.mask & ~ones_below(token.bits) & ~token.bits),
                valid3.eq(valid2), empty3.eq(empty2), last3.eq(last2), values3.eq(values2), joint3.eq(joint2),
                rank3.eq(count_ones(m, below2, "rank")), number3.eq(Array(self._numbers())[Cat(channel2, bank2)]),
                o.valid.eq(valid3), o.payload.joint.eq(joint3), o.payload.empty.eq(empty3), o.payload.last.eq(last3),
                o.payload.value.eq(values3[rank3]), o.payload.channel.eq(number3),
            ]
            # The index of a one-hot word is a few ORs; a priority encoder would be a chain.
            for bit in range(len(channel2)):
                m.d.sync += channel2[bit].eq(Cat(token.lowest[c] for c in range(BANK) if c >> bit & 1).any())

    def _numbers(self):
        """Place in the list of needed channels of each channel of the banks that are read; 0 when it is not needed."""
        numbers, count = [], 0
        for mask in self.cfg.masks.values():
            for n in range(BANK):
                numbers.append(count if mask >> n & 1 else 0)
                count += mask >> n & 1
        return numbers
