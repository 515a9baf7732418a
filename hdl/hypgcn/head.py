"""Head: sums of the last block over persons, frames and joints, then the fully connected layer."""

import numpy as np
from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .design import BANK, Design
from .golden.absent import absent_response
from .mem import AsyncRam, Rom, table_style
from .rfc import RfcExpander
from .stream.activity import state_layout, unit_state
from .stream.layouts import person_layout, result_layout, vector_layout

__all__ = ["Head", "class_cycles", "term_words"]


def term_words(design: Design, absent: bool) -> list[int]:
    """Constants of the scores, two's complement: of each class its bias and, with ``absent``, what each person adds
    that is absent."""
    table = design.head_bias[:, None]
    if absent:
        table = np.concatenate([table, absent_response(design).scores.T], axis=1)
    return [word & ((1 << design.logit_width) - 1) for word in table.ravel().tolist()]


def class_cycles(design: Design, absent: bool) -> int:
    """Cycles for the score of a class: its products, its constants, and ``Head.CLASS_OVERHEAD``."""
    return design.head.shape[1] + 1 + absent * design.persons + Head.CLASS_OVERHEAD


class Head(wiring.Component):
    """Class scores of each clip.

    ``pool[c] = sum of Y[m,t,v,c]`` and ``score[j] = sum_c head[j,c] * pool[c] + head_bias[j]``, exact
    (``docs/numbers.md``). With ``absent``, persons whose flag says so bring no vectors; what they add to a score is
    ``absent_response(design).scores[m,j]``.

    Throughput: ``width`` channels per cycle into the sums, and with ``absent`` a cycle per person; classes *
    :func:`class_cycles` cycles per clip for the scores, C less per class where all persons are absent, while the next
    clip is already being summed. A clip that ends before the scores of the one before it are all taken waits. Latency
    from a clip's last vector to its first score: about C + 12 cycles. Cost: 2 x ceil(C / 16) * 16 sums of
    ``design.pool_width`` bits in LUT RAM, one multiplier, classes * C bytes of weights, the table of
    :func:`term_words`.

    Parameters
    ----------
    design : the network
    width : 1, 2, 4, 8 or 16 channels summed per cycle
    absent : persons may be absent

    Members
    -------
    i : In(stream, vector), the last block's output, order (person, frame, joint, bank)
    persons : In(stream, {absent}), one of each person, in order; only with ``absent``
    o : Out(stream, result), classes ascending; ``last`` on the clip's last class; ``overflow`` when a store lost values
        in the clip
    """

    CLASS_OVERHEAD = 5
    """Cycles per class beside its C products and its constants."""

    def __init__(self, design: Design, width: int = 4, *, absent: bool = False, counters: bool = False):
        if width not in (1, 2, 4, 8, 16):
            raise ValueError(f"width must be 1, 2, 4, 8 or 16, not {width!r}")
        self.cfg = design
        self.width = width
        self.absent = absent
        self.counters = counters
        super().__init__({
            "i": In(stream.Signature(vector_layout())),
            "o": Out(stream.Signature(result_layout(design.classes, design.logit_width))),
            **({"persons": In(stream.Signature(person_layout()))} if absent else {}),
            **({"state": Out(state_layout())} if counters else {}),
        })

    def elaborate(self, platform):
        m = Module()
        design, width = self.cfg, self.width
        banks = design.blocks[-1].out_banks
        slices = BANK // width
        vectors = design.block_frames(len(design.blocks)) * design.joints * banks
        word = data.ArrayLayout(unsigned(design.pool_width), width)

        m.submodules.expander = expander = RfcExpander(0)
        m.d.comb += [
            expander.i.payload.vector.eq(self.i.payload),
            expander.i.valid.eq(self.i.valid),
            self.i.ready.eq(expander.i.ready),
        ]

        # Two halves: one sums a clip while the scores of the clip before it are made from the other.
        halves = [AsyncRam(word.size, banks * slices) for _ in range(2)]
        half = Signal()
        full = Signal(2)        # the half holds a clip whose scores are not finished
        flags = Signal(2)       # its overflow
        missing = [Signal(design.persons, name=f"missing{index}") for index in range(2)]  # its absent persons
        word_addr = Signal(range(max(2, banks * slices)))
        read_addr = Signal.like(word_addr)
        for index, ram in enumerate(halves):
            m.submodules[f"sums{index}"] = ram
            m.d.comb += ram.r_addr.eq(Mux(full[index], read_addr, word_addr))

        person = Signal(range(max(2, design.persons)))
        vector = Signal(range(max(2, vectors)))
        position = Signal(range(max(2, slices)))
        first = Signal(init=1)  # the clip's first joint overwrites the sums
        last_slice = position == slices - 1
        last_bank = word_addr == banks * slices - 1
        free = ~full.bit_select(half, 1)
        go, left_out, person_done = Signal(), Signal(), Signal()
        there = self._persons(m, free, half, person, missing, left_out, person_done) if self.absent else C(1)
        dense = expander.o.payload.dense
        old = Signal(word)
        new = Signal(word)
        m.d.comb += [
            go.eq(expander.o.valid & free & there),
            expander.o.ready.eq(go & last_slice),
            old.as_value().eq(Mux(half, halves[1].r_data, halves[0].r_data)),
            person_done.eq((go & last_slice & (vector == vectors - 1)) | left_out),
        ]
        values = Signal(data.ArrayLayout(data.ArrayLayout(signed(8), width), slices))
        m.d.comb += values.eq(dense.values.as_value())
        for n in range(width):
            m.d.comb += new[n].eq(Mux(first, 0, old[n]) + values[position][n].as_unsigned())
        for index, ram in enumerate(halves):
            m.d.comb += [ram.w_addr.eq(word_addr), ram.w_data.eq(new), ram.w_en.eq(go & (half == index))]
        with m.If(go):
            m.d.sync += [word_addr.eq(Mux(last_bank, 0, word_addr + 1)), position.eq(Mux(last_slice, 0, position + 1))]
            with m.If(last_bank):
                m.d.sync += first.eq(0)
            with m.If(last_slice):
                m.d.sync += [
                    vector.eq(vector + 1),
                    flags.bit_select(half, 1).eq(flags.bit_select(half, 1) | dense.overflow),
                ]
        with m.If(person_done):
            m.d.sync += [vector.eq(0), person.eq(person + 1)]
            with m.If(person == design.persons - 1):
                m.d.sync += [person.eq(0), first.eq(1), full.bit_select(half, 1).eq(1), half.eq(~half)]

        if self.counters:
            m.d.comb += self.state.eq(unit_state(busy=go | left_out, offered=expander.o.valid | left_out))
        self._scores(m, halves, full, flags, missing, read_addr, word)
        return m

    def _persons(self, m, free, half, person, missing, left_out, person_done):
        """Take a person's flag before its vectors; 1 while those of one that is there are due."""
        there = Signal()
        absent = self.persons.payload.absent
        m.d.comb += [
            self.persons.ready.eq(free & ~there),
            left_out.eq(self.persons.valid & self.persons.ready & absent),
        ]
        with m.If(self.persons.valid & self.persons.ready):
            m.d.sync += there.eq(~absent)
            for index, persons in enumerate(missing):
                with m.If(half == index):
                    m.d.sync += persons.bit_select(person, 1).eq(absent)
        with m.Elif(person_done):
            m.d.sync += there.eq(0)
        return there

    def _scores(self, m, halves, full, flags, missing, read_addr, word):
        """The fully connected layer on the half that is full: one product per cycle, a class at a time."""
        design, width = self.cfg, self.width
        channels = design.head.shape[1]
        m.submodules.weights = weights = Rom(8, [int(w) & 0xff for w in design.head.ravel()], latency=2,
                                             style=table_style(design.head.size))
        words = term_words(design, self.absent)
        terms = len(words) // design.classes
        m.submodules.biases = biases = Rom(design.logit_width, words, latency=2, style=table_style(len(words)))

        half = Signal()
        index = Signal(range(max(2, design.classes)))
        term = Signal(range(max(2, terms)))
        channel = Signal(range(max(2, channels)))
        issue, issue_term = Signal(), Signal()
        sums = Signal(word)
        absent = Mux(half, missing[1], missing[0])
        m.d.comb += [
            read_addr.eq(channel // width),
            sums.as_value().eq(Mux(half, halves[1].r_data, halves[0].r_data)),
        ]
        # weight (2 cycles) | sum -> product -> accumulator: `stages` follows a channel through them, `adds` a term.
        pool = Signal(design.pool_width, reset_less=True)
        pool_q = Signal.like(pool, reset_less=True)
        product = Signal(signed(design.pool_width + 9), reset_less=True)
        acc = Signal(signed(design.logit_width), reset_less=True)
        stages, adds = Signal(3), Signal(2)
        m.d.sync += [
            pool.eq(sums[channel % width]),
            pool_q.eq(pool),
            product.eq(weights.data.as_signed() * pool_q),
            stages.eq(Cat(issue, stages[:-1])),
            adds.eq(Cat(issue_term, adds[:-1])),
        ]
        # A product is a cycle longer under way than a term, and products follow the terms: they never meet.
        with m.If(stages[2] | adds[1]):
            m.d.sync += acc.eq(acc + Mux(adds[1], biases.data.as_signed(), product))

        m.d.comb += [
            self.o.payload.index.eq(index),
            self.o.payload.score.eq(acc),
            self.o.payload.last.eq(index == design.classes - 1),
            self.o.payload.overflow.eq(flags.bit_select(half, 1)),
        ]
        with m.FSM():
            with m.State("Idle"):
                m.d.sync += acc.eq(0)
                with m.If(full.bit_select(half, 1)):
                    m.next = "Terms"
            with m.State("Terms"):
                m.d.comb += issue_term.eq(Cat(C(1, 1), absent).bit_select(term, 1) if self.absent else 1)
                m.d.sync += [term.eq(term + 1), biases.addr.eq(biases.addr + 1)]
                with m.If(term == terms - 1):
                    m.d.sync += term.eq(0)
                    m.next = "Sum"
                    if self.absent:
                        with m.If(absent.all()):    # there are no sums
                            m.next = "Flush"
            with m.State("Sum"):
                m.d.comb += issue.eq(1)
                m.d.sync += [channel.eq(channel + 1), weights.addr.eq(weights.addr + 1)]
                with m.If(channel == channels - 1):
                    m.d.sync += channel.eq(0)
                    m.next = "Flush"
            with m.State("Flush"):
                with m.If((stages == 0) & (adds == 0)):
                    m.next = "Send"
            with m.State("Send"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.d.sync += [index.eq(index + 1), acc.eq(0)]
                    m.next = "Terms"
                    with m.If(self.o.payload.last):
                        m.d.sync += [index.eq(0), weights.addr.eq(0), biases.addr.eq(0), half.eq(~half),
                                     full.bit_select(half, 1).eq(0), flags.bit_select(half, 1).eq(0)]
                        m.next = "Idle"
