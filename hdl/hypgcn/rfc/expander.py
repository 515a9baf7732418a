"""Expander: a compressed vector becomes a dense one."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..stream.layouts import meta_dense_layout, meta_vector_layout
from .count import prefix_counts

__all__ = ["RfcExpander"]


class RfcExpander(wiring.Component):
    """Move the packed values of a vector back to their channels.

    ``dense[c] = values[ones below bit c of the mask]`` if ``mask[c]`` else 0. Channel c chooses among the c + 1 values
    that it can have. Values at or beyond the number of set bits are ignored.

    Throughput: one vector a cycle. Latency: ``LATENCY`` cycles. The whole pipeline stalls while ``o`` is held, and
    ``i.ready`` follows ``o.ready`` combinationally; bubbles are not removed.

    Storage: about ``2 * BANK * 9 + 49 + 2 * meta`` flip-flops. No DSP, no memory.

    Parameters
    ----------
    meta : shape
        Side-band data that travels with the vector.

    Members
    -------
    i : In(stream of :func:`meta_vector_layout`)
        Compressed vectors.
    o : Out(stream of :func:`meta_dense_layout`)
        The same vectors in channel order.
    """

    LATENCY = 2

    def __init__(self, meta=0):
        self.meta = meta
        super().__init__({
            "i": In(stream.Signature(meta_vector_layout(meta))),
            "o": Out(stream.Signature(meta_dense_layout(meta))),
        })

    def elaborate(self, platform):
        m = Module()
        advance = Signal()
        valid = Signal()
        m.d.comb += [advance.eq(~self.o.valid | self.o.ready), self.i.ready.eq(advance)]

        # The ranks are registered in front of the multiplexers: both in one cycle would be too deep.
        held = Signal.like(self.i.payload, reset_less=True)
        ranks = prefix_counts(m, self.i.payload.vector.mask, "rank")
        with m.If(advance):
            m.d.sync += [
                valid.eq(self.i.valid),
                self.o.valid.eq(valid),
                held.eq(self.i.payload),
                self.o.payload.meta.eq(held.meta),
                self.o.payload.dense.overflow.eq(held.vector.overflow),
            ]
        for channel, rank in enumerate(ranks):
            rank_q = Signal.like(rank, name=f"rank{channel}_q", reset_less=True)
            chosen = self._choose(rank_q, [held.vector.values[n] for n in range(channel + 1)])
            with m.If(advance):
                m.d.sync += [
                    rank_q.eq(rank),
                    self.o.payload.dense.values[channel].eq(Mux(held.vector.mask[channel], chosen, 0)),
                ]
        return m

    @staticmethod
    def _choose(index, options):
        """Multiplexer tree; unlike an array access it needs no decoder. ``index`` is below ``len(options)``."""
        for bit in index:
            pairs = [options[n:n + 2] for n in range(0, len(options), 2)]
            options = [Mux(bit, pair[-1], pair[0]) for pair in pairs]
        return options[0]
