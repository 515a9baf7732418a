"""Slicer: a compressed vector as dense slices of neighbouring channels."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import BANK
from ..design.checks import check_choice
from ..design.limits import HEAD_WIDTHS
from ..stream import Skid
from ..stream.layouts import meta_vector_layout, residual_layout
from .count import add_three, count_ones, group_counts

__all__ = ["RfcSlicer", "span_layout"]


def span_layout(width: int) -> data.StructLayout:
    """Requested slices of a vector: ``first`` to ``last`` of ``BANK / width``, ``first`` <= ``last``."""
    index = range(max(2, BANK // width))
    return data.StructLayout({"first": index, "last": index})


class RfcSlicer(wiring.Component):
    """The requested slices of a vector: ``res[n] = values[ones below bit c of the mask]`` if ``mask[c]``, else 0.

    ``c = slice * width + n``. ``begin`` is the number of values before the slice. Values
    ``begin .. begin + width - 1`` become items, value n becomes item ``n mod width``, and each of the ``width``
    channels chooses among the items: two multiplexers of 16 / width and of width inputs in place of one of 16.

    Throughput: one slice a cycle, no gap between vectors. Latency: ``LATENCY`` cycles. While ``o`` is held the pipeline
    stalls after one more slice; ``i.ready`` depends on registers alone. Values at or beyond the number of set bits are
    ignored.

    Storage: two vectors, one slice and a skid in registers, about ``2 * BANK * 9 + width * 28`` flip-flops. No DSP.

    Parameters
    ----------
    width : int, one of 1, 2, 4, 8, 16
        Channels of a slice.

    Members
    -------
    i : In(stream of :func:`meta_vector_layout`)
        Vectors; ``meta`` is a :func:`span_layout`.
    o : Out(stream of :func:`residual_layout`)
        Their slices, in channel order.
    """

    LATENCY = 3 + Skid.LATENCY

    def __init__(self, width: int):
        check_choice("width", width, HEAD_WIDTHS)
        self.width = width
        super().__init__({
            "i": In(stream.Signature(meta_vector_layout(span_layout(width)))),
            "o": Out(stream.Signature(residual_layout(width))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.skid = skid = Skid(residual_layout(self.width))
        wiring.connect(m, skid.o, wiring.flipped(self.o))
        items_valid = Signal()
        step = Signal()
        full = Signal()
        load = Signal()
        at_last = Signal(reset_less=True)          # position == last
        waiting, vector, span, before = self._receive(m)
        m.d.comb += [
            step.eq(full & (~items_valid | skid.i.ready)),
            load.eq(~full | step & at_last),
            self.i.ready.eq(~waiting | load),
        ]
        values, slice_mask, begin = self._position(m, waiting, vector, span, before, step, load, full, at_last)
        self._select(m, skid.i, items_valid, full, values, slice_mask, begin)
        return m

    def _receive(self, m):
        """The next vector, in a register. There the values before its first slice are marked for counting."""
        waiting = Signal()
        next_one = Signal.like(self.i.payload, reset_less=True)
        before = Signal(BANK, reset_less=True)     # ones of its mask before the first slice
        with m.If(self.i.ready):
            m.d.sync += [waiting.eq(self.i.valid), next_one.eq(self.i.payload)]
            for c in range(BANK):
                m.d.sync += before[c].eq(self.i.payload.vector.mask[c] & (self.i.payload.meta.first > c // self.width))
        return waiting, next_one.vector, next_one.meta, before

    def _position(self, m, waiting, vector, span, before, step, load, full, at_last):
        """The current vector, the mask of its current slice, and the number of values before that slice.

        Position, mask, and counts of the values before the slice and in it are ready in registers: what follows in the
        same cycle is deep.
        """
        width, slices = self.width, BANK // self.width
        values = Signal.like(vector.values, reset_less=True)
        mask = Signal.like(vector.mask, reset_less=True)
        position = Signal.like(span.first, reset_less=True)
        last = Signal.like(span.last, reset_less=True)
        begin = Signal(range(BANK), reset_less=True)
        slice_mask = Signal(width, reset_less=True)
        ones = Signal(range(width + 1), reset_less=True)
        following = (position + 1)[:len(position)]
        following_mask, first_mask = _word(mask, following, width), _word(vector.mask, span.first, width)
        with m.If(step):
            m.d.sync += [position.eq(following), at_last.eq(following == last), slice_mask.eq(following_mask)]
        with m.If(load):
            m.d.sync += [full.eq(waiting), values.eq(vector.values), mask.eq(vector.mask),
                         position.eq(span.first), last.eq(span.last), at_last.eq(span.first == span.last),
                         slice_mask.eq(first_mask)]
        if slices > 1:
            with m.If(step):
                m.d.sync += [begin.eq(begin + ones), ones.eq(count_ones(m, following_mask, "following"))]
            with m.If(load):
                m.d.sync += [begin.eq(count_ones(m, before, "before")), ones.eq(count_ones(m, first_mask, "first"))]
        return values, slice_mask, begin

    def _select(self, m, o, items_valid, full, values, slice_mask, begin):
        """The items of the slice and the item of each channel, registered; then the channels."""
        width, slices = self.width, BANK // self.width
        bits = width.bit_length() - 1
        items = [Signal(8, name=f"item{n}", reset_less=True) for n in range(width)]
        picks = [Signal(bits, name=f"pick{n}", reset_less=True) for n in range(width)]
        present = Signal(width, reset_less=True)
        with m.If(~items_valid | o.ready):
            m.d.sync += [items_valid.eq(full), present.eq(slice_mask)]
            for n in range(width):
                # Before bit n of the slice; with ``begin``, which is 0 in a slice of the whole vector, three at most.
                below = group_counts(m, slice_mask[:n], f"rank{n}")
                first, second, third = [*below, *([begin] if slices > 1 else []), *[C(0, 1)] * 3][:3]
                line = Signal(range(max(2, slices)), name=f"line{n}")
                m.d.comb += line.eq((begin >> bits) + (n < begin[:bits]))
                m.d.sync += [items[n].eq(Array(values[n + width * k] for k in range(slices))[line]),
                             picks[n].eq(add_three(first, second, third, bits))]
        m.d.comb += o.valid.eq(items_valid)
        for n in range(width):
            item = Array(items)[picks[n]] if bits else items[0]
            m.d.comb += o.payload.res[n].eq(Mux(present[n], item, 0).as_signed())


def _word(value, index, width):
    """Bits ``index * width`` to ``(index + 1) * width`` of ``value``."""
    return Array(value[n:n + width] for n in range(0, len(value), width))[index]
