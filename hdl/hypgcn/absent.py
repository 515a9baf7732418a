"""Absent persons: those whose joints are all zero are kept out of the network."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .design import Design
from .golden.absent import absent_response
from .stream import Queue, Skid, connect
from .stream.layouts import joint_layout, marked_joint_layout, person_joint_layout, person_layout

__all__ = ["AbsentPersons", "leaves_out"]


def leaves_out(design: Design, skip_absent: bool) -> bool:
    """Whether some person of ``design`` is not computed when absent; ``skip_absent`` is that of the folding."""
    return skip_absent and bool(absent_response(design).constant.any())


class AbsentPersons(wiring.Component):
    """Pass on the persons of a clip that are there, and tell the head which are not.

    A person is *absent* when all its frames * joints joints are zero, ``leave_out`` is high, and its response is a
    constant of the design (:func:`~hypgcn.golden.absent.absent_response`; ``docs/numbers.md``, "An absent person"). An
    absent person is taken and dropped, every other one leaves unchanged: its leading zero joints are counted, not
    stored, and are given back when its first other joint is there.

    Throughput: one joint a cycle; z leading zero joints of a person that is there take z cycles more, each person 2.
    Latency: 3 cycles for a person that begins with a joint that is not zero. A held ``o`` or ``persons`` stops ``i``
    without loss. ``persons`` offers a person's flag no later than ``o`` its first joint. ``FLAGS`` flags wait for the
    head: if clips are so short that more persons are under way, the next one waits. Storage: 4 joints, two counters,
    the queue.

    Parameters
    ----------
    design : the network
    constant : bool (M,), persons whose response is a constant; default: those of the design

    Members
    -------
    i : In(stream, C x int8), one joint, order (person, frame, joint)
    o : Out(stream, {joint, person}), the same without absent persons, with the index of the person
    persons : Out(stream, {absent}), one of each person, in order
    leave_out : In(1), persons may be left out; to be changed only between clips
    """

    FLAGS = 64
    """As many as one LUT RAM holds."""

    def __init__(self, design: Design, constant=None):
        self.cfg = design
        self.constant = absent_response(design).constant if constant is None else constant
        super().__init__({
            "i": In(stream.Signature(joint_layout(design.channels))),
            "o": Out(stream.Signature(person_joint_layout(design.channels, design.persons))),
            "persons": Out(stream.Signature(person_layout())),
            "leave_out": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        design = self.cfg
        total = design.frames * design.joints

        m.submodules.flags = flags = Queue(person_layout(), self.FLAGS)
        connect(m, flags.o, wiring.flipped(self.persons))
        m.submodules.skid = skid = Skid(marked_joint_layout(design.channels))
        m.submodules.out = out = Skid(self.o.payload.shape())
        connect(m, out.o, wiring.flipped(self.o))
        joint = skid.o.payload
        m.d.comb += [
            skid.i.valid.eq(self.i.valid),
            skid.i.payload.joint.eq(self.i.payload),
            skid.i.payload.zero.eq(~self.i.payload.as_value().any()),
            self.i.ready.eq(skid.i.ready),
        ]

        count = Signal(range(max(2, total)))    # joints of the person that are taken
        owed = Signal.like(count)               # zeros that were taken and not given
        person = Signal(range(max(2, design.persons)))
        last = count == total - 1
        may = Signal()                          # this person may be left out
        constant = sum(1 << index for index, found in enumerate(self.constant) if found)
        m.d.sync += may.eq(self.leave_out & C(constant, design.persons).bit_select(person, 1))
        silent = joint.zero & may
        with m.If(skid.o.valid & skid.o.ready):
            m.d.sync += count.eq(count + 1)
            with m.If(last):
                m.d.sync += [count.eq(0), person.eq(Mux(person == design.persons - 1, 0, person + 1))]

        m.d.comb += [flags.i.payload.absent.eq(silent), out.i.payload.person.eq(person)]
        with m.FSM():
            with m.State("Ask"):
                m.next = "Look"                 # `may` is that of the person
            with m.State("Look"):
                with m.If(silent & ~last):
                    m.d.comb += skid.o.ready.eq(1)
                    with m.If(skid.o.valid):
                        m.d.sync += owed.eq(owed + 1)
                with m.Else():
                    m.d.comb += [flags.i.valid.eq(skid.o.valid), skid.o.ready.eq(flags.i.ready & silent)]
                    with m.If(skid.o.valid & flags.i.ready):
                        with m.If(silent):
                            m.d.sync += owed.eq(0)
                            m.next = "Ask"
                        with m.Elif(owed == 0):
                            m.next = "Pass"
                        with m.Else():
                            m.next = "Repay"
            with m.State("Repay"):
                m.d.comb += out.i.valid.eq(1)
                with m.If(out.i.ready):
                    m.d.sync += owed.eq(owed - 1)
                    with m.If(owed == 1):
                        m.next = "Pass"
            with m.State("Pass"):
                m.d.comb += [
                    out.i.valid.eq(skid.o.valid),
                    out.i.payload.joint.eq(joint.joint),
                    skid.o.ready.eq(out.i.ready),
                ]
                with m.If(skid.o.valid & out.i.ready & last):
                    m.next = "Ask"
        return m
