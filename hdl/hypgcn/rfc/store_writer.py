"""Write side of a row store: which values are kept, and their addresses."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..design import MINI_BANKS
from ..stream.layouts import MINI, vector_layout
from .count import count_ones, prefix_counts
from .store_config import RowStoreConfig

__all__ = ["StoreWriter", "memory_write"]

COUNT_WIDTH = 32
"""Bits of the overflow counter."""


def memory_write(shape):
    """Signature of the write port of a memory.

    Parameters
    ----------
    shape : tuple of int
        (width, depth).
    """
    width, depth = shape
    return wiring.Signature({"addr": Out(range(max(2, depth))), "data": Out(width), "en": Out(1)})


class StoreWriter(wiring.Component):
    """Writer of a row store: allocates mini-bank entries to each vector and writes the values that fit.

    A vector with n non-zeros requests an entry in mini-bank j when ``n > 4 j``. The first full mini-bank f and all
    above it grant none: the vector keeps its first ``4 f`` non-zeros. Each row slot has ``depths[j]`` words of
    mini-bank j of its own.

    Throughput: one vector a cycle. Latency: ``LATENCY`` cycles from a row's last vector to ``row_done``. ``i`` stalls
    only while all row slots are held; ``i.ready`` is a register's value compared with a constant.

    Storage: about ``2 * BANK * 9 + 40`` flip-flops of pipeline and the counters.

    Parameters
    ----------
    cfg : RowStoreConfig

    Members
    -------
    i : In(stream of :func:`vector_layout`)
        Vectors in (frame, joint, bank) order.
    release : In(1)
        Frees the oldest row in each cycle in which it is high.
    row_done : Out(1)
        A pulse per row: the row can be read from this cycle on.
    row_overflow : Out(1)
        Overflow flag of that row, in the cycle of ``row_done``.
    overflow_count : Out(32)
        Vectors that lost values since reset; saturates.
    flags : Out(rows)
        Overflow flag of each row slot: a vector of its sequence had lost values by its end, here or upstream.
    header : Out(:func:`memory_write`)
        Write port of the header memory.
    base : Out(:func:`memory_write`)
        Write port of the base memory.
    data : Out(MINI_BANKS x :func:`memory_write`)
        Write ports of the mini-banks, members ``data0``, ``data1``, ...
    """

    LATENCY = 3

    def __init__(self, cfg: RowStoreConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(vector_layout())),
            "release": In(1),
            "row_done": Out(1),
            "row_overflow": Out(1),
            "overflow_count": Out(COUNT_WIDTH),
            "flags": Out(cfg.rows),
            "header": Out(memory_write(cfg.header_shape)),
            "base": Out(memory_write(cfg.base_shape)),
            **{f"data{j}": Out(memory_write(shape)) for j, shape in enumerate(cfg.data_shapes)},
        })

    @property
    def data(self):
        """Write ports of the mini-banks."""
        return tuple(getattr(self, f"data{j}") for j in range(MINI_BANKS))

    def elaborate(self, platform):
        m = Module()
        accept, ends = self._accept(m)

        # Stage 1: the vector, with the ends of joint, row and sequence.
        valid1, vector1 = Signal(), Signal(vector_layout(), reset_less=True)
        ends1 = Signal.like(ends, reset_less=True)
        m.d.sync += [valid1.eq(accept), vector1.eq(self.i.payload), ends1.eq(ends)]

        # Stage 2: the mini-bank of each value, and the entries that the vector requests.
        valid2, vector2 = Signal(), Signal(vector_layout(), reset_less=True)
        ends2 = Signal.like(ends, reset_less=True)
        m.d.sync += [valid2.eq(valid1), vector2.eq(vector1), ends2.eq(ends1)]
        mini = [Signal(range(MINI_BANKS), name=f"mini{c}", reset_less=True) for c in range(len(vector1.mask))]
        requested = Signal(MINI_BANKS, reset_less=True)
        count = Signal(range(len(vector1.mask) + 1))
        m.d.comb += count.eq(count_ones(m, vector1.mask, "ones"))
        m.d.sync += [place.eq(rank >> (MINI.bit_length() - 1))
                     for place, rank in zip(mini, prefix_counts(m, vector1.mask, "rank"))]
        m.d.sync += [requested[j].eq(count > MINI * j) for j in range(MINI_BANKS)]

        # Stage 3: allocation and the writes.
        self._write(m, valid2, vector2, ends2, mini, requested)
        return m

    def _accept(self, m):
        """Transfer of ``i``, and ends of joint, row and sequence (bits 0, 1, 2): frames are counted locally."""
        cfg = self.cfg
        held = Signal(range(cfg.rows + 1))      # rows complete and not released
        accept = Signal()
        ends = Signal(3)
        m.d.comb += [self.i.ready.eq(held != cfg.rows), accept.eq(self.i.valid & self.i.ready)]
        step = accept
        for index, (name, size) in enumerate((("bank", cfg.banks), ("joint", cfg.joints), ("frame", cfg.frames))):
            position = Signal(range(max(2, size)), name=name)
            at_end = Signal(name=f"{name}_end")
            m.d.comb += at_end.eq(position == size - 1)
            with m.If(step):
                m.d.sync += position.eq(Mux(at_end, 0, position + 1))
            m.d.comb += ends[index].eq(at_end if index == 0 else at_end & ends[index - 1])
            step = accept & ends[index]
        m.d.sync += held.eq(stepped(held, accept & ends[1], self.release))
        return accept, ends

    def _write(self, m, valid, vector, ends, mini, requested):
        """Allocate entries to the vector of stage 2 and write it."""
        cfg = self.cfg
        joint_end, row_end, sequence_end = valid & ends[0], valid & ends[1], valid & ends[2]
        slot = Signal(range(max(2, cfg.rows)))

        def of_next(value):
            """A table of ``value`` of the next slot: constants in place of a counter and a product."""
            return Array(value((s + 1) % cfg.rows) for s in range(cfg.rows))[slot]

        with m.If(row_end):
            m.d.sync += slot.eq(of_next(lambda s: s))

        full = Signal(MINI_BANKS)
        closed = Signal(MINI_BANKS)     # this mini-bank or one below is full
        granted = Signal(MINI_BANKS)
        truncated = Signal()
        kept = Signal.like(vector.mask)
        m.d.comb += [
            granted.eq(requested & ~closed & valid.replicate(MINI_BANKS)),
            truncated.eq((requested & closed).any() & valid),
            # A value above the last requested mini-bank does not exist, so full mini-banks up there do no harm.
            kept.eq(vector.mask & ~Cat(closed.bit_select(place, 1) for place in mini)),
        ]
        header = Signal(cfg.header_layout)
        m.d.comb += header.mask.eq(kept)
        pointers = []
        for j in range(MINI_BANKS):
            m.d.comb += closed[j].eq(full[:j + 1].any())
            pointers.append(self._allocate(m, j, granted[j], row_end, joint_end, full, header, of_next))
            m.d.comb += [
                self.data[j].data.eq(Cat(vector.values[MINI * j + n] for n in range(MINI))),
                self.data[j].en.eq(granted[j]),
            ]
        self._index(m, valid, ends, joint_end, header, pointers)
        self._flags(m, valid, truncated, truncated | vector.overflow, row_end, sequence_end, slot)

    def _allocate(self, m, j, granted, row_end, joint_end, full, header, of_next):
        """Pointer of mini-bank ``j`` to its next entry; its entries left in the row, and taken in the joint."""
        cfg, depth = self.cfg, self.cfg.depths[j]
        left = Signal(range(depth + 1), init=depth, name=f"left{j}")
        pointer = Signal(cfg.pointer_bits[j], name=f"pointer{j}")
        offset = Signal(range(cfg.banks), name=f"offset{j}")
        with m.If(row_end):
            m.d.sync += [
                left.eq(depth),
                full[j].eq(0),
                pointer.eq(of_next(lambda s: s * depth)),
            ]
        with m.Elif(granted):
            m.d.sync += [left.eq(left - 1), full[j].eq(left == 1), pointer.eq(pointer + 1)]
        with m.If(joint_end):
            m.d.sync += offset.eq(0)
        with m.Elif(granted):
            m.d.sync += offset.eq(offset + 1)
        m.d.comb += [
            header.offset[j].eq(offset),
            self.data[j].addr.eq(pointer),
        ]
        return pointer

    def _index(self, m, valid, ends, joint_end, header, pointers):
        """Write the header of each vector and, with the first vector of a joint, its base."""
        cfg = self.cfg
        joint_begin = Signal(init=1)
        with m.If(valid):
            m.d.sync += joint_begin.eq(ends[0])
        m.d.comb += [
            self.header.data.eq(header), self.header.en.eq(valid),
            self.base.data.eq(Cat(pointers)), self.base.en.eq(valid & joint_begin),
        ]
        for port, step, depth in ((self.header, valid, cfg.header_shape[1]), (self.base, joint_end, cfg.base_shape[1])):
            with m.If(step):
                m.d.sync += port.addr.eq(Mux(port.addr == depth - 1, 0, port.addr + 1))

    def _flags(self, m, valid, truncated, lost, row_end, sequence_end, slot):
        """Overflow flag, sticky within a sequence, and the counter of truncated vectors."""
        sticky = Signal()
        now = Signal()
        counts = Signal()       # a register in front of the long carry chain of the counter
        m.d.comb += now.eq(sticky | lost)
        m.d.sync += [self.row_done.eq(row_end), self.row_overflow.eq(now), counts.eq(truncated)]
        with m.If(valid):
            m.d.sync += sticky.eq(now & ~sequence_end)
        with m.If(row_end):
            m.d.sync += self.flags.bit_select(slot, 1).eq(now)
        with m.If(counts & ~self.overflow_count.all()):
            m.d.sync += self.overflow_count.eq(self.overflow_count + 1)
