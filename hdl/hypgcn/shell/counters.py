"""Counters of the shell, and their snapshot."""

from amaranth import *
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..stream.layouts import activity_layout

__all__ = ["Counters"]


class Counters(wiring.Component):
    """Counts cycles, clips, and what every block does; shows the state of one moment.

    In every cycle a block is exactly one of: *blocked*, it offers a vector that is not taken (``o_valid & ~o_ready``);
    *starved*, not blocked and it could take a vector but none comes (``i_ready & ~i_valid``); *busy*, neither. So the
    three sum up to the cycles since ``zero`` or the last ``clear``, until one of them stays at its largest value.

    ``take`` copies all counters in one cycle; the outputs show them from the next cycle on. The copy has the cycles
    before the one of ``take``. Storage: 2 * (128 + 32 + blocks * 128) flip-flops at most.

    Parameters
    ----------
    blocks : of the network
    most : at which the counters of the blocks stay

    Members
    -------
    activity : In(blocks x activity)
    overflow : In(blocks x 32), counted in the blocks
    clip_in, clip_out : In(1), a clip was taken, a result has left; clip_cycles : In(32), of the latest result
    take, clear : In(1), copy; together with it: count the blocks' cycles from 0
    zero : In(1), everything to 0, the copy too
    now : Out(64), cycles, not the copy
    cycles, clips_in, clips_out, last_cycles, busy, starved, blocked, overflows : Out, the copy
    """

    def __init__(self, blocks: int, most: int = 0xFFFFFFFF):
        self.blocks, self.most = blocks, most
        per_block = data.ArrayLayout(32, blocks)
        super().__init__({
            "activity": In(data.ArrayLayout(activity_layout(), blocks)), "overflow": In(per_block),
            "clip_in": In(1), "clip_out": In(1), "clip_cycles": In(32), "take": In(1), "clear": In(1), "zero": In(1),
            "now": Out(64), "cycles": Out(64), "clips_in": Out(32), "clips_out": Out(32), "last_cycles": Out(32),
            "busy": Out(per_block), "starved": Out(per_block), "blocked": Out(per_block), "overflows": Out(per_block),
        })

    def elaborate(self, platform):
        m = Module()
        clips_in, clips_out = Signal(32), Signal(32)
        m.d.sync += [
            self.now.eq(self.now + 1),
            clips_in.eq(clips_in + self.clip_in),
            clips_out.eq(clips_out + self.clip_out),
        ]
        live, copies = [self.now, clips_in, clips_out], [
            (self.cycles, self.now), (self.clips_in, clips_in), (self.clips_out, clips_out),
            (self.last_cycles, self.clip_cycles)]
        for index in range(self.blocks):
            side = self.activity[index]
            blocked, starved = Signal(name=f"is_blocked{index}"), Signal(name=f"is_starved{index}")
            m.d.comb += [
                blocked.eq(side.o_valid & ~side.o_ready),
                starved.eq(~blocked & side.i_ready & ~side.i_valid),
            ]
            for name, event in (("busy", ~blocked & ~starved), ("starved", starved), ("blocked", blocked)):
                count = Signal(32, name=f"{name}_count{index}")
                with m.If(self.take & self.clear):
                    m.d.sync += count.eq(event)
                with m.Elif(count != self.most):
                    m.d.sync += count.eq(count + event)
                live.append(count)
                copies.append((getattr(self, name)[index], count))
            copies.append((self.overflows[index], self.overflow[index]))
        with m.If(self.take):
            m.d.sync += [copy.eq(source) for copy, source in copies]
        with m.If(self.zero):
            m.d.sync += [count.eq(0) for count in live] + [copy.eq(0) for copy, _ in copies]
        return m
