"""Result output: scores become packets of words."""

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..mem import AsyncRam
from ..stream.layouts import clip_layout, result_layout, word_layout
from .config import ShellConfig
from .registers import RESULT_FLAGS

__all__ = ["ResultOutput"]


class ResultOutput(wiring.Component):
    """Makes a packet of every result: the scores as int32, class 0 first, then argmax, number of the clip, flags.

    Behind the scores of an ensemble, and before argmax, are those of each of its networks, one network after another.
    They come class by class with the sums, and are kept meanwhile in LUT RAM of ``classes`` words.

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
            "i": In(stream.Signature(result_layout(cfg.classes, cfg.logit_width, cfg.stream_widths))),
            "clip": In(stream.Signature(clip_layout())),
            "o": Out(stream.Signature(word_layout())),
            "cut": In(1), "active": Out(1), "done": Out(1), "aborted": Out(1),
            "flags": Out(len(RESULT_FLAGS)),
        })

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        length = cfg.result_words
        word = Signal(range(length))
        number = Signal(32)
        argmax = Signal(range(max(2, cfg.classes)))
        best = Signal(signed(cfg.logit_width), reset_less=True)
        overflow = Signal()
        saturated = Signal()
        score = self.i.payload.score
        fits, nearest = _as_int32(score)
        streams = _StreamScores(m, self.i, cfg) if cfg.stream_widths else None
        all_fit = fits if streams is None else fits & streams.fit
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
                    m.d.sync += [overflow.eq(overflow | self.i.payload.overflow), saturated.eq(saturated | ~all_fit)]
                    with m.If((self.i.payload.index == 0) | (score > best)):
                        m.d.sync += [best.eq(score), argmax.eq(self.i.payload.index)]
                    with m.If(self.i.payload.last):
                        m.next = "Argmax" if streams is None else "Streams"
                with m.If(self.cut & self.active):
                    m.next = "Fill"
            if streams is not None:
                with m.State("Streams"):
                    m.d.comb += [
                        self.o.valid.eq(1),
                        self.o.payload.data.eq(streams.data),
                        streams.taken.eq(self.o.ready & ~self.cut),
                    ]
                    with m.If(streams.taken & streams.end):
                        m.next = "Argmax"
                    with m.If(self.cut):
                        m.d.comb += streams.restart.eq(1)
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


def _as_int32(score):
    """Whether ``score`` fits int32, and the nearest value that does."""
    if len(score) <= 32:
        return Const(1), score
    top = score[31:]
    fits = top.all() | ~top.any()
    return fits, Mux(fits, score, Mux(score < 0, -(1 << 31), (1 << 31) - 1))


class _StreamScores:
    """Scores of the networks of an ensemble: kept while the sums are sent, then sent one network after another.

    Parameters
    ----------
    m : Module
    i : stream of results
        Whose scores are kept when they are taken.
    cfg : ShellConfig

    Attributes
    ----------
    fit : Value
        All scores of the class at ``i`` fit 32 bits.
    data : Signal
        Score that is due.
    taken : Signal
        To be set where that is taken.
    end : Value
        It is the last one.
    restart : Signal
        To be set where the rest is given up.
    """

    def __init__(self, m, i, cfg):
        words = [_as_int32(i.payload[f"stream{index}"]) for index in range(len(cfg.stream_widths))]
        self.fit = Cat(fits for fits, _ in words).all()
        self.data = Signal(signed(32), name="stream_score")
        self.taken, self.restart = Signal(name="stream_taken"), Signal(name="stream_restart")
        place, chosen = Signal(range(max(2, cfg.classes))), Signal(range(len(words)))
        last = place == cfg.classes - 1
        self.end = last & (chosen == len(words) - 1)
        with m.Switch(chosen):
            for index, (_, nearest) in enumerate(words):
                width = min(32, cfg.stream_widths[index])
                m.submodules[f"stream{index}"] = ram = AsyncRam(width, cfg.classes)
                m.d.comb += [ram.w_en.eq(i.valid & i.ready), ram.w_addr.eq(i.payload.index), ram.w_data.eq(nearest),
                             ram.r_addr.eq(place)]
                with m.Case(index):
                    m.d.comb += self.data.eq(ram.r_data.as_signed())
        with m.If(self.restart | (self.taken & self.end)):
            m.d.sync += [place.eq(0), chosen.eq(0)]
        with m.Elif(self.taken):
            m.d.sync += [place.eq(Mux(last, 0, place + 1)), chosen.eq(chosen + last)]
