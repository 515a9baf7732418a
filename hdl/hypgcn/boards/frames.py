"""Frames of bytes on a serial line: flags around them, an escape for flags inside, a checksum at the end.

HDLC in its byte form: a frame is ``FLAG``, payload, CRC-16/X-25 of the payload with its low byte first, ``FLAG``. A
byte of payload or CRC that is ``FLAG`` or ``ESCAPE`` is sent as ``ESCAPE`` and the byte with bit 5 inverted.
Any ``FLAG`` ends the frame before it, so the receiver synchronises to the next frame after any disturbance.
"""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.crc.catalog import CRC16_IBM_SDLC
from amaranth.lib.wiring import In, Out

from ..stream.layouts import frame_byte_layout

__all__ = ["ESCAPE", "FLAG", "FLIP", "FrameReceiver", "FrameSender"]

FLAG, ESCAPE, FLIP = 0x7E, 0x7D, 0x20


class FrameReceiver(wiring.Component):
    """Extracts the payload of frames, without escapes and checksum.

    The bytes come out before it is known whether the frame is good. Throughput: one byte a cycle. Latency: two bytes
    of the line for payload; 0 cycles from the closing flag to ``end``. Flags with nothing between them are ignored.

    Members
    -------
    data, strobe : In(8), In(1)
        A byte of the line.
    broken : In(1)
        A byte of the line was lost.
    byte, byte_strobe : Out(8), Out(1)
        A byte of payload.
    end : Out(1)
        High for one cycle when the frame is over.
    good : Out(1)
        Valid while ``end`` is high: the checksum is right and nothing was lost.
    inside : Out(1)
        A frame is being received.
    """

    def __init__(self):
        super().__init__({"data": In(8), "strobe": In(1), "broken": In(1), "byte": Out(8), "byte_strobe": Out(1),
                          "end": Out(1), "good": Out(1), "inside": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = CRC16_IBM_SDLC(data_width=8).create()
        count = Signal(range(4))  # bytes of the frame; 3 is three or more
        escaped = Signal()
        bad = Signal()
        # The last two bytes of a frame are its checksum, so payload is delayed by two bytes.
        delayed = [Signal(8, name=f"delayed{n}", reset_less=True) for n in range(2)]
        m.d.comb += [
            crc.data.eq(self.data ^ Mux(escaped, FLIP, 0)),
            self.byte.eq(delayed[1]),
            self.inside.eq(count != 0),
        ]
        with m.If(self.broken):
            m.d.sync += bad.eq(1)
        with m.Elif(self.strobe & (self.data == FLAG)):
            m.d.comb += [
                self.end.eq(count != 0),
                self.good.eq(crc.match_detected & (count == 3) & ~escaped & ~bad),
                crc.start.eq(1),
            ]
            m.d.sync += [count.eq(0), escaped.eq(0), bad.eq(0)]
        with m.Elif(self.strobe & (self.data == ESCAPE)):
            m.d.sync += [escaped.eq(1), bad.eq(bad | escaped)]
        with m.Elif(self.strobe):
            m.d.comb += [crc.valid.eq(1), self.byte_strobe.eq(count >= 2)]
            m.d.sync += [delayed[0].eq(crc.data), delayed[1].eq(delayed[0]), escaped.eq(0),
                         count.eq(Mux(count == 3, 3, count + 1))]
        return m


class FrameSender(wiring.Component):
    """Puts payloads into frames.

    Throughput: one byte of the line a cycle; a frame has 4 bytes more than its payload, and one more per escape.
    Latency: 1 byte, the flag. Back-pressure on ``o`` stops ``i`` without loss.

    Members
    -------
    i : In(stream, {data, last})
        Payload of at least one byte.
    o : Out(stream, 8)
        Bytes of the line.
    """

    def __init__(self):
        super().__init__({"i": In(stream.Signature(frame_byte_layout())), "o": Out(stream.Signature(8))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.crc = crc = CRC16_IBM_SDLC(data_width=8).create()
        section = Signal(range(3))  # payload, low byte, high byte of the checksum
        byte = Signal(8)
        m.d.comb += [crc.data.eq(self.i.payload.data), byte.eq(self.i.payload.data)]
        with m.Switch(section):
            with m.Case(1):
                m.d.comb += byte.eq(crc.crc[:8])
            with m.Case(2):
                m.d.comb += byte.eq(crc.crc[8:])
        available = (section != 0) | self.i.valid

        def taken():
            """Advance to the byte after the one that has been sent."""
            m.next = "Body"
            with m.If(section == 0):
                m.d.comb += [self.i.ready.eq(1), crc.valid.eq(1)]
                with m.If(self.i.payload.last):
                    m.d.sync += section.eq(1)
            with m.Else():
                m.d.sync += section.eq(section + 1)
                with m.If(section == 2):
                    m.d.sync += section.eq(0)
                    m.next = "Close"

        with m.FSM():
            with m.State("Open"):
                m.d.comb += [self.o.valid.eq(self.i.valid), self.o.payload.eq(FLAG), crc.start.eq(1)]
                with m.If(self.o.valid & self.o.ready):
                    m.next = "Body"
            with m.State("Body"):
                m.d.comb += [self.o.valid.eq(available), self.o.payload.eq(byte)]
                with m.If((byte == FLAG) | (byte == ESCAPE)):
                    m.d.comb += self.o.payload.eq(ESCAPE)
                    with m.If(self.o.valid & self.o.ready):
                        m.next = "Escaped"
                with m.Elif(self.o.valid & self.o.ready):
                    taken()
            with m.State("Escaped"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(byte ^ FLIP)]
                with m.If(self.o.ready):
                    taken()
            with m.State("Close"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(FLAG)]
                with m.If(self.o.ready):
                    m.next = "Open"
        return m
