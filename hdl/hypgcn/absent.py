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
    """Whether at least one person of ``design`` is not computed when absent.

    Parameters
    ----------
    design : Design
        The network.
    skip_absent : bool
        ``skip_absent`` of the folding.
    """
    return skip_absent and bool(absent_response(design).constant.any())


class AbsentPersons(wiring.Component):
    """Pass on the persons of a clip that are present, and flag to the head which ones are absent.

    A person is *absent* when all its frames * joints joints are zero, ``leave_out`` is high, and its response is a
    constant of the design (:func:`~hypgcn.golden.absent.absent_response`; ``docs/numbers.md``, "An absent person"). An
    absent person is taken and dropped, every other one leaves unchanged: its leading zero joints are counted, not
    stored, and are output again when its first other joint arrives.

    Throughput: one joint a cycle; z leading zero joints of a present person take z cycles more, each person 2.
    Latency: 3 cycles for a person that begins with a joint that is not zero.
    Stall: a held ``o`` or ``persons`` stops ``i`` without loss. ``persons`` offers a person's flag no later than ``o``
    its first joint. Up to ``FLAGS`` flags wait for the head: when clips are so short that more persons are in flight,
    the next one waits.
    Storage: 4 joints, two counters, the queue.

    Parameters
    ----------
    design : Design
        The network.
    constant : bool (M,), optional
        Persons whose response is a constant; default: those of the design.

    Members
    -------
    i : In(stream, C x signed(input_width))
        One joint: int8, or wider behind the preparation of raw joints; order (person, frame, joint).
    o : Out(stream, {joint, person})
        The same without absent persons, with the index of the person.
    persons : Out(stream, {absent})
        One flag per person, in order.
    leave_out : In(1)
        Persons may be left out; to be changed only between clips.
    """

    FLAGS = 64
    """Flags that can wait for the head, as many as one LUT RAM holds."""

    def __init__(self, design: Design, constant=None):
        self.cfg = design
        self.constant = absent_response(design).constant if constant is None else constant
        super().__init__({
            "i": In(stream.Signature(joint_layout(design.channels, design.input_width))),
            "o": Out(stream.Signature(person_joint_layout(design.channels, design.persons, design.input_width))),
            "persons": Out(stream.Signature(person_layout())),
            "leave_out": In(1),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.flags = flags = Queue(person_layout(), self.FLAGS)
        connect(m, flags.o, wiring.flipped(self.persons))
        m.submodules.skid = skid = Skid(marked_joint_layout(self.cfg.channels, self.cfg.input_width))
        m.submodules.out = out = Skid(self.o.payload.shape())
        connect(m, out.o, wiring.flipped(self.o))
        # Whether a joint is zero is known in front of the skid, so that the OR of its bits has a cycle of its own.
        m.d.comb += [
            skid.i.valid.eq(self.i.valid),
            skid.i.payload.joint.eq(self.i.payload),
            skid.i.payload.zero.eq(~self.i.payload.as_value().any()),
            self.i.ready.eq(skid.i.ready),
        ]
        self._select(m, skid.o, flags.i, out.i)
        return m

    def _select(self, m, i, flags, o):
        """Take zeros until another joint or the person's end decides; then pass the person on, or flag it absent."""
        design = self.cfg
        total = design.frames * design.joints
        joint = i.payload

        count = Signal(range(max(2, total)))    # joints of the person that have been taken
        owed = Signal.like(count)               # zeros that have been taken and not output
        person = Signal(range(max(2, design.persons)))
        last = count == total - 1
        may = Signal()                          # this person may be left out
        constant = sum(1 << index for index, is_constant in enumerate(self.constant) if is_constant)
        m.d.sync += may.eq(self.leave_out & C(constant, design.persons).bit_select(person, 1))
        silent = joint.zero & may
        with m.If(i.valid & i.ready):
            m.d.sync += count.eq(count + 1)
            with m.If(last):
                m.d.sync += [count.eq(0), person.eq(Mux(person == design.persons - 1, 0, person + 1))]

        m.d.comb += [flags.payload.absent.eq(silent), o.payload.person.eq(person)]
        with m.FSM():
            with m.State("Prepare"):
                m.next = "Look"                 # a cycle until `may` is that of the new person
            with m.State("Look"):
                with m.If(silent & ~last):
                    m.d.comb += i.ready.eq(1)
                    with m.If(i.valid):
                        m.d.sync += owed.eq(owed + 1)
                with m.Else():
                    m.d.comb += [flags.valid.eq(i.valid), i.ready.eq(flags.ready & silent)]
                    with m.If(i.valid & flags.ready):
                        with m.If(silent):
                            m.d.sync += owed.eq(0)
                            m.next = "Prepare"
                        with m.Elif(owed == 0):
                            m.next = "Pass"
                        with m.Else():
                            m.next = "Repay"
            with m.State("Repay"):
                m.d.comb += o.valid.eq(1)
                with m.If(o.ready):
                    m.d.sync += owed.eq(owed - 1)
                    with m.If(owed == 1):
                        m.next = "Pass"
            with m.State("Pass"):
                m.d.comb += [
                    o.valid.eq(i.valid),
                    o.payload.joint.eq(joint.joint),
                    i.ready.eq(o.ready),
                ]
                with m.If(i.valid & o.ready & last):
                    m.next = "Prepare"
