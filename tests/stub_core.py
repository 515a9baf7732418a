"""Stub of the network: a small core with the same ports, for tests of the shell alone."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hypgcn.stream import Queue
from hypgcn.stream.layouts import activity_layout, joint_layout, result_layout

__all__ = ["StubCore", "stub_scores"]

DENSE = 127
"""Element that sets the overflow flag of its clip."""


def stub_scores(cfg, elements, threshold=0, scale=0):
    """(scores, overflow) of a clip: sums over elements weighted by their place, one per class."""
    total = sum((n + 1) * element for n, element in enumerate(elements))
    return [(total * (j % 3 - 1) + j * (j % 2) + threshold) << scale for j in range(cfg.classes)], DENSE in elements


class StubCore(wiring.Component):
    """Computes :func:`stub_scores`; up to four clips may be in flight."""

    def __init__(self, cfg, scale=0):
        self.cfg, self.scale = cfg, scale
        super().__init__({
            "i": In(stream.Signature(joint_layout(cfg.channels, cfg.element_width))),
            "o": Out(stream.Signature(result_layout(cfg.classes, cfg.logit_width))),
            "threshold_raise": In(7),
            "overflow_counts": Out(data.ArrayLayout(32, cfg.blocks)),
            "activity": Out(data.ArrayLayout(activity_layout(), cfg.blocks)),
        })

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        kept = data.StructLayout({"total": signed(32), "threshold": 7, "overflow": 1})
        m.submodules.queue = queue = Queue(kept, 4)
        count = Signal(range(cfg.elements + 1))
        total, overflow, threshold = Signal(signed(32)), Signal(), Signal(7)
        values = [self.i.payload[c] for c in range(cfg.channels)]
        new = total + sum((count + c + 1) * value for c, value in enumerate(values))
        dense = Cat(value == DENSE for value in values).any()
        last = count == cfg.elements - cfg.channels
        m.d.comb += [
            self.i.ready.eq(~last | queue.i.ready),
            queue.i.valid.eq(self.i.valid & last),
            queue.i.payload.total.eq(new),
            queue.i.payload.overflow.eq(overflow | dense),
            queue.i.payload.threshold.eq(Mux(count == 0, self.threshold_raise, threshold)),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [count.eq(count + cfg.channels), total.eq(new), overflow.eq(overflow | dense)]
            with m.If(count == 0):
                m.d.sync += threshold.eq(self.threshold_raise)
            with m.If(dense):
                m.d.sync += self.overflow_counts[0].eq(self.overflow_counts[0] + 1)
            with m.If(last):
                m.d.sync += [count.eq(0), total.eq(0), overflow.eq(0)]
        index = Signal(range(max(2, cfg.classes)))
        kept = queue.o.payload
        score = Signal(signed(cfg.logit_width))
        with m.Switch(index):
            for j in range(cfg.classes):
                with m.Case(j):
                    m.d.comb += score.eq((kept.total * (j % 3 - 1) + j * (j % 2) + kept.threshold) << self.scale)
        m.d.comb += [
            self.o.valid.eq(queue.o.valid),
            self.o.payload.index.eq(index),
            self.o.payload.score.eq(score),
            self.o.payload.last.eq(index == cfg.classes - 1),
            self.o.payload.overflow.eq(kept.overflow),
            queue.o.ready.eq(self.o.ready & self.o.payload.last),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += index.eq(Mux(self.o.payload.last, 0, index + 1))
        for block in range(cfg.blocks):
            side = self.i if block == 0 else queue.i
            m.d.comb += [
                self.activity[block].i_valid.eq(side.valid), self.activity[block].i_ready.eq(side.ready),
                self.activity[block].o_valid.eq(self.o.valid), self.activity[block].o_ready.eq(self.o.ready),
            ]
        return m
