"""Head: sums of the last block over persons, frames and joints, then the fully connected layer."""

from dataclasses import dataclass

import numpy as np
from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .design import BANK, Design
from .design.checks import check_choice
from .design.limits import HEAD_WIDTHS
from .golden.absent import absent_response
from .mem import AsyncRam, Rom, table_style
from .rfc import RfcExpander
from .stream.activity import state_layout, unit_state
from .stream.layouts import person_layout, result_layout, vector_layout

__all__ = ["Head", "class_cycles", "term_words"]


def term_words(design: Design, absent: bool) -> list[int]:
    """Constants of the scores, per class: its bias, and with ``absent`` what each person adds when it is absent.

    Parameters
    ----------
    design : Design
        The network.
    absent : bool
        Persons may be absent.

    Returns
    -------
    list of int
        Words of ``design.logit_width`` bits, two's complement, in the order (class, term).
    """
    table = design.head_bias[:, None]
    if absent:
        table = np.concatenate([table, absent_response(design).scores.T], axis=1)
    return [word & ((1 << design.logit_width) - 1) for word in table.ravel().tolist()]


def class_cycles(design: Design, absent: bool) -> int:
    """Cycles for the score of a class: its products, its constants, and ``Head.CLASS_OVERHEAD``."""
    return design.head.shape[1] + 1 + absent * design.persons + Head.CLASS_OVERHEAD


@dataclass(frozen=True, kw_only=True)
class _Sums:
    """The double (ping-pong) buffer of sums: a clip is summed in one half while the other gives scores.

    Attributes
    ----------
    word : layout
        ``width`` sums, the word of a memory.
    halves : 2 memories
        The sums of each half.
    half : 1 bit
        The half that is summed into.
    full : 2 bits
        Per half: it holds a clip whose scores are not finished.
    overflow : 2 bits
        Per half: a store lost values in its clip.
    missing : 2 x M bits
        Per half: the absent persons of its clip.
    word_addr, read_addr : addresses
        Word that is summed into, and that is read for the scores.
    """

    word: data.ArrayLayout
    halves: list[AsyncRam]
    half: Signal
    full: Signal
    overflow: Signal
    missing: list[Signal]
    word_addr: Signal
    read_addr: Signal

    def read(self, half):
        """Word that ``half`` shows."""
        return Mux(half, self.halves[1].r_data, self.halves[0].r_data)


class Head(wiring.Component):
    """Class scores of each clip: sums over persons, frames and joints, then the fully connected layer.

    ``pool[c] = sum of Y[m,t,v,c]`` and ``score[j] = sum_c head[j,c] * pool[c] + head_bias[j]``, exact
    (``docs/numbers.md``). With ``absent``, a person that is flagged absent brings no vectors; it adds the constant
    ``absent_response(design).scores[m,j]`` to a score.

    Throughput: ``width`` channels per cycle into the sums, and with ``absent`` a cycle per person; classes *
    :func:`class_cycles` cycles per clip for the scores, C less per class where all persons are absent, while the next
    clip is already being summed. A clip that ends before the scores of the one before it are all taken waits.
    Latency: about C + 12 cycles from a clip's last vector to its first score.
    Cost: 2 x ceil(C / 16) * 16 sums of ``design.pool_width`` bits in LUT RAM, one multiplier, classes * C bytes of
    weights, the table of :func:`term_words`.

    Parameters
    ----------
    design : Design
        The network.
    width : int, one of 1, 2, 4, 8, 16
        Channels summed per cycle.
    absent : bool
        Persons may be absent.
    counters : bool
        With the port ``state``.

    Members
    -------
    i : In(stream, vector)
        The last block's output, order (person, frame, joint, bank).
    persons : In(stream, {absent})
        One flag per person, in order; only with ``absent``.
    o : Out(stream, result)
        Classes ascending; ``last`` on the clip's last class; ``overflow`` when a store lost values in the clip.
    state : Out(state)
        Busy while summing; only with ``counters``.
    """

    module_file = True

    CLASS_OVERHEAD = 5
    """Cycles per class beside its C products and its constants: the pipeline runs empty before a score is sent."""

    def __init__(self, design: Design, width: int = 4, *, absent: bool = False, counters: bool = False):
        check_choice("width", width, HEAD_WIDTHS)
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
        m.submodules.expander = expander = RfcExpander(0)
        m.d.comb += [
            expander.i.payload.vector.eq(self.i.payload),
            expander.i.valid.eq(self.i.valid),
            self.i.ready.eq(expander.i.ready),
        ]
        sums = self._buffer(m)
        self._sum(m, expander.o, sums)
        self._scores(m, sums)
        return m

    def _buffer(self, m):
        """The sums of two clips."""
        design, width = self.cfg, self.width
        words = design.blocks[-1].out_banks * (BANK // width)
        word = data.ArrayLayout(unsigned(design.pool_width), width)
        halves = [AsyncRam(word.size, words) for _ in range(2)]
        full = Signal(2)
        word_addr = Signal(range(max(2, words)))
        read_addr = Signal.like(word_addr)
        for index, ram in enumerate(halves):
            m.submodules[f"sums{index}"] = ram
            m.d.comb += ram.r_addr.eq(Mux(full[index], read_addr, word_addr))
        return _Sums(word=word, halves=halves, half=Signal(name="half"), full=full,
                     overflow=Signal(2, name="overflow"), word_addr=word_addr, read_addr=read_addr,
                     missing=[Signal(design.persons, name=f"missing{index}") for index in range(2)])

    def _sum(self, m, i, sums):
        """Add the vectors of a clip, ``width`` channels a cycle; hand the half over after the clip's last person."""
        design, width = self.cfg, self.width
        slices = BANK // width
        vectors = design.block_frames(len(design.blocks)) * design.joints * design.blocks[-1].out_banks
        word_addr = sums.word_addr

        person = Signal(range(max(2, design.persons)))
        vector = Signal(range(max(2, vectors)))
        position = Signal(range(max(2, slices)))
        first = Signal(init=1)  # the clip's first joint overwrites the sums: a RAM has no reset
        last_slice = position == slices - 1
        last_word = word_addr == sums.halves[0].depth - 1
        free = ~sums.full.bit_select(sums.half, 1)
        go = Signal()
        left_out = Signal()
        person_done = Signal()
        present = self._persons(m, sums, free, person, left_out, person_done) if self.absent else C(1)
        dense = i.payload.dense
        old = Signal(sums.word)
        new = Signal(sums.word)
        m.d.comb += [
            go.eq(i.valid & free & present),
            i.ready.eq(go & last_slice),
            old.as_value().eq(sums.read(sums.half)),
            person_done.eq((go & last_slice & (vector == vectors - 1)) | left_out),
        ]
        values = Signal(data.ArrayLayout(data.ArrayLayout(signed(8), width), slices))
        m.d.comb += values.eq(dense.values.as_value())
        for n in range(width):
            # Values behind a ReLU are never negative, so the sums need no sign.
            m.d.comb += new[n].eq(Mux(first, 0, old[n]) + values[position][n].as_unsigned())
        for index, ram in enumerate(sums.halves):
            m.d.comb += [ram.w_addr.eq(word_addr), ram.w_data.eq(new), ram.w_en.eq(go & (sums.half == index))]
        overflow = sums.overflow.bit_select(sums.half, 1)
        with m.If(go):
            m.d.sync += [word_addr.eq(Mux(last_word, 0, word_addr + 1)), position.eq(Mux(last_slice, 0, position + 1))]
            with m.If(last_word):
                m.d.sync += first.eq(0)
            with m.If(last_slice):
                m.d.sync += [vector.eq(vector + 1), overflow.eq(overflow | dense.overflow)]
        with m.If(person_done):
            m.d.sync += [vector.eq(0), person.eq(person + 1)]
            with m.If(person == design.persons - 1):
                m.d.sync += [
                    person.eq(0), first.eq(1),
                    sums.full.bit_select(sums.half, 1).eq(1), sums.half.eq(~sums.half),
                ]
        if self.counters:
            m.d.comb += self.state.eq(unit_state(busy=go | left_out, offered=i.valid | left_out))

    def _persons(self, m, sums, free, person, left_out, person_done):
        """Take a person's flag before its vectors; the result is 1 while the vectors of a present person are due."""
        present = Signal()
        absent = self.persons.payload.absent
        m.d.comb += [
            self.persons.ready.eq(free & ~present),
            left_out.eq(self.persons.valid & self.persons.ready & absent),
        ]
        with m.If(self.persons.valid & self.persons.ready):
            m.d.sync += present.eq(~absent)
            for index, missing in enumerate(sums.missing):
                with m.If(sums.half == index):
                    m.d.sync += missing.bit_select(person, 1).eq(absent)
        with m.Elif(person_done):
            m.d.sync += present.eq(0)
        return present

    def _scores(self, m, sums):
        """The fully connected layer on the full half: per class its constants, then one product per cycle."""
        design = self.cfg
        channels = design.head.shape[1]
        m.submodules.weights = weights = Rom(8, [int(w) & 0xff for w in design.head.ravel()], latency=2,
                                             style=table_style(design.head.size),
                                             holds="weights of the fully connected layer")
        words = term_words(design, self.absent)
        terms = len(words) // design.classes
        m.submodules.biases = biases = Rom(design.logit_width, words, latency=2, style=table_style(len(words)),
                                           holds="constants of the classes")

        half = Signal(name="read_half")
        index = Signal(range(max(2, design.classes)))
        term = Signal(range(max(2, terms)))
        channel = Signal(range(max(2, channels)))
        issue = Signal()
        issue_term = Signal()
        absent = Mux(half, sums.missing[1], sums.missing[0])
        acc = Signal(signed(design.logit_width), reset_less=True)
        empty = self._accumulate(m, sums, half, channel, issue, issue_term, weights, biases, acc)

        m.d.comb += [
            self.o.payload.index.eq(index),
            self.o.payload.score.eq(acc),
            self.o.payload.last.eq(index == design.classes - 1),
            self.o.payload.overflow.eq(sums.overflow.bit_select(half, 1)),
        ]
        with m.FSM():
            with m.State("Idle"):
                m.d.sync += acc.eq(0)
                with m.If(sums.full.bit_select(half, 1)):
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
                with m.If(empty):
                    m.next = "Send"
            with m.State("Send"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.d.sync += [index.eq(index + 1), acc.eq(0)]
                    m.next = "Terms"
                    with m.If(self.o.payload.last):
                        m.d.sync += [
                            index.eq(0), weights.addr.eq(0), biases.addr.eq(0), half.eq(~half),
                            sums.full.bit_select(half, 1).eq(0), sums.overflow.bit_select(half, 1).eq(0),
                        ]
                        m.next = "Idle"

    def _accumulate(self, m, sums, half, channel, issue, issue_term, weights, biases, acc):
        """Pipeline of the products and constants that are issued into ``acc``; the result is 1 when it is empty."""
        design, width = self.cfg, self.width
        word = Signal(sums.word)
        m.d.comb += [
            sums.read_addr.eq(channel // width),
            word.as_value().eq(sums.read(half)),
        ]
        # The LUT RAM gives a sum at once, the ROM its weight two cycles later: the sum waits in two registers. `stages`
        # follows a channel through weight, product and accumulator, `adds` a term.
        pool = Signal(design.pool_width, reset_less=True)
        pool_q = Signal.like(pool, reset_less=True)
        product = Signal(signed(design.pool_width + 9), reset_less=True)
        stages = Signal(3)
        adds = Signal(2)
        m.d.sync += [
            pool.eq(word[channel % width]),
            pool_q.eq(pool),
            product.eq(weights.data.as_signed() * pool_q),
            stages.eq(Cat(issue, stages[:-1])),
            adds.eq(Cat(issue_term, adds[:-1])),
        ]
        # A product needs a cycle more than a term, and products follow the terms: they never meet.
        with m.If(stages[2] | adds[1]):
            m.d.sync += acc.eq(acc + Mux(adds[1], biases.data.as_signed(), product))
        return (stages == 0) & (adds == 0)
