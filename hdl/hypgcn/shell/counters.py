"""Performance counters of the core, and their snapshot."""

from amaranth import *
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..stream.layouts import activity_layout

__all__ = ["Counters"]


class Counters(wiring.Component):
    """Counts cycles, clips and the activity of every block; its outputs are a snapshot of one cycle.

    In every cycle a block is exactly one of: *blocked*, it offers a vector that is not taken (``o_valid & ~o_ready``);
    *starved*, not blocked and it could take a vector but none comes (``i_ready & ~i_valid``); *busy*, neither. So the
    three sum up to the cycles since ``zero`` or the last ``clear``, until one of them saturates.

    ``take`` copies all counters in one cycle; the outputs show the copy from the next cycle on. It counts the cycles
    before that of ``take``. Storage: at most 2 * (128 + 32 + blocks * 128) flip-flops.

    Parameters
    ----------
    blocks : int, 1..64
        Blocks of the network.
    max_count : int
        Value at which the counters of the blocks saturate.

    Members
    -------
    activity : In(blocks x activity)
        Handshakes at input and output of each block.
    overflow : In(blocks x 32)
        Vectors that lost values, counted in the blocks.
    clip_in : In(1)
        A clip was taken.
    clip_out : In(1)
        A result has left.
    clip_cycles : In(32)
        Cycles of the latest result.
    take : In(1)
        Copy all counters.
    clear : In(1)
        Together with ``take``: restart the blocks' counters.
    zero : In(1)
        Set all counters and the copy to 0.
    now : Out(64)
        Cycles since ``zero``, not the copy.
    cycles : Out(64)
        Copy of ``now``.
    clips_in, clips_out, last_cycles : Out(32)
        Copies of the counted clips and results, and of ``clip_cycles``.
    busy, starved, blocked, overflows : Out(blocks x 32)
        Copies of the cycles of each state, and of ``overflow``.
    """

    def __init__(self, blocks: int, max_count: int = 0xFFFFFFFF):
        self.blocks, self.max_count = blocks, max_count
        per_block = data.ArrayLayout(32, blocks)
        super().__init__({
            "activity": In(data.ArrayLayout(activity_layout(), blocks)), "overflow": In(per_block),
            "clip_in": In(1), "clip_out": In(1), "clip_cycles": In(32), "take": In(1), "clear": In(1), "zero": In(1),
            "now": Out(64), "cycles": Out(64), "clips_in": Out(32), "clips_out": Out(32), "last_cycles": Out(32),
            "busy": Out(per_block), "starved": Out(per_block), "blocked": Out(per_block), "overflows": Out(per_block),
        })

    def elaborate(self, platform):
        m = Module()
        taken = Signal(32)
        sent = Signal(32)
        m.d.sync += [
            self.now.eq(self.now + 1),
            taken.eq(taken + self.clip_in),
            sent.eq(sent + self.clip_out),
        ]
        counts = [self.now, taken, sent]
        copies = [
            (self.cycles, self.now),
            (self.clips_in, taken),
            (self.clips_out, sent),
            (self.last_cycles, self.clip_cycles),
        ]
        for index in range(self.blocks):
            handshakes = self.activity[index]
            blocked, starved = Signal(name=f"is_blocked{index}"), Signal(name=f"is_starved{index}")
            m.d.comb += [
                blocked.eq(handshakes.o_valid & ~handshakes.o_ready),
                starved.eq(~blocked & handshakes.i_ready & ~handshakes.i_valid),
            ]
            for name, event in (("busy", ~blocked & ~starved), ("starved", starved), ("blocked", blocked)):
                count = Signal(32, name=f"{name}_count{index}")
                with m.If(self.take & self.clear):
                    # The cycle of the snapshot belongs to the new count: none is lost or counted twice.
                    m.d.sync += count.eq(event)
                with m.Elif(count != self.max_count):
                    m.d.sync += count.eq(count + event)
                counts.append(count)
                copies.append((getattr(self, name)[index], count))
            copies.append((self.overflows[index], self.overflow[index]))
        with m.If(self.take):
            m.d.sync += [copy.eq(source) for copy, source in copies]
        with m.If(self.zero):
            m.d.sync += [count.eq(0) for count in counts] + [copy.eq(0) for copy, _ in copies]
        return m
