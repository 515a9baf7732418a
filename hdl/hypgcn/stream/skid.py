"""Skid buffers: register slices that cut valid, payload and ready."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["HalfSkid", "Skid"]


class Skid(wiring.Component):
    """Register slice of two entries: cuts every combinational path between its two sides.

    Throughput: one payload a cycle. Latency: ``LATENCY`` cycle. While ``o`` is held it takes one more payload and then
    lowers ``i.ready``; nothing is lost, reordered or changed. Storage: ``PLACES`` payloads and 2 bits in registers.

    Parameters
    ----------
    shape : shape
        Payload.

    Members
    -------
    i : In(stream of ``shape``)
    o : Out(stream of ``shape``)
        The payloads of ``i``, in order.
    """

    LATENCY = 1
    PLACES = 2

    def __init__(self, shape):
        super().__init__({
            "i": In(stream.Signature(shape)),
            "o": Out(stream.Signature(shape)),
        })

    def elaborate(self, platform):
        m = Module()
        i_payload, o_payload = Value.cast(self.i.payload), Value.cast(self.o.payload)
        first = Signal(len(o_payload), reset_less=True)
        second = Signal(len(o_payload), reset_less=True)
        first_valid = Signal()
        room = Signal(init=1)      # the second entry is free

        m.d.comb += [
            self.i.ready.eq(room),
            self.o.valid.eq(first_valid),
            o_payload.eq(first),
        ]
        with m.If(self.o.ready | ~first_valid):
            m.d.sync += [
                first.eq(Mux(room, i_payload, second)),
                first_valid.eq(~room | self.i.valid),
                room.eq(1),
            ]
        with m.Elif(room):
            m.d.sync += room.eq(~self.i.valid)
        # Written in every cycle in which it is free: an enable without ``i.valid`` and ``o.ready`` in it.
        with m.If(room):
            m.d.sync += second.eq(i_payload)
        return m


class HalfSkid(wiring.Component):
    """Register slice of one entry: cuts every combinational path, for payloads that come every second cycle at most.

    Throughput: one payload in two cycles. Latency: ``LATENCY`` cycle. Nothing is lost, reordered or changed. Storage: a
    payload and a bit in registers; no logic for the payload, where :class:`Skid` has a multiplexer.

    Parameters
    ----------
    shape : shape
        Payload.

    Members
    -------
    i : In(stream of ``shape``)
    o : Out(stream of ``shape``)
        The payloads of ``i``, in order.
    """

    LATENCY = 1

    def __init__(self, shape):
        super().__init__({
            "i": In(stream.Signature(shape)),
            "o": Out(stream.Signature(shape)),
        })

    def elaborate(self, platform):
        m = Module()
        i_payload, o_payload = Value.cast(self.i.payload), Value.cast(self.o.payload)
        held = Signal(len(o_payload), reset_less=True)
        valid = Signal()
        m.d.comb += [self.i.ready.eq(~valid), self.o.valid.eq(valid), o_payload.eq(held)]
        m.d.sync += valid.eq(Mux(valid, ~self.o.ready, self.i.valid))
        # Written in every cycle in which it is free: an enable without ``i.valid`` in it.
        with m.If(~valid):
            m.d.sync += held.eq(i_payload)
        return m
