"""Encoder of runtime feature compression: dense vectors become a mask and packed non-zeros."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import beyond
from ..arith.delay import delayed
from ..design import BANK
from ..stream.layouts import dense_layout, vector_layout
from .count import prefix_counts

__all__ = ["RfcEncoder"]

_STEPS = BANK.bit_length() - 1  # conditional shifts by 1, 2, 4, ...
_STEPS_PER_STAGE = 2  # two 2-way choices with their selects are one level of 6-input LUTs each
_ITEM = 8 + _STEPS  # a value, and above it the distance that it moves


class RfcEncoder(wiring.Component):
    """Drop the zeros of a vector and pack the rest to the left.

    ``mask[c] = |x[c]| > threshold``; ``values[n] = x[c]`` for the n-th set bit c of the mask, and 0 from the number of
    set bits on. A value moves down by the number of zeros below it, in conditional shifts by 1, 2, 4 and 8: smallest
    first, two values never meet.

    Throughput: one vector a cycle. Latency: ``LATENCY`` cycles. The whole pipeline stalls while ``o`` is held, and
    ``i.ready`` follows ``o.ready`` combinationally; bubbles are not removed. ``threshold`` is applied in the cycle in
    which a vector is taken; it may change at any time.

    Storage: about ``BANK * (9 + 3 * (9 + 4)) + 2 * LATENCY`` flip-flops. No DSP, no memory.

    Members
    -------
    i : In(stream of :func:`dense_layout`)
        Vectors in channel order.
    o : Out(stream of :func:`vector_layout`)
        The same vectors, compressed.
    threshold : In(7)
        Largest magnitude that becomes 0; at 127 only -128 is kept.
    """

    LATENCY = 2 + -(-_STEPS // _STEPS_PER_STAGE)

    def __init__(self):
        super().__init__({
            "i": In(stream.Signature(dense_layout())),
            "o": Out(stream.Signature(vector_layout())),
            "threshold": In(7),
        })

    def elaborate(self, platform):
        m = Module()
        advance = Signal()
        valid = Signal(self.LATENCY)
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
            self.o.valid.eq(valid[-1]),
        ]
        with m.If(advance):
            m.d.sync += valid.eq(Cat(self.i.valid, valid[:-1]))

        def register(shape, name, stage):
            """A data register of a pipeline stage."""
            return Signal(shape, name=f"{name}_{stage}", reset_less=True)

        # Stage 1: compare with the threshold, for the mask.
        mask = register(BANK, "mask", 1)
        overflow = register(1, "overflow", 1)
        values = [register(signed(8), f"value{c}", 1) for c in range(BANK)]
        with m.If(advance):
            m.d.sync += overflow.eq(self.i.payload.overflow)
            for channel, value in enumerate(values):
                x = self.i.payload.values[channel]
                m.d.sync += [
                    value.eq(x),
                    mask[channel].eq(beyond(x, self.threshold)),
                ]

        # Stage 2: the distance that each value moves. Dropped values are all zero from here on: the shifts merge by OR.
        zeros = prefix_counts(m, ~mask, "zeros")
        items = []
        for channel, (value, move) in enumerate(zip(values, zeros)):
            items.append(register(_ITEM, f"item{channel}", 2))
            with m.If(advance):
                m.d.sync += items[-1].eq(Mux(mask[channel], Cat(value, move), 0))
        mask = delayed(m, mask, 1, name="mask_2", enable=advance)
        overflow = delayed(m, overflow, 1, name="overflow_2", enable=advance)
        # Stages 3 and on: the shifts. The mask and the flag go along.
        for stage in range(3, self.LATENCY + 1):
            first = (stage - 3) * _STEPS_PER_STAGE
            for step in range(first, min(first + _STEPS_PER_STAGE, _STEPS)):
                items = self._shift(m, items, step)
            shifted = [register(_ITEM, f"item{channel}", stage) for channel in range(BANK)]
            with m.If(advance):
                m.d.sync += [item_q.eq(item) for item_q, item in zip(shifted, items)]
            items = shifted
            mask = delayed(m, mask, 1, name=f"mask_{stage}", enable=advance)
            overflow = delayed(m, overflow, 1, name=f"overflow_{stage}", enable=advance)

        m.d.comb += [self.o.payload.mask.eq(mask), self.o.payload.overflow.eq(overflow)]
        m.d.comb += [self.o.payload.values[n].eq(item[:8]) for n, item in enumerate(items)]
        return m

    @staticmethod
    def _shift(m, items, step):
        """Items after the conditional shift by ``2**step``; OR merges an item that stays with one that moves in."""
        shifted = []
        for channel, item in enumerate(items):
            moved = Mux(item[8 + step], 0, item)
            if channel + (1 << step) < BANK:
                other = items[channel + (1 << step)]
                moved = moved | Mux(other[8 + step], other, 0)
            shifted.append(Signal(_ITEM, name=f"item{channel}_step{step}"))
            m.d.comb += shifted[-1].eq(moved)
        return shifted
