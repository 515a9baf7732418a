"""Result output: scores become packets of words."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..stream.layouts import clip_layout, result_layout, word_layout
from .config import ShellConfig
from .registers import RESULT_FLAGS, TRAILER

__all__ = ["ResultOutput"]


class ResultOutput(wiring.Component):
    """Makes a packet of every result: the scores as int32, class 0 first, then argmax, number of the clip, flags.

    A score that does not fit is sent as the nearest int32 and flagged; argmax compares the scores themselves, the
    lowest index wins a tie. Throughput: one word a cycle. Latency: 0 cycles. A skid buffer must follow ``o``, because
    ``o`` withdraws a word that is not taken yet when ``cut`` rises.

    While ``cut`` is high no result is taken; a packet that has begun is filled up with zeros to its length, and of the
    flags in its last word only ``aborted`` is set. Clips are numbered from 0 again.

    Parameters
    ----------
    cfg : ShellConfig

    Members
    -------
    i : In(stream, result)
        Scores of a clip, class 0 first.
    clip : In(stream, clip)
        Flags of the clip that the result belongs to.
    o : Out(stream, word)
    cut : In(1)
        The network is being reset.
    done : Out(1)
        High in the cycle in which the last word of a result is taken.
    aborted : Out(1)
        High in the cycle in which the last word of a cut packet is taken.
    flags : Out(6)
        Bits of :data:`~hypgcn.shell.registers.RESULT_FLAGS`, valid while ``done`` or ``aborted`` is high.
    active : Out(1)
        A packet has begun and has not ended.
    """

    def __init__(self, cfg: ShellConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(result_layout(cfg.classes, cfg.logit_width))),
            "clip": In(stream.Signature(clip_layout())),
            "o": Out(stream.Signature(word_layout())),
            "cut": In(1), "active": Out(1), "done": Out(1), "aborted": Out(1),
            "flags": Out(len(RESULT_FLAGS)),
        })

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        length = cfg.classes + len(TRAILER)
        word = Signal(range(length))
        number = Signal(32)
        argmax = Signal(range(max(2, cfg.classes)))
        best = Signal(signed(cfg.logit_width), reset_less=True)
        overflow = Signal()
        saturated = Signal()
        score = self.i.payload.score
        fits, nearest = Const(1), score
        if cfg.logit_width > 32:
            top = score[31:]
            fits = top.all() | ~top.any()
            nearest = Mux(fits, score, Mux(score < 0, -(1 << 31), (1 << 31) - 1))
        flags = {
            "overflow": overflow,
            "saturated": saturated,
            "short": self.clip.payload.short,
            "late": self.clip.payload.late,
            "keep": self.clip.payload.keep,
            "aborted": 0,
        }

        def send(payload, then):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.data.eq(payload)]
            with m.If(self.o.ready):
                m.next = then
            with m.If(self.cut):
                m.next = "Fill"

        with m.FSM():
            with m.State("Scores"):
                m.d.comb += [
                    self.o.valid.eq(self.i.valid & ~self.cut),
                    self.o.payload.data.eq(nearest),
                    self.i.ready.eq(self.o.ready & ~self.cut),
                ]
                with m.If(self.i.valid & self.i.ready):
                    m.d.sync += [overflow.eq(overflow | self.i.payload.overflow), saturated.eq(saturated | ~fits)]
                    with m.If((self.i.payload.index == 0) | (score > best)):
                        m.d.sync += [best.eq(score), argmax.eq(self.i.payload.index)]
                    with m.If(self.i.payload.last):
                        m.next = "Argmax"
                with m.If(self.cut & self.active):
                    m.next = "Fill"
            with m.State("Argmax"):
                send(argmax, "Clip")
            with m.State("Clip"):
                send(number, "Flags")
            with m.State("Flags"):
                m.d.comb += [
                    *(self.flags[flag.low].eq(flags[flag.name]) for flag in RESULT_FLAGS),
                    self.o.valid.eq(self.clip.valid & ~self.cut),
                    self.o.payload.data.eq(self.flags),
                    self.o.payload.last.eq(1),
                    self.clip.ready.eq(self.o.ready & ~self.cut),
                    self.done.eq(self.o.valid & self.o.ready),
                ]
                with m.If(self.done):
                    m.d.sync += [number.eq(number + 1), overflow.eq(0), saturated.eq(0)]
                    m.next = "Scores"
                with m.If(self.cut):
                    m.next = "Fill"
            # A consumer that counts words must find the packet complete, so a cut one is filled up.
            with m.State("Fill"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.last.eq(word == length - 1)]
                with m.If(self.o.payload.last):
                    m.d.comb += [
                        self.flags.eq(RESULT_FLAGS[-1].mask),
                        self.o.payload.data.eq(self.flags),
                        self.aborted.eq(self.o.ready),
                    ]
                    with m.If(self.o.ready):
                        m.next = "Scores"
        with m.If(self.cut):
            m.d.sync += [number.eq(0), overflow.eq(0), saturated.eq(0)]
        m.d.comb += self.active.eq(word != 0)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += word.eq(Mux(word == length - 1, 0, word + 1))
        return m
