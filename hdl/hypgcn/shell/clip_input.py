"""Clip input: packets of bytes become the joints of clips."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..stream.layouts import beat_layout, joint_layout
from .config import ShellConfig

__all__ = ["ClipInput"]


class ClipInput(wiring.Component):
    """Makes exactly one clip of every packet, also of a malformed one.

    Element n of a clip, in (person, frame, joint, channel) order, is element ``n % B`` of beat ``n // B``, B elements a
    beat. An element is a byte, or two of raw joints, the lower one first.

    * TLAST early: the missing elements are 0, the clip is ``short``. Within the beat of TLAST the packet ends with the
      highest byte whose TKEEP is set.
    * TLAST late, or bytes kept behind the last element: the surplus is dropped to TLAST, the clip is ``late``.
    * TKEEP low for a byte of any other element of the clip: the element is 0, the clip is ``keep``.

    Throughput: one element a cycle, and 2 cycles between clips. Latency: 2 cycles from a beat to the joint of its first
    element, if that is the joint's last. A held ``o`` stops the beats; nothing is lost.

    Parameters
    ----------
    cfg : ShellConfig

    Members
    -------
    i : In(stream of beats)
    o : Out(stream, C x int8, or C x int16)
        One joint.
    admit : In(1)
        The next clip may begin.
    resume : In(1)
        Sampled once after reset: the reset cut a packet; drop the rest of it to its TLAST.
    begin : Out(1)
        High in the cycle in which a clip begins: its first beat is there.
    taken : Out(1)
        High in the cycle in which the last element of a clip is taken.
    short, late, keep : Out(1)
        Flags of the clip, valid while ``taken`` is high.
    active : Out(1)
        A clip has begun and its last element has not been taken.
    """

    def __init__(self, cfg: ShellConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(beat_layout(cfg.bus_bytes))),
            "o": Out(stream.Signature(joint_layout(cfg.channels, cfg.element_width))),
            "admit": In(1), "resume": In(1), "begin": Out(1), "taken": Out(1),
            "short": Out(1), "late": Out(1), "keep": Out(1), "active": Out(1),
        })

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        beat = self.i.payload
        width, size = cfg.element_width, cfg.element_bytes
        # The beat in the shift register: its bytes, their TKEEP, how many elements are left, and whether it ends the
        # packet.
        bytes_left = Signal(cfg.bus_width, reset_less=True)
        kept = Signal(cfg.bus_bytes)
        left = Signal(range(cfg.bus_bytes // size + 1))
        last = Signal()
        ended = last & (kept == 0)  # nothing of the packet is left: the rest of the clip is zeros
        zero_filled = Signal()      # the packet ended before the clip
        masked = Signal()           # TKEEP was low for an element

        count = Signal(range(max(2, cfg.elements)))
        channel = Signal(range(max(2, cfg.channels)))
        joint_done = channel == cfg.channels - 1
        clip_done = count == cfg.elements - 1
        gathered = Signal(data.ArrayLayout(signed(width), cfg.channels), reset_less=True)
        whole = kept[0] if size == 1 else kept[:size].all()
        element = Mux(whole, bytes_left[:width], 0).as_signed()
        advance = Signal()
        surplus = ~last | (kept[size:] != 0 if cfg.bus_bytes > size else 0)

        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.FSM():
            with m.State("Reset"):
                m.next = "Wait"
                with m.If(self.resume):
                    m.next = "Drop"
            with m.State("Wait"):
                m.d.sync += [left.eq(0), last.eq(0), kept.eq(0), zero_filled.eq(0), masked.eq(0)]
                with m.If(self.admit & self.i.valid):
                    m.d.comb += self.begin.eq(1)
                    m.next = "Clip"
            with m.State("Clip"):
                # The next beat is taken together with the last byte of this one, so that no cycle is lost.
                m.d.comb += [
                    self.active.eq(1),
                    advance.eq(((left != 0) | ended) & (~joint_done | ~self.o.valid | self.o.ready)),
                    self.i.ready.eq(~last & ~(advance & clip_done) & ((left == 0) | (advance & (left == 1)))),
                ]
                with m.If(advance):
                    m.d.sync += [
                        bytes_left.eq(bytes_left >> width),
                        kept.eq(kept >> size),
                        left.eq(Mux(left == 0, 0, left - 1)),
                        zero_filled.eq(zero_filled | ended),
                        masked.eq(masked | (~whole & ~ended)),
                        gathered[channel].eq(element),
                        channel.eq(channel + 1),
                        count.eq(count + 1),
                    ]
                    with m.If(joint_done):
                        m.d.sync += [
                            channel.eq(0),
                            self.o.valid.eq(1),
                            self.o.payload.eq(gathered),
                            self.o.payload[cfg.channels - 1].eq(element),
                        ]
                    with m.If(clip_done):
                        m.d.comb += [
                            self.taken.eq(1),
                            self.short.eq(zero_filled | ended),
                            self.late.eq(surplus),
                            self.keep.eq(masked | (~whole & ~ended)),
                        ]
                        m.d.sync += count.eq(0)
                        m.next = "Wait"
                        with m.If(~last):
                            m.next = "Drop"
                with m.If(self.i.valid & self.i.ready):
                    m.d.sync += [
                        bytes_left.eq(beat.data),
                        kept.eq(beat.keep),
                        left.eq(cfg.bus_bytes // size),
                        last.eq(beat.last),
                    ]
            with m.State("Drop"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid & beat.last):
                    m.next = "Wait"
        return m
