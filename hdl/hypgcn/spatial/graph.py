"""Graph product of one row, channel by channel: the non-zero joints of a channel times their rows of the graphs."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import PackedMac, PackedMacConfig
from ..arith.bits import saturate
from ..arith.delay import delayed
from ..emission.shared import shared
from ..mem import Rom
from ..stream import Queue, connect
from .frame_buffer import pass_layout
from .graph_config import LATENCY, MAC_DELAY, ROM_LATENCY, GraphConfig

__all__ = ["GraphUnit"]


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """The token that is taken in this cycle.

    Attributes
    ----------
    take, begin, end : 1 bit
        A token is taken; it is, or the next one will be, the first of its pass; it is the last of its pass.
    kept, last_pass, copy : 1 bit
        Its channel is output as products; it is in its channel's last pass; X is output after this pass.
    whole : 1 bit
        Its pass computes the last joints of its words.
    row : index of the pass within its channel, times V
    """

    take: Signal
    begin: Signal
    end: Signal
    kept: Signal
    last_pass: Signal
    copy: Signal
    whole: Signal
    row: Signal


class GraphUnit(wiring.Component):
    """Sparse matrix product with the graphs, requantised to int8.

    ``z[k][w] = clamp((sum_v x[v] * G[k][v][w] + 2**(shift-1)) >> shift, -128, 127)``, or 0 where its magnitude is at
    most ``threshold``; x is the channel whose tokens come in (``docs/numbers.md``). Each token meets ``at_once * V``
    weights at once; the ``ceil(K / at_once)`` passes over a channel give the subsets in turn, the last pass the
    remaining ones. With ``parts`` above 1 a token meets ``ceil(V / parts)`` weights, and each subset takes ``parts``
    passes, whose results are put together at the output. A channel that is only copied has one pass; copies have no
    dead zone.

    Throughput: one token a cycle. A pass gives ``at_once`` words or what is left (one more with ``copy``), which leave
    one a cycle during the next passes, so that a row takes ``sum over passes of max(tokens, words of the pass before)``
    cycles: :meth:`GraphConfig.cycles`.
    Latency: ``LATENCY`` cycles from the last token of a pass to its first word.
    Stall: the arithmetic never stops; the last token of a pass is taken only when the output queue has room for the
    words of the pass.
    DSP: ``ceil(outputs / 2)`` packed MACs for ``outputs = at_once * ceil(V / parts)``. Storage: graph ROM of
    ``passes * V`` words of ``8 * outputs`` bits; queue of ``LATENCY + 3 * max_pass_entries + ahead`` words of ``8 * V``
    bits in LUT RAM; ``outputs`` accumulators (and twice X, when some channel is copied) in flip-flops.

    Parameters
    ----------
    cfg : GraphConfig

    Members
    -------
    i : In(stream of :func:`pass_layout`)
        Passes over the needed channels, in order, row after row.
    o : Out(stream, V x signed(8))
        Entries of a row: per needed channel z[0] .. z[K-1] when kept, then X when copied.
    """

    LATENCY = LATENCY

    def __init__(self, cfg: GraphConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(pass_layout(cfg.joints))),
            "o": Out(stream.Signature(data.ArrayLayout(signed(8), cfg.joints))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = Queue(self.o.payload.shape(), self.cfg.queue_words)
        connect(m, queue.o, wiring.flipped(self.o))
        taken = self._take(m, queue)
        weights = self._weights(m, taken)
        # Cycles without a token add 0 to the sums, so that the MACs need no enable.
        x = Signal(signed(8))
        m.d.comb += x.eq(Mux(taken.take, self.i.payload.value, 0))
        sums = self._multiply(m, platform, taken, x, weights)
        self._output(m, queue, taken, x, sums)
        return m

    def _take(self, m, queue):
        """Take tokens and count passes; hold back a last token until there is room for its pass."""
        cfg, i = self.cfg, self.i
        channels = len(cfg.kept)

        # Which pass over which channel the token belongs to.
        channel = Signal(range(max(2, channels)))
        this_pass = Signal(range(max(2, cfg.passes)))
        row = Signal(range(cfg.passes * cfg.joints + 1))
        begin = Signal(init=1)
        kept = Signal()
        copy = Signal()
        channel_end = Signal()
        last_pass = Signal()
        whole, begin_part = self._count_parts(m, channel_end) if cfg.parts > 1 else (Const(1), [])
        words = Signal(range(cfg.max_pass_entries + 1))
        m.d.comb += [
            kept.eq(Array(map(int, cfg.kept))[channel]),
            last_pass.eq(this_pass == cfg.passes - 1),
            channel_end.eq(~kept | last_pass),
            copy.eq(Array(map(int, cfg.copy))[channel] & channel_end),
            words.eq(Mux(kept & whole if cfg.parts > 1 else kept, Mux(last_pass, cfg.last_subsets, cfg.at_once), 0)
                     + copy),
        ]

        # A pass may end when its words have room in the queue and the holding registers will be free for them.
        space = Signal(range(queue.depth + 1), init=queue.depth)
        gap = Signal(range(cfg.max_pass_entries))
        take = Signal()
        end = Signal()
        m.d.comb += [
            i.ready.eq(~i.payload.last | ((gap == 0) & (space >= 2 * cfg.max_pass_entries))),
            take.eq(i.valid & i.ready),
            end.eq(take & i.payload.last),
        ]
        # The words of a pass are subtracted a cycle late, off the critical path of `ready`; another pass of as many
        # may have ended meanwhile, hence twice the room above.
        spent = Signal.like(words)
        m.d.sync += [spent.eq(Mux(end, words, 0)), space.eq(space - spent + (queue.o.valid & queue.o.ready))]
        with m.If(take):
            m.d.sync += begin.eq(i.payload.last)
        with m.If(end):
            # A part of a word leaves in one cycle as well, though it is none.
            m.d.sync += [gap.eq(words - 1 if cfg.parts == 1 else words > 1), this_pass.eq(this_pass + 1),
                         row.eq(row + cfg.joints)]
            with m.If(channel_end):
                m.d.sync += [this_pass.eq(0), row.eq(0), channel.eq(Mux(channel == channels - 1, 0, channel + 1))]
            m.d.sync += begin_part
        with m.Elif(gap != 0):
            m.d.sync += gap.eq(gap - 1)
        return _Taken(take=take, begin=begin, end=end, kept=kept, last_pass=last_pass, copy=copy, whole=whole, row=row)

    def _count_parts(self, m, channel_end):
        """Whether a pass computes the last joints of its word, and what ends a pass does to that."""
        part = Signal(range(self.cfg.parts))
        whole = Signal()
        m.d.comb += whole.eq(part == self.cfg.parts - 1)
        return whole, [part.eq(Mux(whole | channel_end, 0, part + 1))]

    def _weights(self, m, taken):
        """Weights of the token, ``ROM_LATENCY`` cycles later; the address has a register, as its sum comes late."""
        m.submodules.graph = rom = Rom(8 * self.cfg.outputs,
                                       [int.from_bytes(word.tobytes(), "little") for word in self.cfg.words],
                                       latency=ROM_LATENCY - 1, name="graph", holds="adjacency of the joints")
        address = Signal.like(rom.addr, reset_less=True)
        m.d.sync += address.eq(taken.row + self.i.payload.joint)
        m.d.comb += rom.addr.eq(address)
        return rom.data

    def _multiply(self, m, platform, taken, x, weights):
        """The packed MACs: one sum for each (subset, joint) of the pass."""
        cfg = self.cfg
        x_rom = delayed(m, x, ROM_LATENCY, name="x")
        first_rom = delayed(m, taken.take & taken.begin, ROM_LATENCY, name="first", reset_less=False)
        sums = []
        for pair in range(cfg.macs):
            mac = PackedMac(PackedMacConfig(acc_width=cfg.acc_width, form=cfg.mac))
            m.submodules[f"mac{pair}"] = mac_ports = shared(platform, mac)
            m.d.comb += [mac_ports.x.eq(x_rom), mac_ports.first.eq(first_rom)]
            for n in range(2 * pair, min(2 * pair + 2, cfg.outputs)):
                m.d.comb += mac_ports.w[n % 2].eq(weights.word_select(n, 8).as_signed())
            sums += mac.unpack(mac_ports.raw)
        return sums

    def _output(self, m, queue, taken, x, sums):
        """Capture the sums of a finished pass; they leave one subset a cycle, then X, while the next pass is summed."""
        cfg = self.cfg
        capture = delayed(m, taken.end, MAC_DELAY, name="capture", reset_less=False)
        with_subsets = delayed(m, taken.kept, MAC_DELAY, name="kept")
        of_last = delayed(m, taken.last_pass, MAC_DELAY, name="of_last")
        with_copy = delayed(m, taken.copy, MAC_DELAY, name="copy")
        held = [Signal(signed(cfg.acc_width), name=f"held{n}", reset_less=True) for n in range(cfg.outputs)]
        leaving = Signal()
        index = Signal(range(cfg.at_once + 1))
        final = Signal(range(cfg.at_once + 1))
        with m.If(leaving):
            m.d.sync += [index.eq(index + 1), leaving.eq(index != final)]
        with m.If(capture):
            m.d.sync += [
                leaving.eq(1),
                final.eq(cfg.at_once - 1 + with_copy),
                index.eq(Mux(with_subsets, Mux(of_last, cfg.at_once - cfg.last_subsets, 0), cfg.at_once)),
            ]
            m.d.sync += [held[n].eq(sums[n]) for n in range(cfg.outputs)]

        x_held = self._gather_x(m, taken, x, capture) if any(cfg.copy) else None
        entry = Signal(self.o.payload.shape(), reset_less=True)
        entry_valid = Signal()
        m.d.comb += [queue.i.payload.eq(entry), queue.i.valid.eq(entry_valid)]
        values = []
        for w in range(cfg.width):
            acc = Array(held[k * cfg.width + w] for k in range(cfg.at_once))[index] if cfg.at_once > 1 else held[w]
            rounded = Signal(signed(max(9, cfg.acc_width + 1 - cfg.shift)), name=f"rounded{w}")
            m.d.comb += rounded.eq((acc + (1 << cfg.shift - 1)) >> cfg.shift)
            values.append(saturate(rounded, cfg.threshold))
        if cfg.parts > 1:
            self._join(m, taken, capture, leaving, index, values, x_held, entry, entry_valid)
            return
        m.d.sync += entry_valid.eq(leaving)
        for w, value in enumerate(values):
            m.d.sync += entry[w].eq(Mux(index == cfg.at_once, x_held[w], value) if x_held else value)

    def _join(self, m, taken, capture, leaving, index, values, x_held, entry, entry_valid):
        """Put the parts of a word together: each moves those before it down, and the last one makes the word valid."""
        cfg = self.cfg
        whole = delayed(m, taken.whole, MAC_DELAY, name="whole")
        ends_word = Signal(reset_less=True)
        with m.If(capture):
            m.d.sync += ends_word.eq(whole)
        is_x = index == cfg.at_once
        m.d.sync += entry_valid.eq(leaving & (ends_word | is_x))
        # Joints beyond V are of a last part alone, but the first parts pass through their places.
        beyond = [Signal(signed(8), name=f"beyond{n}", reset_less=True)
                  for n in range(cfg.parts * cfg.width - cfg.joints)]
        places = [*(entry[w] for w in range(cfg.joints)), *beyond]
        with m.If(leaving):
            for w, (place, value) in enumerate(zip(places, [*places[cfg.width:], *values])):
                m.d.sync += place.eq(Mux(is_x, x_held[w], value) if x_held and w < cfg.joints else value)

    def _gather_x(self, m, taken, x, capture):
        """X of the pass whose sums are held. A byte is written by its token and cleared by the first one of another
        pass; all of it one cycle ahead of the sums, so that it is whole when they are."""
        joint = delayed(m, self.i.payload.joint, MAC_DELAY - 1, name="joint")
        value = delayed(m, x, MAC_DELAY - 1, name="x_value")
        arrives = delayed(m, taken.take, MAC_DELAY - 1, name="taken", reset_less=False)
        first = delayed(m, taken.begin, MAC_DELAY - 1, name="begin")
        x_held = []
        for v in range(self.cfg.joints):
            so_far, held = (Signal(signed(8), name=f"x_{name}{v}", reset_less=True) for name in ("so_far", "held"))
            with m.If(arrives):
                with m.If(joint == v):
                    m.d.sync += so_far.eq(value)
                with m.Elif(first):
                    m.d.sync += so_far.eq(0)
            with m.If(capture):
                m.d.sync += held.eq(so_far)
            x_held.append(held)
        return x_held
