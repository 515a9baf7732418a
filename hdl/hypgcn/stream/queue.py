from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..mem import AsyncRam

__all__ = ["Queue"]


class Queue(wiring.Component):
    """First in, first out, in LUT RAM.

    Throughput: one payload a cycle in and out, at every fill level but full (a full queue takes the next payload one
    cycle after it gave one). Latency: 1 cycle from an empty queue. ``i.ready`` and ``o.valid`` are registers, so that
    no combinational path leads from one side to the other. Storage: ``depth`` payloads in an
    :class:`~hypgcn.mem.AsyncRam`.

    Parameters
    ----------
    shape : of the payload
    depth : payloads it holds, at least 2

    Members
    -------
    i : In(stream of ``shape``)
    o : Out(stream of ``shape``)
    level : Out(range(depth + 1)), payloads held
    """

    LATENCY = 1

    def __init__(self, shape, depth: int):
        if isinstance(depth, bool) or not isinstance(depth, int):
            raise TypeError(f"depth must be an integer, not {depth!r}")
        if depth < 2:
            raise ValueError(f"depth must be at least 2, not {depth!r}")
        self.depth = depth
        super().__init__({
            "i": In(stream.Signature(shape)),
            "o": Out(stream.Signature(shape)),
            "level": Out(range(depth + 1)),
        })

    def elaborate(self, platform):
        m = Module()
        i_payload, o_payload = Value.cast(self.i.payload), Value.cast(self.o.payload)
        m.submodules.ram = ram = AsyncRam(max(1, len(o_payload)), self.depth)
        put, take = Signal(), Signal()
        some, room = Signal(), Signal(init=1)   # level != 0, level != depth

        m.d.comb += [
            self.i.ready.eq(room),
            self.o.valid.eq(some),
            put.eq(self.i.valid & self.i.ready),
            take.eq(self.o.valid & self.o.ready),
            ram.w_data.eq(i_payload),
            ram.w_en.eq(put),
            o_payload.eq(ram.r_data),
        ]
        with m.If(put):
            m.d.sync += ram.w_addr.eq(Mux(ram.w_addr == self.depth - 1, 0, ram.w_addr + 1))
        with m.If(take):
            m.d.sync += ram.r_addr.eq(Mux(ram.r_addr == self.depth - 1, 0, ram.r_addr + 1))
        m.d.sync += [
            self.level.eq(stepped(self.level, put, take)),
            some.eq(put | (some & ~(take & (self.level == 1)))),
            room.eq(take | (room & ~(put & (self.level == self.depth - 1)))),
        ]
        return m
