"""Input affine: raw joint coordinates to the vectors of block 1."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .arith import Requant, RequantConfig
from .design import Design
from .rfc import RfcEncoder
from .stream import connect
from .stream.activity import state_layout, state_of
from .stream.layouts import dense_layout, joint_layout, person_joint_layout, vector_layout

__all__ = ["InputAffine", "requant_of"]


def requant_of(design: Design) -> RequantConfig:
    """Of the requantiser; table order (person, joint, channel), in which the coordinates come."""
    return RequantConfig(lanes=1, acc_width=9, shift=design.input_shift, low=-128, high=127,
                         mult=tuple(design.input_mult.transpose(0, 2, 1).ravel().tolist()),
                         bias=tuple(design.input_bias.transpose(0, 2, 1).ravel().tolist()))


class InputAffine(wiring.Component):
    """Apply ``data_bn`` to each coordinate and compress the joint into one vector.

    ``x[c] = clamp(round_shift(q[c] * input_mult[m,c,v] + input_bias[m,c,v], input_shift), -128, 127)``, zero where its
    magnitude is at most ``input_threshold`` (``docs/numbers.md``). Channels beyond the design's are zero.

    Throughput: one joint per C cycles (one multiplier). Latency: C + ``Requant.LATENCY`` + ``RfcEncoder.LATENCY`` + 1
    cycles. A held ``o`` stops the whole unit; nothing is lost. Clips follow each other without a gap; the person and
    joint indices are counted from reset; with ``told`` that of the person comes with its first joint, which takes one
    cycle more. Storage: one table of M * V * C words of mult and bias.

    Parameters
    ----------
    design : the network
    told : clips may lack persons; every joint says whose it is

    Members
    -------
    i : In(stream, C x int8 or with ``told`` {joint, person}), one joint, order (person, frame, joint)
    o : Out(stream, vector), same order
    """

    def __init__(self, design: Design, *, told: bool = False, counters: bool = False):
        self.cfg = design
        self.told = told
        self.counters = counters
        joint = person_joint_layout(design.channels, design.persons) if told else joint_layout(design.channels)
        super().__init__({
            "i": In(stream.Signature(joint)),
            "o": Out(stream.Signature(vector_layout())),
            **({"state": Out(state_layout())} if counters else {}),
        })

    def elaborate(self, platform):
        m = Module()
        design = self.cfg
        channels, joints, persons = design.channels, design.joints, design.persons

        m.submodules.requant = requant = Requant(requant_of(design))
        m.submodules.encoder = encoder = RfcEncoder()
        m.d.comb += encoder.threshold.eq(design.input_threshold)

        channel = Signal(range(max(2, channels)))
        joint = Signal(range(max(2, joints)))
        frame = Signal(range(max(2, design.frames)))
        person = Signal(range(max(2, persons)))
        group = Signal(range(max(2, persons * joints * channels)))
        known = Signal(init=not self.told)  # `group` is in the table of this person
        coordinates = self.i.payload.joint if self.told else self.i.payload
        m.d.comb += [
            requant.i.valid.eq(self.i.valid & known),
            requant.i.payload.acc[0].eq(coordinates[channel]),
            requant.i.payload.group.eq(group),
            self.i.ready.eq(requant.i.ready & known & (channel == channels - 1)),
        ]
        if self.told:
            tables = [index * joints * channels for index in range(persons)]
            with m.If(self.i.valid & ~known):
                m.d.sync += [known.eq(1), group.eq(Array(tables)[self.i.payload.person])]
        with m.If(requant.i.valid & requant.i.ready):
            m.d.sync += [channel.eq(channel + 1), group.eq(group + 1)]
            with m.If(channel == channels - 1):
                m.d.sync += [channel.eq(0), joint.eq(joint + 1)]
                with m.If(joint == joints - 1):
                    m.d.sync += [joint.eq(0), frame.eq(frame + 1)]
                    # The table of a person is walked again for each of its frames.
                    m.d.sync += group.eq(group + 1 - joints * channels)
                    with m.If(frame == design.frames - 1):
                        m.d.sync += frame.eq(0)
                        if self.told:
                            m.d.sync += known.eq(0)
                        else:
                            m.d.sync += [person.eq(person + 1), group.eq(group + 1)]
                            with m.If(person == persons - 1):
                                m.d.sync += [person.eq(0), group.eq(0)]

        # Gather C coordinates; the vector goes on together with its last one.
        gathered = Signal(data.ArrayLayout(signed(8), channels), reset_less=True)
        count = Signal(range(max(2, channels)))
        last = count == channels - 1
        dense = Signal(dense_layout())
        m.d.comb += [
            *(dense.values[c].eq(gathered[c]) for c in range(channels - 1)),
            dense.values[channels - 1].eq(requant.o.payload.values[0]),
            encoder.i.payload.eq(dense),
            encoder.i.valid.eq(requant.o.valid & last),
            requant.o.ready.eq(encoder.i.ready | ~last),
        ]
        with m.If(requant.o.valid & requant.o.ready):
            m.d.sync += [gathered[count].eq(requant.o.payload.values[0]), count.eq(Mux(last, 0, count + 1))]
        connect(m, encoder.o, wiring.flipped(self.o))
        if self.counters:
            m.d.comb += self.state.eq(state_of(requant.i))
        return m
