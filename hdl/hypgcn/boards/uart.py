"""Bytes on a serial line: 8 data bits, the lowest first, no parity, one stop bit."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from ..design.checks import check_int

__all__ = ["UartReceiver", "UartTransmitter"]


class UartReceiver(wiring.Component):
    """Receives bytes. A serial line has no back-pressure, so the output is a strobe and not a stream.

    Each bit is sampled in its middle; a start bit that is over by its middle is taken for noise. Throughput: a byte per
    ``9.5 * divisor`` cycles, so a sender may be up to 4 % too fast. Latency: 2 cycles of synchronisation and half of
    the stop bit.

    Parameters
    ----------
    divisor : int, >= 4
        Cycles per bit.

    Members
    -------
    rx : In(1)
        The line, asynchronous, high when idle.
    data : Out(8)
        A received byte, valid while ``strobe`` is high.
    strobe : Out(1)
        High for one cycle per byte.
    broken : Out(1)
        High for one cycle when the stop bit was low: the byte is lost.
    """

    def __init__(self, divisor: int):
        check_int("divisor", divisor, 4)
        self.divisor = divisor
        super().__init__({"rx": In(1, init=1), "data": Out(8), "strobe": Out(1), "broken": Out(1)})

    def elaborate(self, platform):
        m = Module()
        line = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(self.rx, line, init=1)
        left = Signal(range(self.divisor))  # cycles to the next sample
        bit = Signal(range(9))
        bits = Signal(8, reset_less=True)
        m.d.comb += self.data.eq(bits)
        with m.If(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.FSM():
            with m.State("Idle"):
                m.d.sync += [left.eq(self.divisor // 2 - 1), bit.eq(0)]
                with m.If(~line):
                    m.next = "Start"
            with m.State("Start"):
                with m.If(left == 0):
                    m.d.sync += left.eq(self.divisor - 1)
                    m.next = "Idle"
                    with m.If(~line):
                        m.next = "Bits"
            with m.State("Bits"):
                with m.If(left == 0):
                    m.d.sync += [left.eq(self.divisor - 1), bit.eq(bit + 1)]
                    with m.If(bit == 8):
                        m.d.comb += [self.strobe.eq(line), self.broken.eq(~line)]
                        m.next = "Idle"
                        with m.If(~line):
                            m.next = "Break"
                    with m.Else():
                        m.d.sync += bits.eq(Cat(bits[1:], line))
            # A line that stays low is no start bit: wait until it is high again.
            with m.State("Break"):
                with m.If(line):
                    m.next = "Idle"
        return m


class UartTransmitter(wiring.Component):
    """Sends bytes. Throughput: a byte per ``10 * divisor`` cycles. Latency: 1 cycle to the start bit.

    Parameters
    ----------
    divisor : int, >= 4
        Cycles per bit.

    Members
    -------
    i : In(stream, 8)
        Bytes to send.
    tx : Out(1)
        The line, high when idle.
    """

    def __init__(self, divisor: int):
        check_int("divisor", divisor, 4)
        self.divisor = divisor
        super().__init__({"i": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def elaborate(self, platform):
        m = Module()
        left = Signal(range(self.divisor))  # cycles to the next bit
        bit = Signal(range(11))             # 0: idle
        bits = Signal(9)                    # data and stop bit
        with m.If(bit == 0):
            m.d.comb += self.i.ready.eq(1)
            m.d.sync += left.eq(self.divisor - 1)
            with m.If(self.i.valid):
                m.d.sync += [self.tx.eq(0), bits.eq(Cat(self.i.payload, C(1, 1))), bit.eq(1)]
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.Else():
            m.d.sync += [left.eq(self.divisor - 1), bit.eq(bit + 1),
                         self.tx.eq(bits[0]), bits.eq(Cat(bits[1:], C(1, 1)))]
            with m.If(bit == 9):
                # The stop bit lasts one cycle less, which the cycle of taking the next byte makes up for.
                m.d.sync += [left.eq(self.divisor - 2), bit.eq(10)]
            with m.If(bit == 10):
                m.d.sync += bit.eq(0)
        return m
