"""Tokens of a row of X, sorted by channel: a list of non-zero joints each, walked as often as the graph unit needs."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..design.checks import check_range
from ..mem import AsyncRam, Ram

__all__ = ["FrameBufferConfig", "FrameBuffer", "pass_layout"]


def pass_layout(joints: int) -> data.StructLayout:
    """One token of a walk: ``joint``, ``value``, and ``last`` on the walk's last token."""
    return data.StructLayout({"joint": range(max(2, joints)), "value": signed(8), "last": 1})


@dataclass(frozen=True, kw_only=True)
class FrameBufferConfig:
    """Numbers that fix a frame buffer.

    ``joints`` 1..64; ``channels`` 1..1024; ``repeats``: walks of each channel, 1..8.
    """

    joints: int
    channels: int
    repeats: tuple[int, ...]

    def __post_init__(self):
        check_range("joints", self.joints, 1, 64)
        check_range("channels", self.channels, 1, 1024)
        if len(self.repeats) != self.channels:
            raise ValueError(f"repeats must hold {self.channels} values, one per channel, not {len(self.repeats)}")
        for channel, walks in enumerate(self.repeats):
            check_range(f"repeats[{channel}]", walks, 1, 8)

    @property
    def i_layout(self) -> data.StructLayout:
        """Shape of ``i``."""
        return data.StructLayout({"channel": range(max(2, self.channels)), "joint": range(max(2, self.joints)),
                                  "value": signed(8), "empty": 1, "last": 1})

    def cycles(self, counts) -> int:
        """Tokens of ``o`` for a row with ``counts[channel]`` non-zeros."""
        return sum(walks * max(1, int(count)) for walks, count in zip(self.repeats, counts))


class FrameBuffer(wiring.Component):
    """Turns the tokens of a row, which come joint by joint, into walks: the tokens of one channel after the other.

    A walk is all tokens of a channel in the order of their arrival, ``last`` on the final one; a channel without
    tokens gives one token of value 0. Channels ascend; channel c is walked ``repeats[c]`` times in a row. One row
    fills while another is walked.

    Throughput: one token a cycle on either side, without gaps between walks, channels and rows; a row takes the
    larger of its tokens in and ``sum_c repeats[c] * max(1, tokens of c)``, a cycle more where both are equal.
    Latency: a row's first token is valid 5 cycles after its ``last`` was taken.
    After reset ``i`` is not ready for C cycles, in which the list lengths are cleared.
    Stall: a held ``o`` stops the walk; ``i`` is not ready while two complete rows wait.
    Storage: ``2 * C * V`` words of ``8 + bits(V)`` and two LUT RAMs of C list lengths.

    Parameters
    ----------
    cfg : FrameBufferConfig

    Members
    -------
    i : In(stream, {``channel``, ``joint``, ``value``: signed(8), ``empty``: no token, ``last``: end of the row}); at
        most one token per channel and joint of a row; every row ends with a ``last``, on a token or on an ``empty``
    o : Out(stream of :func:`pass_layout`)
    """

    READ_LATENCY = 2

    def __init__(self, cfg: FrameBufferConfig):
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(cfg.i_layout)), "o": Out(stream.Signature(pass_layout(cfg.joints)))})

    def elaborate(self, platform):
        m = Module()
        cfg, i, o = self.cfg, self.i, self.o
        word = data.StructLayout({"joint": range(max(2, cfg.joints)), "value": signed(8)})
        half_words = cfg.channels * cfg.joints
        m.submodules.words = words = Ram(width=word.size, depth=2 * half_words, latency=self.READ_LATENCY)
        counts = [AsyncRam(width=cfg.joints.bit_length(), depth=cfg.channels) for _ in range(2)]
        for half, memory in enumerate(counts):
            m.submodules[f"counts{half}"] = memory

        # A half belongs to the filling side until it is full, then to the walking side until its last read is issued.
        full = Signal(2)
        rows, room, filled, walked = Signal(2), Signal(), Signal(), Signal()    # complete rows not yet read; rows != 2
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
        with m.If(clearing):
            m.d.sync += clear_at.eq(clear_at + 1)
            with m.If(clear_at == cfg.channels - 1):
                m.d.sync += [clearing.eq(0), room.eq(1)]
        with m.Else():
            m.d.sync += room.eq(walked | (room & ~(filled & (rows == 1))))
        ended, ended_half = Signal(), Signal(reset_less=True)
        m.d.sync += [
            rows.eq(stepped(rows, filled, walked)), fill_half.eq(fill_half ^ filled),
            ended.eq(filled), ended_half.eq(fill_half),
        ]
        with m.If(ended):
            m.d.sync += full.bit_select(ended_half, 1).eq(1)

        # Where a token goes takes two cycles: the place of its channel's list, then its own in it.
        put1, w_en = Signal(), Signal()
        place1 = Signal(range(2 * half_words), reset_less=True)
        count1 = Signal.like(fill_count, reset_less=True)
        word1 = Signal(word, reset_less=True)
        w_addr = Signal(range(2 * half_words), reset_less=True)
        w_data = Signal(word, reset_less=True)
        # A table in place of a product, which would take a multiplier.
        base = Array(channel * cfg.joints for channel in range(cfg.channels))[i.payload.channel]
        m.d.sync += [
            put1.eq(put), place1.eq(Mux(fill_half, half_words, 0) + base), count1.eq(fill_count),
            word1.joint.eq(i.payload.joint), word1.value.eq(i.payload.value),
            w_en.eq(put1), w_addr.eq(place1 + count1), w_data.eq(word1),
        ]
        m.d.comb += [words.w_en.eq(w_en), words.w_addr.eq(w_addr), words.w_data.eq(w_data.as_value())]

        # The channel that is walked next, and the one that is walked now.
        next_half = Signal()
        next_channel = Signal(range(max(2, cfg.channels)))
        next_base = Signal(range(2 * half_words))
        next_count = Signal(range(cfg.joints + 1))
        active, at_end, final, take = (Signal(name=name) for name in ("active", "at_end", "final", "take"))
        walks_left = Signal(range(max(2, max(cfg.repeats))))
        base, addr = (Signal(range(2 * half_words), name=name, reset_less=True) for name in ("base", "addr"))
        count, left = (Signal(range(cfg.joints + 1), name=name, reset_less=True) for name in ("count", "left"))
        row_end, half = (Signal(name=name, reset_less=True) for name in ("row_end", "half"))
        advance = Signal()
        m.d.comb += [
            advance.eq(~o.valid | o.ready),
            next_count.eq(Mux(next_half, counts[1].r_data, counts[0].r_data)),
            at_end.eq(left <= 1),
            final.eq(at_end & (walks_left == 0)),
            take.eq(advance & full.bit_select(next_half, 1) & (~active | final)),
            walked.eq(advance & active & final & row_end),
        ]
        for which, memory in enumerate(counts):
            walking = take & (next_half == which)
            filling = put & (fill_half == which)
            m.d.comb += [
                memory.r_addr.eq(Mux(full[which], next_channel, i.payload.channel)),
                memory.w_en.eq(clearing | walking | filling),
                memory.w_addr.eq(Mux(clearing, clear_at, memory.r_addr)),
                memory.w_data.eq(Mux(clearing | walking, 0, fill_count + 1)),
            ]

        with m.If(advance & active):
            m.d.sync += [addr.eq(addr + 1), left.eq(left - 1)]
            with m.If(at_end):
                m.d.sync += [addr.eq(base), left.eq(count), walks_left.eq(walks_left - 1)]
            with m.If(final):
                m.d.sync += active.eq(0)
        with m.If(walked):
            m.d.sync += full.bit_select(half, 1).eq(0)
        with m.If(take):
            last_channel = next_channel == cfg.channels - 1
            m.d.sync += [
                active.eq(1), half.eq(next_half), row_end.eq(last_channel), base.eq(next_base), addr.eq(next_base),
                count.eq(next_count), left.eq(next_count),
                walks_left.eq(Array(walks - 1 for walks in cfg.repeats)[next_channel]),
                next_channel.eq(next_channel + 1), next_base.eq(next_base + cfg.joints),
            ]
            with m.If(last_channel):
                m.d.sync += [next_channel.eq(0), next_half.eq(~next_half), next_base.eq(Mux(next_half, 0, half_words))]

        # Reads run READ_LATENCY cycles ahead of the output; everything stops together.
        valid, last, null = (Signal(self.READ_LATENCY, name=name) for name in ("valid", "last", "null"))
        found = Signal(word)
        with m.If(advance):
            m.d.sync += [valid.eq(Cat(active, valid)), last.eq(Cat(at_end, last)), null.eq(Cat(count == 0, null))]
        m.d.comb += [
            words.r_addr.eq(addr), words.r_en.eq(advance), found.eq(words.r_data),
            o.valid.eq(valid[-1]),
            o.payload.last.eq(last[-1]),
            o.payload.joint.eq(Mux(null[-1], 0, found.joint)),
            o.payload.value.eq(Mux(null[-1], 0, found.value)),
        ]
        return m
