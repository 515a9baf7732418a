"""Merge: the words of several units that share the channels of a row, one unit after the other."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Merge"]


class Merge(wiring.Component):
    """Rows of words from several streams as one stream: of every row first all words of ``i[0]``, then of ``i[1]``, ..

    Throughput: one word a cycle. Latency: none. Stall: ``i[n].ready`` is ``o.ready`` while it is the turn of ``n``;
    the others wait. Storage: two counters.

    Parameters
    ----------
    shape : shape
        Of a word.
    counts : tuple of int, each at least 1
        Words of a row in each stream.

    Members
    -------
    i : In(stream of ``shape``), one for each of ``counts``
        Words, row after row.
    o : Out(stream of ``shape``)
        The same words, ``sum(counts)`` a row.
    """

    def __init__(self, shape, counts: tuple[int, ...]):
        self.counts = counts
        super().__init__({"i": In(stream.Signature(shape)).array(len(counts)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        """Pass on the stream whose turn it is, and count its words."""
        m = Module()
        turn = Signal(range(max(2, len(self.counts))))
        left = Signal(range(max(2, *self.counts)), init=self.counts[0] - 1)
        with m.Switch(turn):
            for index, source in enumerate(self.i):
                following = (index + 1) % len(self.counts)
                with m.Case(index):
                    m.d.comb += [self.o.valid.eq(source.valid), self.o.payload.eq(source.payload),
                                 source.ready.eq(self.o.ready)]
                    with m.If(self.o.valid & self.o.ready):
                        m.d.sync += left.eq(left - 1)
                        with m.If(left == 0):
                            m.d.sync += [turn.eq(following), left.eq(self.counts[following] - 1)]
        return m
