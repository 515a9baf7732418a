"""Write side of a row store: which values are kept, and their addresses."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import stepped
from ..design import MINI_BANKS
from ..stream.layouts import MINI, vector_layout
from .count import count_ones, prefix_counts
from .ring import Ring
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
    above it grant none: the vector keeps its first ``4 f`` non-zeros. Full is a mini-bank of which the last ``window``
    rows of the sequence have taken ``depths[j]`` entries; each sequence begins anew. So it does not depend on when rows
    are released, and a vector never loses values for want of a free word: it waits for one. All of a window find room
    in the ``words[j] > depths[j]`` words, so the readers can release what it waits for.

    Throughput: one vector a cycle; one in two where rows are single vectors and windows two rows. Latency: ``LATENCY``
    cycles from a row's last vector to ``row_done``. ``i`` stalls while all row slots are held, and while a requested
    mini-bank that is not full has no free word; ``i.ready`` is two levels of logic behind registers.

    Storage: about ``2 * BANK * 9 + 40`` flip-flops of pipeline, the rings and their ends, the joint's index.

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
        wait = Signal()     # the vector of stage 2 waits for a free word
        accept, ends = self._accept(m, wait)

        # Stage 1: the vector, with the ends of joint, row and sequence.
        valid1 = Signal()
        vector1 = Signal(vector_layout(), reset_less=True)
        ends1 = Signal.like(ends, reset_less=True)
        # Stage 2: the mini-bank of each value, and the entries that the vector requests.
        valid2 = Signal()
        vector2 = Signal(vector_layout(), reset_less=True)
        ends2 = Signal.like(ends, reset_less=True)
        mini = [Signal(range(MINI_BANKS), name=f"mini{c}", reset_less=True) for c in range(len(vector1.mask))]
        requested = Signal(MINI_BANKS, reset_less=True)
        count = Signal(range(len(vector1.mask) + 1))
        m.d.comb += count.eq(count_ones(m, vector1.mask, "ones"))
        ranks = prefix_counts(m, vector1.mask, "rank")
        with m.If(~wait):
            m.d.sync += [valid1.eq(accept), vector1.eq(self.i.payload), ends1.eq(ends)]
            m.d.sync += [valid2.eq(valid1), vector2.eq(vector1), ends2.eq(ends1)]
            m.d.sync += [place.eq(rank >> (MINI.bit_length() - 1)) for place, rank in zip(mini, ranks)]
            m.d.sync += [requested[j].eq(count > MINI * j) for j in range(MINI_BANKS)]

        # Stage 3: allocation and the writes.
        rings = []
        cfg = self.cfg
        for j, (words, depth, may_fill, may_block) in enumerate(
                zip(cfg.words, cfg.depths, cfg.may_fill, cfg.may_block)):
            m.submodules[f"ring{j}"] = ring = Ring(words, depth, cfg.rows, may_fill=may_fill, may_block=may_block)
            rings.append(ring)
        m.d.comb += wait.eq(valid2 & Cat(wanted & ring.blocked & ~ring.full
                                         for wanted, ring in zip(requested, rings)).any())
        self._write(m, rings, valid2 & ~wait, vector2, ends2, mini, requested)
        return m

    def _accept(self, m, wait):
        """Transfer of ``i``, and ends of joint, row and sequence (bits 0, 1, 2): frames are counted locally."""
        cfg = self.cfg
        held = Signal(range(cfg.rows + 1))      # rows complete and not released
        room = Signal(init=1)                   # held != cfg.rows
        pause = Signal()
        accept = Signal()
        ends = Signal(3)
        m.d.comb += [self.i.ready.eq(room & ~pause & ~wait), accept.eq(self.i.valid & self.i.ready)]
        step = accept
        for index, (name, size) in enumerate((("bank", cfg.banks), ("joint", cfg.joints), ("frame", cfg.frames))):
            position = Signal(range(max(2, size)), name=name)
            at_end = Signal(name=f"{name}_end")
            m.d.comb += at_end.eq(position == size - 1)
            with m.If(step):
                m.d.sync += position.eq(Mux(at_end, 0, position + 1))
            m.d.comb += ends[index].eq(at_end if index == 0 else at_end & ends[index - 1])
            step = accept & ends[index]
        completes = accept & ends[1]
        m.d.sync += [held.eq(stepped(held, completes, self.release)),
                     room.eq(self.release | (room & ~(completes & (held == cfg.rows - 1))))]
        if cfg.vectors == 1 and cfg.window == 2:
            # A row of one vector would end before the end of the row in front of it can be read.
            m.d.sync += pause.eq(completes)
        return accept, ends

    def _write(self, m, rings, valid, vector, ends, mini, requested):
        """Allocate entries to the vector of stage 2 and write it."""
        cfg = self.cfg
        joint_end, row_end, sequence_end = valid & ends[0], valid & ends[1], valid & ends[2]
        slot = Signal(range(max(2, cfg.rows)))
        with m.If(row_end):
            m.d.sync += slot.eq(_moved(slot, 1, cfg.rows))

        closed = Signal(MINI_BANKS)     # this mini-bank or one below is full
        granted = Signal(MINI_BANKS)
        truncated = Signal()
        header = Signal.like(vector.mask)
        m.d.comb += [
            granted.eq(requested & ~closed & valid.replicate(MINI_BANKS)),
            truncated.eq((requested & closed).any() & valid),
            # A value above the last requested mini-bank does not exist, so full mini-banks up there do no harm.
            header.eq(vector.mask & ~Cat(closed.bit_select(place, 1) for place in mini)),
        ]
        for j, ring in enumerate(rings):
            m.d.comb += [
                closed[j].eq(Cat(below.full for below in rings[:j + 1]).any()),
                ring.take.eq(granted[j]), ring.slot.eq(slot), ring.row_end.eq(row_end),
                self.data[j].addr.eq(ring.pointer),
                self.data[j].data.eq(Cat(vector.values[MINI * j + n] for n in range(MINI))),
                self.data[j].en.eq(granted[j]),
            ]
        self._window(m, rings, row_end, sequence_end, slot)
        self._index(m, rings, valid, ends, joint_end, header, granted)
        self._flags(m, valid, truncated, truncated | vector.overflow, row_end, sequence_end, slot)

    def _window(self, m, rings, row_end, sequence_end, slot):
        """Which row leaves the window with the end of this one, and which one is released."""
        cfg = self.cfg
        age = Signal(range(max(2, cfg.window)))     # rows of the sequence in front of this one, as far as they count
        complete = age == cfg.window - 1
        with m.If(row_end):
            m.d.sync += age.eq(Mux(sequence_end | (cfg.window == 1), 0, Mux(complete, age, age + 1)))
        # A cycle late, when the end of a row that is released with its ``row_done`` can be read.
        released = Signal()
        oldest = Signal.like(slot)
        m.d.sync += released.eq(self.release)
        with m.If(released):
            m.d.sync += oldest.eq(_moved(oldest, 1, cfg.rows))
        for ring in rings:
            m.d.comb += [
                ring.restarts.eq(sequence_end | (cfg.window == 1)), ring.expires.eq(complete & ~ring.restarts),
                ring.expired.eq(_moved(slot, 1 - cfg.window, cfg.rows)),
                ring.release.eq(released), ring.oldest.eq(oldest),
            ]

    def _index(self, m, rings, valid, ends, joint_end, header, granted):
        """Write the header of each vector and, with the last vector of a joint, where its entries are."""
        cfg = self.cfg
        joint_begin = Signal(init=1)
        with m.If(valid):
            m.d.sync += joint_begin.eq(ends[0])
        base = Signal(cfg.base_layout)
        for j, ring in enumerate(rings):
            if cfg.banks == 1:
                m.d.comb += base[f"pointer{j}"].eq(ring.pointer)
                continue
            first = Signal.like(ring.pointer, name=f"first{j}", reset_less=True)
            taken = Signal(cfg.banks - 1, name=f"taken{j}", reset_less=True)
            with m.If(valid & joint_begin):
                m.d.sync += first.eq(ring.pointer)
            with m.If(valid):
                m.d.sync += taken.eq(Cat(taken, granted[j])[1:])
            m.d.comb += [base[f"pointer{j}"].eq(first), base[f"taken{j}"].eq(taken)]
        m.d.comb += [
            self.header.data.eq(header), self.header.en.eq(valid),
            self.base.data.eq(base), self.base.en.eq(joint_end),
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


def _moved(slot, step, rows):
    """``(slot + step) mod rows``, as a table: constants in place of a counter."""
    return Array((s + step) % rows for s in range(rows))[slot]
