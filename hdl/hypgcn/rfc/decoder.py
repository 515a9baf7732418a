"""Decoder: a compressed vector becomes one token per non-zero value."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import at_most_one, lowest_one
from ..design import BANK
from ..stream.layouts import meta_vector_layout, token_layout

__all__ = ["RfcDecoder"]


class RfcDecoder(wiring.Component):
    """One token per non-zero value of a vector, lowest channel first.

    For the n-th set bit c of the mask: ``channel = c, value = values[n]``, ``last`` on the highest. A vector with an
    empty mask gives one token ``channel = 0, value = values[0]`` (0 by the layout) with ``last``.

    Throughput: one token a cycle, no gap between vectors: a vector costs ``max(1, ones of the mask)`` cycles. Latency:
    ``LATENCY`` cycle from the vector to its first token. While ``o`` is held, the vector stays in the input register.
    ``i.ready`` follows ``o.ready`` combinationally on the last token of a vector; ``o`` does not depend on ``i``
    combinationally.

    Storage: ``BANK * 9 + meta + 2`` flip-flops. No DSP, no memory.

    Parameters
    ----------
    meta : shape
        Side-band data of a vector; it comes with each of its tokens.

    Members
    -------
    i : In(stream of :func:`meta_vector_layout`)
        ``vector.overflow`` is not passed on.
    o : Out(stream of :func:`token_layout`)
        The tokens.
    """

    LATENCY = 1

    def __init__(self, meta=0):
        self.meta = meta
        super().__init__({
            "i": In(stream.Signature(meta_vector_layout(meta))),
            "o": Out(stream.Signature(token_layout(meta))),
        })

    def elaborate(self, platform):
        m = Module()
        held = Signal.like(self.i.payload, reset_less=True)
        mask = held.vector.mask

        # ``last`` is registered one cycle ahead: the ready of the whole read path depends on it.
        lowest = Signal(BANK)
        rest = Signal(BANK)
        last = Signal(reset_less=True)
        m.d.comb += [
            lowest.eq(lowest_one(mask)),
            rest.eq(mask & ~lowest),
            self.o.payload.value.eq(held.vector.values[0]),
            self.o.payload.meta.eq(held.meta),
            self.o.payload.last.eq(last),
            self.i.ready.eq(~self.o.valid | (self.o.ready & last)),
        ]
        for bit in range(len(self.o.payload.channel)):
            m.d.comb += self.o.payload.channel[bit].eq(Cat(lowest[c] for c in range(BANK) if c >> bit & 1).any())

        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
            # Only a vector that is there: the payload of an empty queue is a word that was never written. It addresses
            # weights and enters sums, times 0 in a device, but X in a simulator with four states.
            with m.If(self.i.valid):
                m.d.sync += [held.eq(self.i.payload), last.eq(at_most_one(self.i.payload.vector.mask))]
        with m.Elif(self.o.ready):
            # Values shift down by one, so that the next is always in place 0: no multiplexer over 16 values.
            m.d.sync += [mask.eq(rest), last.eq(at_most_one(rest))]
            m.d.sync += [held.vector.values[n].eq(held.vector.values[n + 1]) for n in range(BANK - 1)]
        return m
