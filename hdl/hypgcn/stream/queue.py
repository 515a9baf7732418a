"""FIFO in LUT RAM."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..design.checks import check_int
from ..mem import AsyncRam

__all__ = ["Queue"]


class Queue(wiring.Component):
    """First in, first out, in LUT RAM.

    Throughput: one payload a cycle in and out, at every fill level but full (a full queue takes the next payload one
    cycle after one has left). Latency: ``LATENCY`` cycle through an empty queue, one more when ``registered``.
    ``i.ready`` and ``o.valid`` are registers, so that no combinational path leads from one side to the other. Storage:
    ``depth`` payloads in an :class:`~hypgcn.mem.AsyncRam`, and one in registers when ``registered``.

    Parameters
    ----------
    shape : shape
        Payload.
    depth : int, at least 2
        Payloads that fit.
    registered : bool
        ``o.payload`` is a register, for where logic follows: the read of a LUT RAM is slower than a LUT.
        One payload more fits.

    Members
    -------
    i : In(stream of ``shape``)
    o : Out(stream of ``shape``)
        The payloads of ``i``, in order.
    level : Out(range(depth + 1))
        Payloads held, without the one in the register.
    """

    LATENCY = 1

    def __init__(self, shape, depth: int, *, registered: bool = False):
        check_int("depth", depth, 2)
        self.depth, self.registered = depth, registered
        super().__init__({
            "i": In(stream.Signature(shape)),
            "o": Out(stream.Signature(shape)),
            "level": Out(range(depth + 1)),
        })

    def elaborate(self, platform):
        m = Module()
        i_payload, o_payload = Value.cast(self.i.payload), Value.cast(self.o.payload)
        m.submodules.ram = ram = AsyncRam(max(1, len(o_payload)), self.depth)
        put = Signal()
        take = Signal()
        # Registered copies of level != 0 and level != depth: both sides see a flip-flop, not a comparison.
        not_empty = Signal()
        not_full = Signal(init=1)

        m.d.comb += [
            self.i.ready.eq(not_full),
            put.eq(self.i.valid & self.i.ready),
            ram.w_data.eq(i_payload),
            ram.w_en.eq(put),
        ]
        if self.registered:
            advance = self.o.ready | ~self.o.valid
            m.d.comb += take.eq(not_empty & advance)
            with m.If(advance):
                m.d.sync += [self.o.valid.eq(not_empty), o_payload.eq(ram.r_data)]
        else:
            m.d.comb += [self.o.valid.eq(not_empty), take.eq(self.o.valid & self.o.ready), o_payload.eq(ram.r_data)]
        with m.If(put):
            m.d.sync += ram.w_addr.eq(Mux(ram.w_addr == self.depth - 1, 0, ram.w_addr + 1))
        with m.If(take):
            m.d.sync += ram.r_addr.eq(Mux(ram.r_addr == self.depth - 1, 0, ram.r_addr + 1))
        m.d.sync += [
            self.level.eq(stepped(self.level, put, take)),
            not_empty.eq(put | (not_empty & ~(take & (self.level == 1)))),
            not_full.eq(take | (not_full & ~(put & (self.level == self.depth - 1)))),
        ]
        return m
