"""Encoder of runtime feature compression for vectors that take several cycles each."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import beyond
from ..design import BANK
from ..design.checks import check_choice
from ..stream import HalfSkid, Skid
from ..stream.layouts import slice_layout, vector_layout
from .count import add_three, count_ones, group_counts
from .encoder import RfcEncoder

__all__ = ["RfcSerialEncoder", "encode_slices", "encoder_of", "skid_behind"]


class RfcSerialEncoder(wiring.Component):
    """Same function as :class:`RfcEncoder` at ``width`` values a cycle, with a fraction of its logic.

    ``mask[c] = |x[c]| > threshold``; ``values`` are the ``x[c]`` of the set bits in order, then zeros. A vector comes
    in slices of ``width`` values; channels behind its ``last`` slice are 0. A non-zero goes to place ``first + rank``
    of the result, with ``first`` non-zeros in earlier slices; place n takes it from item ``n mod width``, so that the
    16 places are plain registers with an enable, and only ``width`` items have multiplexers.

    Throughput: one slice a cycle. Latency: ``STAGES`` cycles from the last slice. The whole pipeline stalls while ``o``
    is held, and ``i.ready`` follows ``o.ready`` combinationally. ``threshold`` is applied in the cycle in which a slice
    is taken.

    Storage: about ``BANK * 11 + width * 22`` flip-flops. No DSP, no memory.

    Parameters
    ----------
    width : int, one of 2, 4, 8
        Values a cycle.

    Members
    -------
    i : In(stream of :func:`slice_layout`)
        Slices in channel order, at most ``BANK / width`` of a vector.
    o : Out(stream of :func:`vector_layout`)
        The same vectors, compressed.
    threshold : In(7)
        Largest magnitude that becomes 0; at 127 only -128 is kept.
    """

    STAGES = 4

    def __init__(self, width: int):
        check_choice("width", width, (2, 4, 8))
        self.width = width
        super().__init__({
            "i": In(stream.Signature(slice_layout(width))),
            "o": Out(stream.Signature(vector_layout())),
            "threshold": In(7),
        })

    def elaborate(self, platform):
        m = Module()
        advance = Signal()
        index = Signal(range(BANK // self.width))
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
        ]
        with m.If(advance & self.i.valid):
            m.d.sync += index.eq(Mux(self.i.payload.last, 0, index + 1))

        self._assemble(m, advance, *self._items(m, advance, *self._rank(m, advance, *self._slice(m, advance, index))))
        return m

    def _slice(self, m, advance, index):
        """Stage 1: the values of a slice, compared with the threshold."""
        width = self.width
        valid1 = Signal()
        index1 = Signal.like(index, reset_less=True)
        flags1 = Signal(2, reset_less=True)     # overflow and last
        values1 = [Signal(signed(8), name=f"value{n}_1", reset_less=True) for n in range(width)]
        mask1 = Signal(width, reset_less=True)
        with m.If(advance):
            m.d.sync += [valid1.eq(self.i.valid), index1.eq(index),
                         flags1.eq(Cat(self.i.payload.overflow, self.i.payload.last))]
            for n, value in enumerate(values1):
                x = self.i.payload["values"][n]
                m.d.sync += [value.eq(x), mask1[n].eq(beyond(x, self.threshold))]

        return valid1, index1, flags1, values1, mask1

    def _rank(self, m, advance, valid1, index1, flags1, values1, mask1):
        """Stage 2: the item of each value, and the number of places filled after this slice."""
        width = self.width
        bits = width.bit_length() - 1
        valid2 = Signal()
        index2 = Signal.like(index1, reset_less=True)
        flags2 = Signal(2, reset_less=True)
        values2 = [Signal(signed(8), name=f"value{n}_2", reset_less=True) for n in range(width)]
        items2 = [Signal(bits, name=f"item{n}_2", reset_less=True) for n in range(width)]
        mask2 = Signal(width, reset_less=True)
        filled2 = Signal(range(BANK + 1), reset_less=True)
        begins1 = Signal()
        begin = Signal(range(BANK + 1))
        m.d.comb += [begins1.eq(index1 == 0), begin.eq(Mux(begins1, 0, filled2))]
        with m.If(advance):
            m.d.sync += [valid2.eq(valid1)]
            with m.If(valid1):
                m.d.sync += [index2.eq(index1), flags2.eq(flags1), mask2.eq(mask1),
                             filled2.eq(begin + count_ones(m, mask1, "ones"))]
                for n in range(width):
                    # Values before it in the slice, in two groups at most, and before the slice.
                    below = [*group_counts(m, mask1[:n], f"rank{n}"), C(0, 1), C(0, 1)][:2]
                    m.d.sync += [values2[n].eq(values1[n]), items2[n].eq(add_three(begin, *below, bits))]

        return valid2, index2, flags2, values2, items2, mask2, filled2

    def _items(self, m, advance, valid2, index2, flags2, values2, items2, mask2, filled2):
        """Stage 3: the items, and the places that take one."""
        width = self.width
        valid3 = Signal()
        index3 = Signal.like(index2, reset_less=True)
        flags3 = Signal(2, reset_less=True)
        items3 = [Signal(8, name=f"item{n}_3", reset_less=True) for n in range(width)]
        mask3, below3, takes3 = (Signal(size, name=name, reset_less=True)
                                 for name, size in (("mask3", width), ("below3", BANK), ("takes3", BANK)))
        below2 = Signal(BANK)
        m.d.comb += below2.eq(Cat(place < filled2 for place in range(BANK)))
        with m.If(advance):
            m.d.sync += [valid3.eq(valid2)]
            with m.If(valid2):
                m.d.sync += [index3.eq(index2), flags3.eq(flags2), mask3.eq(mask2), below3.eq(below2),
                             takes3.eq(below2 & ~Mux(index2 == 0, 0, below3))]
                for place, item in enumerate(items3):
                    # At most one value goes to an item, so OR merges them: an AND-OR multiplexer without encoder.
                    terms = [Mux(mask2[n] & (items2[n] == place), values2[n], 0) for n in range(width)]
                    while len(terms) > 1:
                        terms = [terms[n] | terms[n + 1] for n in range(0, len(terms), 2)]
                    m.d.sync += item.eq(terms[0])
        return valid3, index3, flags3, items3, mask3, takes3

    def _assemble(self, m, advance, valid3, index3, flags3, items3, mask3, takes3):
        """Stage 4: the vector, assembled in the output registers."""
        width, slices, o = self.width, BANK // self.width, self.o.payload
        with m.If(advance):
            m.d.sync += self.o.valid.eq(valid3 & flags3[1])
            with m.If(valid3):
                m.d.sync += o.overflow.eq(flags3[0])
                for place in range(BANK):
                    with m.If(takes3[place]):
                        m.d.sync += o["values"][place].eq(items3[place % width].as_signed())
                    with m.Elif(index3 == 0):
                        m.d.sync += o["values"][place].eq(0)
                for number in range(slices):
                    part = o.mask[number * width:(number + 1) * width]
                    with m.If(index3 == number):
                        m.d.sync += part.eq(mask3)
                    # A short vector ends before the later slices.
                    with m.Elif(index3 == 0):
                        m.d.sync += part.eq(0)


def encoder_of(width: int) -> RfcEncoder | RfcSerialEncoder:
    """The encoder for vectors of which ``width`` values arrive per cycle: 2, 4, 8 or 16."""
    return RfcEncoder() if width == BANK else RfcSerialEncoder(width)


def skid_behind(width: int) -> Skid | HalfSkid:
    """The register slice for what :func:`encoder_of` gives: below 16 values a cycle, a vector every second cycle."""
    return (Skid if width == BANK else HalfSkid)(vector_layout())


def encode_slices(m, source, encoder):
    """Connect a stream of :func:`slice_layout` to an encoder of :func:`encoder_of` for its width.

    Parameters
    ----------
    m : Module
        Gets the connection.
    source : stream of :func:`slice_layout`
        Output of a component, or a flipped input.
    encoder : RfcEncoder or RfcSerialEncoder
        For whole vectors, or for slices.
    """
    names = encoder.i.payload.shape().members
    m.d.comb += [
        encoder.i.valid.eq(source.valid), source.ready.eq(encoder.i.ready),
        *(encoder.i.payload[name].eq(source.payload[name]) for name in names),
    ]
