"""One stream to several sinks."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Fork"]


class Fork(wiring.Component):
    """Give every payload to each of several sinks, which may take it in different cycles.

    Throughput: one payload a cycle. Latency: 0 cycles. A payload leaves ``i`` in the cycle in which the last sink takes
    it; no sink is ahead of another by more than the payload that is offered. ``valid`` depends on no ``ready``.

    Parameters
    ----------
    shape : shape
        Payload.
    count : int, at least 1
        Sinks.

    Members
    -------
    i : In(stream of ``shape``)
    o : Out(stream of ``shape``), ``count`` of them
    """

    def __init__(self, shape, count: int):
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape)).array(count)})

    def elaborate(self, platform):
        """A bit a sink: it has taken the payload that is offered."""
        m = Module()
        has = [Signal(name=f"has{index}") for index in range(len(self.o))]
        m.d.comb += self.i.ready.eq(Cat(sink.ready | done for sink, done in zip(self.o, has)).all())
        for sink, done in zip(self.o, has):
            m.d.comb += [sink.valid.eq(self.i.valid & ~done), sink.payload.eq(self.i.payload)]
            m.d.sync += done.eq(self.i.valid & ~self.i.ready & (done | sink.ready))
        return m
