"""Motion: the next frame minus this one."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import Design
from ..mem import AsyncRam
from ..stream.layouts import joint_layout

__all__ = ["RawMotion"]


class RawMotion(wiring.Component):
    """Subtract each frame from the next one; the last frame of a person has the motion zero.

    Throughput: (T + 1) * V cycles a person, who leaves T * V joints. Latency: V + 1 cycles. A held ``o`` stops ``i``
    without loss. Storage: LUT RAM of V joints.

    Parameters
    ----------
    design : Design
        With raw input.

    Members
    -------
    i : In(stream, C x signed(place_width))
        One joint, order (person, frame, joint).
    o : Out(stream, C x signed(value_width))
        The same order.
    """

    def __init__(self, design: Design):
        raw = design.raw
        if raw is None or not raw.motion:
            raise ValueError(f"design {design.name} must have a raw input with motion")
        self.cfg = design
        super().__init__({
            "i": In(stream.Signature(joint_layout(design.channels, raw.place_width))),
            "o": Out(stream.Signature(joint_layout(design.channels, raw.value_width))),
        })

    def elaborate(self, platform):
        """One frame is kept, and subtracted from the next."""
        m = Module()
        design = self.cfg
        shape = self.i.payload.shape()
        m.submodules.before = ram = AsyncRam(shape.size, design.joints)
        joint = Signal(range(max(2, design.joints)))
        frame = Signal(range(max(2, design.frames)))
        ending = Signal()       # all frames have come; zeros are owed
        before = Signal(shape, name="joint_before")
        advance = Signal()
        taken = Signal()
        first, last = frame == 0, joint == design.joints - 1
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(~ending & (first | advance)),
            taken.eq(self.i.valid & self.i.ready),
            ram.w_en.eq(taken), ram.w_addr.eq(joint), ram.w_data.eq(self.i.payload), ram.r_addr.eq(joint),
            before.as_value().eq(ram.r_data),
        ]
        with m.If(advance):
            m.d.sync += self.o.valid.eq(ending | (taken & ~first))
            for channel in range(design.channels):
                m.d.sync += self.o.payload[channel].eq(
                    Mux(ending, 0, self.i.payload[channel] - before[channel]))
        with m.If(taken | (ending & advance)):
            m.d.sync += joint.eq(Mux(last, 0, joint + 1))
            with m.If(last):
                m.d.sync += ending.eq(0)
                with m.If(~ending):
                    m.d.sync += frame.eq(frame + 1)
                    with m.If(frame == design.frames - 1):
                        m.d.sync += [frame.eq(0), ending.eq(1)]
        return m
