"""Decoder: a compressed vector becomes its non-zero values, one or two a cycle."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import at_most_one, at_most_ones, lowest_one, lowest_two
from ..design import BANK
from ..stream.layouts import meta_vector_layout, token_layout, token_pair_layout

__all__ = ["RfcDecoder"]


class RfcDecoder(wiring.Component):
    """One token per non-zero value of a vector, lowest channel first; or per two of them.

    For the n-th set bit c of the mask: ``channel = c, value = values[n]``, ``last`` on the highest. A vector with an
    empty mask gives one token ``channel = 0, value = values[0]`` (0 by the layout) with ``last``. Of ``width`` 2 a
    token has two neighbours of these values; behind an odd one is a 0, with channel 0.

    Throughput: one token a cycle, no gap between vectors: a vector costs ``max(1, ones of the mask)`` cycles, or half
    as many, rounded up. Latency:
    ``LATENCY`` cycle from the vector to its first token. While ``o`` is held, the vector stays in the input register.
    ``i.ready`` follows ``o.ready`` combinationally on the last token of a vector; ``o`` does not depend on ``i``
    combinationally.

    Storage: ``BANK * 9 + meta + 2`` flip-flops. No DSP, no memory.

    Parameters
    ----------
    meta : shape
        Side-band data of a vector; it comes with each of its tokens.
    width : 1 or 2
        Values of a token.

    Members
    -------
    i : In(stream of :func:`meta_vector_layout`)
        ``vector.overflow`` is not passed on.
    nothing : In(1)
        With ``i``: the vector has no value, whatever it says.
    o : Out(stream of :func:`token_layout`, or :func:`token_pair_layout`)
        The tokens.
    """

    LATENCY = 1

    def __init__(self, meta=0, width: int = 1):
        self.meta, self.width = meta, width
        super().__init__({
            "i": In(stream.Signature(meta_vector_layout(meta))),
            "nothing": In(1),
            "o": Out(stream.Signature(token_layout(meta) if width == 1 else token_pair_layout(meta))),
        })

    def elaborate(self, platform):
        m = Module()
        held = Signal.like(self.i.payload, reset_less=True)
        mask = held.vector.mask

        # ``last`` is registered one cycle ahead: the ready of the whole read path depends on it.
        lowest = [Signal(BANK, name="lowest" if self.width == 1 else f"lowest{n}") for n in range(self.width)]
        rest = Signal(BANK)
        last = Signal(reset_less=True)
        if self.width == 1:
            places = [(self.o.payload.channel, self.o.payload.value)]
            single, ends = at_most_one(self.i.payload.vector.mask), at_most_one(rest)
            m.d.comb += [lowest[0].eq(lowest_one(mask)), rest.eq(mask & ~lowest[0])]
        else:
            places = list(zip(self.o.payload.channels, self.o.payload["values"]))
            # Not from the bits that are left, which come late.
            single, ends = at_most_ones(self.i.payload.vector.mask, 2), at_most_ones(mask, 4)
            m.d.comb += [part.eq(bits) for part, bits in zip((*lowest, rest), lowest_two(mask))]
        m.d.comb += [
            self.o.payload.meta.eq(held.meta),
            self.o.payload.last.eq(last),
            self.i.ready.eq(~self.o.valid | (self.o.ready & last)),
        ]
        for n, (channel, value) in enumerate(places):
            m.d.comb += value.eq(held.vector.values[n])
            for bit in range(len(channel)):
                m.d.comb += channel[bit].eq(Cat(lowest[n][c] for c in range(BANK) if c >> bit & 1).any())

        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
            # Only a vector that is there: the payload of an empty queue is a word that was never written. It addresses
            # weights and enters sums, times 0 in a device, but X in a simulator with four states.
            with m.If(self.i.valid):
                m.d.sync += [held.eq(self.i.payload), last.eq(single | self.nothing)]
                with m.If(self.nothing):
                    m.d.sync += [mask.eq(0), *(held.vector.values[n].eq(0) for n in range(self.width))]
        with m.Elif(self.o.ready):
            # Values shift down, so that the next is always in place 0: no multiplexer over 16 values.
            m.d.sync += [mask.eq(rest), last.eq(ends)]
            m.d.sync += [held.vector.values[n].eq(held.vector.values[n + self.width])
                         for n in range(BANK - self.width)]
        return m
