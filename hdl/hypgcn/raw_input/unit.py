"""Preparation of raw joints: from what a pose estimator gives to the coordinates of the input affine."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..design import Design
from ..design.raw_input import RAW_BITS
from ..stream import connect
from ..stream.layouts import joint_layout
from .frames import RawFrames
from .motion import RawMotion

__all__ = ["RawPreparation"]


class RawPreparation(wiring.Component):
    """Prepare raw joints by ``raw`` of the design: :class:`RawFrames`, and behind it :class:`RawMotion` for motion.

    Differences are exact, so nothing saturates before the input affine. Throughput: at most V + 1 cycles a frame, and
    V more a person with motion; the affine takes C * V. Stall: a held ``o`` stops the unit without loss.

    Parameters
    ----------
    design : Design
        With raw input.

    Members
    -------
    i : In(stream, C x int16)
        One raw joint, order (person, frame, joint).
    o : Out(stream, C x signed(value_width))
        The same order.
    """

    module_file = True

    def __init__(self, design: Design):
        self.cfg = design
        super().__init__({
            "i": In(stream.Signature(joint_layout(design.channels, RAW_BITS))),
            "o": Out(stream.Signature(joint_layout(design.channels, design.input_width))),
        })

    def elaborate(self, platform):
        """The units in a row."""
        m = Module()
        m.submodules.frames = frames = RawFrames(self.cfg)
        connect(m, wiring.flipped(self.i), frames.i)
        if self.cfg.raw.motion:
            m.submodules.motion = motion = RawMotion(self.cfg)
            connect(m, frames.o, motion.i)
            connect(m, motion.o, wiring.flipped(self.o))
        else:
            connect(m, frames.o, wiring.flipped(self.o))
        return m
