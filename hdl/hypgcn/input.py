"""Input affine: from joint coordinates to the vectors of the first block."""

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
    """Config of the requantiser; its tables are in the order (person, joint, channel), in which coordinates come."""
    # The 9 bits of int8 are those that it always had: hardware that was measured stays as it is.
    width = 9 if design.raw is None else design.input_width
    return RequantConfig(lanes=1, acc_width=width, shift=design.input_shift, low=-128, high=127,
                         mult=tuple(design.input_mult.transpose(0, 2, 1).ravel().tolist()),
                         bias=tuple(design.input_bias.transpose(0, 2, 1).ravel().tolist()))


class InputAffine(wiring.Component):
    """Apply ``data_bn`` to each coordinate and compress the joint into one vector.

    ``x[c] = clamp(round_shift(q[c] * input_mult[m,c,v] + input_bias[m,c,v], input_shift), -128, 127)``, zero where its
    magnitude is at most ``input_threshold`` (``docs/numbers.md``). Channels beyond the design's are zero.

    Throughput: one joint per C cycles (one multiplier), and with ``with_person`` one cycle more per person.
    Latency: C + ``Requant.LATENCY`` + ``RfcEncoder.LATENCY`` + 1 cycles.
    Stall: a held ``o`` stops the unit without loss. Clips follow each other without a gap.
    Storage: one table of M * V * C words of mult and bias.

    Parameters
    ----------
    design : Design
        The network.
    with_person : bool
        Clips may lack persons: every joint carries the index of its person. Otherwise persons are counted from reset.
    counters : bool
        With the port ``state``.

    Members
    -------
    i : In(stream, C x signed(input_width), or {joint, person} with ``with_person``)
        One joint: int8, or wider behind the preparation of raw joints; order (person, frame, joint).
    o : Out(stream, vector)
        The same order.
    state : Out(state)
        What the multiplier does; only with ``counters``.
    """

    module_file = True

    def __init__(self, design: Design, *, with_person: bool = False, counters: bool = False):
        self.cfg = design
        self.with_person = with_person
        self.counters = counters
        joint = person_joint_layout(design.channels, design.persons, design.input_width) if with_person else \
            joint_layout(design.channels, design.input_width)
        super().__init__({
            "i": In(stream.Signature(joint)),
            "o": Out(stream.Signature(vector_layout())),
            **({"state": Out(state_layout())} if counters else {}),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.requant = requant = Requant(requant_of(self.cfg))
        m.submodules.encoder = encoder = RfcEncoder()
        m.d.comb += encoder.threshold.eq(self.cfg.input_threshold)
        self._multiply(m, requant.i)
        self._gather(m, requant.o, encoder.i)
        connect(m, encoder.o, wiring.flipped(self.o))
        if self.counters:
            m.d.comb += self.state.eq(state_of(requant.i))
        return m

    def _multiply(self, m, o):
        """Offer the coordinates one by one, each with its place in the tables, which is counted, not computed."""
        design = self.cfg
        channels, joints, persons = design.channels, design.joints, design.persons

        channel = Signal(range(max(2, channels)))
        joint = Signal(range(max(2, joints)))
        frame = Signal(range(max(2, design.frames)))
        person = Signal(range(max(2, persons)))
        group = Signal(range(max(2, persons * joints * channels)))
        known = Signal(init=not self.with_person)   # `group` is in the table of this person
        coordinates = self.i.payload.joint if self.with_person else self.i.payload
        m.d.comb += [
            o.valid.eq(self.i.valid & known),
            o.payload.acc[0].eq(coordinates[channel]),
            o.payload.group.eq(group),
            self.i.ready.eq(o.ready & known & (channel == channels - 1)),
        ]
        if self.with_person:
            # The table is looked up in a cycle of its own, off the path from `i` to the requantiser.
            tables = [index * joints * channels for index in range(persons)]
            with m.If(self.i.valid & ~known):
                m.d.sync += [known.eq(1), group.eq(Array(tables)[self.i.payload.person])]
        with m.If(o.valid & o.ready):
            m.d.sync += [channel.eq(channel + 1), group.eq(group + 1)]
            with m.If(channel == channels - 1):
                m.d.sync += [channel.eq(0), joint.eq(joint + 1)]
                with m.If(joint == joints - 1):
                    m.d.sync += [joint.eq(0), frame.eq(frame + 1)]
                    # All frames of a person use the same table: back to its begin.
                    m.d.sync += group.eq(group + 1 - joints * channels)
                    with m.If(frame == design.frames - 1):
                        m.d.sync += frame.eq(0)
                        if self.with_person:
                            m.d.sync += known.eq(0)
                        else:
                            m.d.sync += [person.eq(person + 1), group.eq(group + 1)]
                            with m.If(person == persons - 1):
                                m.d.sync += [person.eq(0), group.eq(0)]

    def _gather(self, m, i, o):
        """Gather C coordinates; the vector leaves together with its last one, which needs no register."""
        channels = self.cfg.channels
        gathered = Signal(data.ArrayLayout(signed(8), channels), reset_less=True)
        count = Signal(range(max(2, channels)))
        last = count == channels - 1
        dense = Signal(dense_layout())
        m.d.comb += [
            *(dense.values[c].eq(gathered[c]) for c in range(channels - 1)),
            dense.values[channels - 1].eq(i.payload.values[0]),
            o.payload.eq(dense),
            o.valid.eq(i.valid & last),
            i.ready.eq(o.ready | ~last),
        ]
        with m.If(i.valid & i.ready):
            m.d.sync += [gathered[count].eq(i.payload.values[0]), count.eq(Mux(last, 0, count + 1))]
