"""Head: sums of the last block over persons, frames and joints, then the fully connected layer."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .design import BANK, Design
from .layouts import result_layout, vector_layout
from .mem import AsyncRam, Rom
from .rfc import RfcExpander

__all__ = ["Head"]


class Head(wiring.Component):
    """Class scores of each clip.

    ``pool[c] = sum of Y[m,t,v,c]`` and ``score[j] = sum_c head[j,c] * pool[c] + head_bias[j]``, exact
    (``docs/numbers.md``).

    Throughput: ``width`` channels per cycle into the sums; classes * (C + ``CLASS_OVERHEAD``) cycles per clip for the
    scores, while the next clip is already being summed. A clip that ends before the scores of the one before it are all
    taken waits. Latency from a clip's last vector to its first score: about C + 12 cycles. Cost: 2 x ceil(C / 16) * 16
    sums of ``design.pool_width`` bits in LUT RAM, one multiplier, classes * C bytes of weights.

    Parameters
    ----------
    design : the network
    width : 1, 2, 4, 8 or 16 channels summed per cycle

    Members
    -------
    i : In(stream, vector), the last block's output, order (person, frame, joint, bank)
    o : Out(stream, result), classes ascending; ``last`` on the clip's last class; ``overflow`` when a store lost values
        in the clip
    """

    CLASS_OVERHEAD = 8
    """Cycles per class beside its C products."""

    def __init__(self, design: Design, width: int = 4):
        if width not in (1, 2, 4, 8, 16):
            raise ValueError(f"width must be 1, 2, 4, 8 or 16, not {width!r}")
        self.cfg = design
        self.width = width
        super().__init__({
            "i": In(stream.Signature(vector_layout())),
            "o": Out(stream.Signature(result_layout(design.classes, design.logit_width))),
        })

    def elaborate(self, platform):
        m = Module()
        design, width = self.cfg, self.width
        banks = design.blocks[-1].out_banks
        slices = BANK // width
        vectors = design.persons * design.block_frames(len(design.blocks)) * design.joints * banks
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
        word_addr = Signal(range(max(2, banks * slices)))
        read_addr = Signal.like(word_addr)
        for index, ram in enumerate(halves):
            m.submodules[f"sums{index}"] = ram
            m.d.comb += ram.r_addr.eq(Mux(full[index], read_addr, word_addr))

        vector = Signal(range(vectors + 1))
        position = Signal(range(max(2, slices)))
        first = Signal(init=1)  # the clip's first joint overwrites the sums
        last_slice = position == slices - 1
        last_bank = word_addr == banks * slices - 1
        go = Signal()
        dense = expander.o.payload.dense
        old = Signal(word)
        new = Signal(word)
        m.d.comb += [
            go.eq(expander.o.valid & ~full.bit_select(half, 1)),
            expander.o.ready.eq(go & last_slice),
            old.as_value().eq(Mux(half, halves[1].r_data, halves[0].r_data)),
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
                with m.If(vector == vectors - 1):
                    m.d.sync += [vector.eq(0), first.eq(1), full.bit_select(half, 1).eq(1), half.eq(~half)]

        self.watched = {"busy": go, "starved": ~expander.o.valid, "blocked": expander.o.valid & ~go}
        self._scores(m, halves, full, flags, read_addr, word)
        return m

    def _scores(self, m, halves, full, flags, read_addr, word):
        """The fully connected layer on the half that is full: one product per cycle, a class at a time."""
        design, width = self.cfg, self.width
        channels = design.head.shape[1]
        m.submodules.weights = weights = Rom(8, [int(w) & 0xff for w in design.head.ravel()], latency=2)
        m.submodules.biases = biases = Rom(
            design.logit_width, [int(b) & ((1 << design.logit_width) - 1) for b in design.head_bias], latency=2)

        half = Signal()
        index = Signal(range(max(2, design.classes)))
        channel = Signal(range(max(2, channels)))
        issue = Signal()
        sums = Signal(word)
        m.d.comb += [
            biases.addr.eq(index),
            read_addr.eq(channel // width),
            sums.as_value().eq(Mux(half, halves[1].r_data, halves[0].r_data)),
        ]
        # weight (2 cycles) | sum -> product -> accumulator: `stages` follows a channel through them.
        pool = Signal(design.pool_width, reset_less=True)
        pool_q = Signal.like(pool, reset_less=True)
        product = Signal(signed(design.pool_width + 9), reset_less=True)
        acc = Signal(signed(design.logit_width), reset_less=True)
        stages = Signal(3)
        m.d.sync += [
            pool.eq(sums[channel % width]),
            pool_q.eq(pool),
            product.eq(weights.data.as_signed() * pool_q),
            stages.eq(Cat(issue, stages[:-1])),
        ]
        with m.If(stages[2]):
            m.d.sync += acc.eq(acc + product)

        m.d.comb += [
            self.o.payload.index.eq(index),
            self.o.payload.score.eq(acc),
            self.o.payload.last.eq(index == design.classes - 1),
            self.o.payload.overflow.eq(flags.bit_select(half, 1)),
        ]
        with m.FSM():
            with m.State("Idle"):
                with m.If(full.bit_select(half, 1)):
                    m.next = "Bias"
            with m.State("Bias"):
                m.next = "BiasRead"
            with m.State("BiasRead"):
                m.next = "Load"
            with m.State("Load"):
                m.d.sync += acc.eq(biases.data)
                m.next = "Sum"
            with m.State("Sum"):
                m.d.comb += issue.eq(1)
                m.d.sync += [channel.eq(channel + 1), weights.addr.eq(weights.addr + 1)]
                with m.If(channel == channels - 1):
                    m.d.sync += channel.eq(0)
                    m.next = "Flush"
            with m.State("Flush"):
                with m.If(stages == 0):
                    m.next = "Send"
            with m.State("Send"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.d.sync += index.eq(index + 1)
                    m.next = "Bias"
                    with m.If(self.o.payload.last):
                        m.d.sync += [index.eq(0), weights.addr.eq(0), half.eq(~half),
                                     full.bit_select(half, 1).eq(0), flags.bit_select(half, 1).eq(0)]
                        m.next = "Idle"
