"""Encoder and expander of runtime feature compression, one behind the other."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hypgcn.rfc import RfcEncoder, RfcExpander
from hypgcn.stream import connect
from hypgcn.stream.layouts import dense_layout

__all__ = ["RoundTrip"]


class RoundTrip(wiring.Component):
    """An encoder and an expander behind it.

    Members
    -------
    i : In(stream of dense vectors)
    o : Out(stream of dense vectors)
    threshold : In(7)
    """

    def __init__(self):
        dense = stream.Signature(dense_layout())
        super().__init__({"i": In(dense), "o": Out(dense), "threshold": In(7)})

    def elaborate(self, platform):
        """The encoder with the expander behind it."""
        m = Module()
        m.submodules.encoder = encoder = RfcEncoder()
        m.submodules.expander = expander = RfcExpander()
        connect(m, wiring.flipped(self.i), encoder.i)
        m.d.comb += [
            encoder.threshold.eq(self.threshold),
            expander.i.valid.eq(encoder.o.valid), encoder.o.ready.eq(expander.i.ready),
            expander.i.payload.vector.eq(encoder.o.payload),
            self.o.valid.eq(expander.o.valid), expander.o.ready.eq(self.o.ready),
            self.o.payload.eq(expander.o.payload.dense),
        ]
        return m
