"""Tokens of a row of X, sorted by channel, and read as often as the graph unit needs them."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..design.checks import check_limit, check_range
from ..design.limits import CHANNELS, GRAPH_PARTS, JOINTS, SUBSETS
from ..mem import AsyncRam, Ram

__all__ = ["FrameBufferConfig", "FrameBuffer", "pass_layout"]


def pass_layout(joints: int) -> data.StructLayout:
    """One token of a pass over a channel: ``joint``, ``value``, and ``last`` on the last token of the pass."""
    return data.StructLayout({"joint": range(max(2, joints)), "value": signed(8), "last": 1})


@dataclass(frozen=True, kw_only=True)
class FrameBufferConfig:
    """Parameters of a frame buffer.

    Parameters
    ----------
    joints : int, 1..64
        Joints V of a row.
    channels : int, 1..1024
        Channels C.
    repeats : tuple of int, 1..32
        Passes over the tokens of each channel.
    """

    joints: int
    channels: int
    repeats: tuple[int, ...]

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("channels", self.channels, CHANNELS)
        if len(self.repeats) != self.channels:
            raise ValueError(f"repeats must hold {self.channels} values, one per channel, not {len(self.repeats)}")
        for channel, passes in enumerate(self.repeats):
            check_range(f"repeats[{channel}]", passes, 1, SUBSETS.high * GRAPH_PARTS.high)

    @property
    def half_words(self) -> int:
        """Words of one half of the ping-pong buffer: room for every joint of every channel."""
        return self.channels * self.joints

    @property
    def i_layout(self) -> data.StructLayout:
        """Shape of ``i``."""
        return data.StructLayout({"channel": range(max(2, self.channels)), "joint": range(max(2, self.joints)),
                                  "value": signed(8), "empty": 1, "last": 1})

    def cycles(self, counts) -> int:
        """Tokens of ``o`` for a row with ``counts[channel]`` non-zeros."""
        return sum(passes * max(1, int(count)) for passes, count in zip(self.repeats, counts))


@dataclass(frozen=True, kw_only=True)
class _Filling:
    """Handshake of the filling side with the reading side.

    Attributes
    ----------
    full : 2 bits
        Per half: it holds a complete row, whose last read has not been issued.
    put, half, count : 1 bit, 1 bit, 0..V
        A token is taken into this half; tokens that its channel has in it.
    clearing, clear_at : 1 bit, channel
        The list lengths of this channel are cleared after reset.
    emptied : 1 bit
        Driven by the reading side: the last read of a row is issued.
    """

    full: Signal
    put: Signal
    half: Signal
    count: Signal
    clearing: Signal
    clear_at: Signal
    emptied: Signal


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """The read that is issued in this cycle.

    Attributes
    ----------
    advance, active : 1 bit
        The read pipeline moves; there is a read.
    addr, count, at_end : address, 0..V, 1 bit
        Word that is read; tokens of the channel; it is the last of its pass.
    """

    advance: Signal
    active: Signal
    addr: Signal
    count: Signal
    at_end: Signal


class FrameBuffer(wiring.Component):
    """Sorts the tokens of a row, which come joint by joint, by channel.

    A pass gives all tokens of a channel in the order of their arrival, ``last`` on the final one; a channel without
    tokens gives one token of value 0. Channels ascend; channel c has ``repeats[c]`` passes in a row. The buffer is
    double (ping-pong): one row fills a half while another is read from the other half.

    Throughput: one token a cycle on either side, without gaps between passes, channels and rows; a row takes the
    larger of its tokens in and ``sum_c repeats[c] * max(1, tokens of c)``, a cycle more where both are equal.
    Latency: a row's first token is valid 5 cycles after its ``last`` was taken.
    After reset ``i`` is not ready for C cycles, in which the list lengths are cleared.
    Stall: a held ``o`` stops the reading; ``i`` is not ready while two complete rows wait.
    Storage: ``2 * C * V`` words of ``8 + bits(V)`` and two LUT RAMs of C list lengths.

    Parameters
    ----------
    cfg : FrameBufferConfig

    Members
    -------
    i : In(stream, {``channel``, ``joint``, ``value``: signed(8), ``empty``: no token, ``last``: end of the row})
        At most one token per channel and joint of a row; every row ends with a ``last``, on a token or on an ``empty``.
    o : Out(stream of :func:`pass_layout`)
        The passes over the channels.
    """

    READ_LATENCY = 2

    def __init__(self, cfg: FrameBufferConfig):
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(cfg.i_layout)), "o": Out(stream.Signature(pass_layout(cfg.joints)))})

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        word = data.StructLayout({"joint": range(max(2, cfg.joints)), "value": signed(8)})
        m.submodules.words = words = Ram(width=word.size, depth=2 * cfg.half_words, latency=self.READ_LATENCY)
        # Lengths of the channels' lists. Both sides need them in the cycle in which they choose an address, hence LUT
        # RAM, which answers at once.
        counts = [AsyncRam(width=cfg.joints.bit_length(), depth=cfg.channels) for _ in range(2)]
        for half, memory in enumerate(counts):
            m.submodules[f"counts{half}"] = memory
        filling = self._fill(m, counts)
        self._store(m, word, words, filling)
        reading = self._read(m, counts, filling)
        self._output(m, word, words, reading)
        return m

    def _fill(self, m, counts):
        """Take tokens into the filling half; a half changes hands when it is full and when its last read is issued."""
        cfg, i = self.cfg, self.i
        full = Signal(2)
        rows = Signal(2)        # complete rows not yet read
        room = Signal()         # rows != 2, as a register in front of `ready`
        filled = Signal()
        emptied = Signal()
        clearing = Signal(init=1)
        clear_at = Signal(range(max(2, cfg.channels)))
        fill_half = Signal()
        fill_count = Signal(range(cfg.joints + 1))
        put = Signal()
        m.d.comb += [
            i.ready.eq(room),
            put.eq(i.valid & i.ready & ~i.payload.empty),
            filled.eq(i.valid & i.ready & i.payload.last),
            fill_count.eq(Mux(fill_half, counts[1].r_data, counts[0].r_data)),
        ]
        # A reset does not clear a RAM: all lengths are written once before the first row is taken.
        with m.If(clearing):
            m.d.sync += clear_at.eq(clear_at + 1)
            with m.If(clear_at == cfg.channels - 1):
                m.d.sync += [clearing.eq(0), room.eq(1)]
        with m.Else():
            m.d.sync += room.eq(emptied | (room & ~(filled & (rows == 1))))
        # The reading side sees a full half a cycle late, when its last token's length is written.
        ended = Signal()
        ended_half = Signal(reset_less=True)
        m.d.sync += [
            rows.eq(stepped(rows, filled, emptied)), fill_half.eq(fill_half ^ filled),
            ended.eq(filled), ended_half.eq(fill_half),
        ]
        with m.If(ended):
            m.d.sync += full.bit_select(ended_half, 1).eq(1)
        return _Filling(full=full, put=put, half=fill_half, count=fill_count, clearing=clearing, clear_at=clear_at,
                        emptied=emptied)

    def _store(self, m, word, words, filling):
        """Write a token behind those of its channel, in two cycles: the place of the list, then that in the list."""
        cfg, i = self.cfg, self.i
        put1 = Signal()
        w_en = Signal()
        place1 = Signal(range(2 * cfg.half_words), reset_less=True)
        count1 = Signal.like(filling.count, reset_less=True)
        word1 = Signal(word, reset_less=True)
        w_addr = Signal(range(2 * cfg.half_words), reset_less=True)
        w_data = Signal(word, reset_less=True)
        # A table in place of a product, which would take a multiplier.
        base = Array(channel * cfg.joints for channel in range(cfg.channels))[i.payload.channel]
        m.d.sync += [
            put1.eq(filling.put), place1.eq(Mux(filling.half, cfg.half_words, 0) + base), count1.eq(filling.count),
            word1.joint.eq(i.payload.joint), word1.value.eq(i.payload.value),
            w_en.eq(put1), w_addr.eq(place1 + count1), w_data.eq(word1),
        ]
        m.d.comb += [words.w_en.eq(w_en), words.w_addr.eq(w_addr), words.w_data.eq(w_data.as_value())]

    def _read(self, m, counts, filling):
        """Issue the reads of all passes; the next channel is fetched while the last token of this one is read."""
        cfg, full = self.cfg, filling.full
        next_half = Signal()
        next_channel = Signal(range(max(2, cfg.channels)))
        next_base = Signal(range(2 * cfg.half_words))
        next_count = Signal(range(cfg.joints + 1))
        active = Signal()
        at_end = Signal()
        final = Signal()        # the last read of the last pass over the channel
        take = Signal()         # begin with the next channel
        passes_left = Signal(range(max(2, max(cfg.repeats))))
        base = Signal(range(2 * cfg.half_words), reset_less=True)
        addr = Signal(range(2 * cfg.half_words), reset_less=True)
        count = Signal(range(cfg.joints + 1), reset_less=True)
        left = Signal(range(cfg.joints + 1), reset_less=True)
        row_end = Signal(reset_less=True)
        half = Signal(reset_less=True)
        advance = Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            next_count.eq(Mux(next_half, counts[1].r_data, counts[0].r_data)),
            at_end.eq(left <= 1),
            final.eq(at_end & (passes_left == 0)),
            take.eq(advance & full.bit_select(next_half, 1) & (~active | final)),
            filling.emptied.eq(advance & active & final & row_end),
        ]
        self._count(m, counts, filling, take, next_half, next_channel)

        with m.If(advance & active):
            m.d.sync += [addr.eq(addr + 1), left.eq(left - 1)]
            with m.If(at_end):
                m.d.sync += [addr.eq(base), left.eq(count), passes_left.eq(passes_left - 1)]
            with m.If(final):
                m.d.sync += active.eq(0)
        with m.If(filling.emptied):
            m.d.sync += full.bit_select(half, 1).eq(0)
        with m.If(take):
            last_channel = next_channel == cfg.channels - 1
            m.d.sync += [
                active.eq(1), half.eq(next_half), row_end.eq(last_channel), base.eq(next_base), addr.eq(next_base),
                count.eq(next_count), left.eq(next_count),
                passes_left.eq(Array(passes - 1 for passes in cfg.repeats)[next_channel]),
                next_channel.eq(next_channel + 1), next_base.eq(next_base + cfg.joints),
            ]
            with m.If(last_channel):
                m.d.sync += [
                    next_channel.eq(0), next_half.eq(~next_half),
                    next_base.eq(Mux(next_half, 0, cfg.half_words)),
                ]
        return _Reading(advance=advance, active=active, addr=addr, count=count, at_end=at_end)

    def _count(self, m, counts, filling, take, next_half, next_channel):
        """List lengths: a token adds one; a channel's length is cleared when it is fetched, for the half's next row.

        One read and one write port each are enough, as a half is filled or read, never both.
        """
        for which, memory in enumerate(counts):
            fetched = take & (next_half == which)
            grows = filling.put & (filling.half == which)
            m.d.comb += [
                memory.r_addr.eq(Mux(filling.full[which], next_channel, self.i.payload.channel)),
                memory.w_en.eq(filling.clearing | fetched | grows),
                memory.w_addr.eq(Mux(filling.clearing, filling.clear_at, memory.r_addr)),
                memory.w_data.eq(Mux(filling.clearing | fetched, 0, filling.count + 1)),
            ]

    def _output(self, m, word, words, reading):
        """Reads run ``READ_LATENCY`` cycles ahead of the output; everything stops together."""
        o = self.o
        valid = Signal(self.READ_LATENCY)
        last = Signal(self.READ_LATENCY)
        null = Signal(self.READ_LATENCY)    # the channel has no token; the word read is an old one
        read = Signal(word)
        with m.If(reading.advance):
            m.d.sync += [
                valid.eq(Cat(reading.active, valid)), last.eq(Cat(reading.at_end, last)),
                null.eq(Cat(reading.count == 0, null)),
            ]
        m.d.comb += [
            words.r_addr.eq(reading.addr), words.r_en.eq(reading.advance), read.eq(words.r_data),
            o.valid.eq(valid[-1]),
            o.payload.last.eq(last[-1]),
            o.payload.joint.eq(Mux(null[-1], 0, read.joint)),
            o.payload.value.eq(Mux(null[-1], 0, read.value)),
        ]
