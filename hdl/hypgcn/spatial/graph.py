"""Graph product of one row, channel by channel: the non-zero joints of a channel times the rows of the graphs."""

from dataclasses import dataclass, field

import numpy as np
from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import PackedMac, PackedMacConfig
from ..arith.bits import saturate
from ..design.checks import check_choice, check_range, check_tensor
from ..design.folding import MAC_FORMS
from ..emission.shared import shared
from ..mem import Rom
from ..stream import Queue, connect
from .frame_buffer import walk_layout

__all__ = ["GraphConfig", "GraphUnit"]


@dataclass(frozen=True, kw_only=True, eq=False)
class GraphConfig:
    """Numbers that fix a graph unit.

    ``joints`` 1..64; ``subsets`` K 1..8, ``at_once`` 1..K; ``graph`` int8 (K, V, V); ``shift`` 1..15;
    ``acc_width`` 9..27; ``kept``, ``copy``: per channel of the list, whether its subsets and whether X itself are
    wanted (at least one of them); ``mac``: form of the packed MACs.
    """

    joints: int
    subsets: int
    at_once: int
    graph: np.ndarray = field(repr=False)
    shift: int
    acc_width: int
    kept: tuple[bool, ...]
    copy: tuple[bool, ...]
    mac: str = "dsp48e2"

    def __post_init__(self):
        check_range("joints", self.joints, 1, 64)
        check_range("subsets", self.subsets, 1, 8)
        check_range("at_once", self.at_once, 1, self.subsets)
        check_tensor("graph", self.graph, (self.subsets, self.joints, self.joints), np.int8, -127, 127)
        check_range("shift", self.shift, 1, 15)
        check_range("acc_width", self.acc_width, 9, 27)
        check_choice("mac", self.mac, MAC_FORMS)
        if not self.kept or len(self.kept) != len(self.copy):
            raise ValueError("kept and copy must hold one value per channel, "
                             f"not {len(self.kept)} and {len(self.copy)}")
        if not all(kept or copy for kept, copy in zip(self.kept, self.copy)):
            raise ValueError("kept or copy must be set for every channel of the list")

    @property
    def walks(self) -> int:
        """Walks of a channel that is kept."""
        return -(-self.subsets // self.at_once)

    @property
    def last_subsets(self) -> int:
        """Subsets of the last of these walks; the others have ``at_once``."""
        return self.subsets - (self.walks - 1) * self.at_once

    @property
    def repeats(self) -> tuple[int, ...]:
        """Walks of each channel."""
        return tuple(self.walks if kept else 1 for kept in self.kept)

    @property
    def words(self) -> np.ndarray:
        """ROM contents int8 (walks * V, at_once * V): at (walk, v) the weights of all outputs (k, w) of that walk. A
        last walk of fewer subsets has them in the last places."""
        missing = self.at_once - self.last_subsets
        begin = self.subsets - self.last_subsets
        empty = np.zeros((missing, self.joints, self.joints), np.int8)
        places = np.concatenate([self.graph[:begin], empty, self.graph[begin:]])
        places = places.reshape(self.walks, self.at_once, self.joints, self.joints)
        return np.ascontiguousarray(places.transpose(0, 2, 1, 3)).reshape(-1, self.at_once * self.joints)

    @property
    def entries(self) -> int:
        """Words of ``o`` per row."""
        return self.subsets * sum(map(bool, self.kept)) + sum(map(bool, self.copy))

    @property
    def most_entries(self) -> int:
        """Words of ``o`` that one walk can give."""
        return max(max(self.at_once * (self.walks > 1), self.last_subsets + bool(copy)) if kept else 1
                   for kept, copy in zip(self.kept, self.copy))

    @property
    def queue_words(self) -> int:
        """Room for entries: for those under way, and for three walks, of which one has not been counted yet."""
        return GraphUnit.LATENCY + 3 * self.most_entries

    @property
    def macs(self) -> int:
        """Packed MACs."""
        return -(-self.at_once * self.joints // 2)

    def cycles(self, counts) -> float:
        """Cycles per row with ``counts[channel]`` non-zeros, or about as many when these are means.

        A walk takes its tokens, but at least the words of the walk before it.
        """
        total = 0
        before = self.last_subsets * bool(self.kept[-1]) + bool(self.copy[-1])
        for kept, copy, walks, count in zip(self.kept, self.copy, self.repeats, counts):
            for walk in range(walks):
                total += max(1, count, before)
                last = walk == walks - 1
                before = bool(kept) * (self.last_subsets if last else self.at_once) + (bool(copy) and last)
        return total


class GraphUnit(wiring.Component):
    """Sparse matrix product with the graphs, requantised to int8.

    ``z[k][w] = clamp((sum_v x[v] * G[k][v][w] + 2**(shift-1)) >> shift, -128, 127)``, where x is the channel whose
    tokens are walked. Each token meets ``at_once * V`` weights at once; the ``ceil(K / at_once)`` walks of a channel
    give the subsets in turn, the last walk what is left of them. A channel that is only copied is walked once.

    Throughput: one token a cycle; a walk gives ``at_once`` words or what is left (one more with ``copy``), which
    leave while the next walks run, one a cycle, so that a row takes ``sum over walks of max(tokens, words of the walk
    before)`` cycles: :meth:`GraphConfig.cycles`.
    Latency: ``LATENCY`` cycles from a walk's last token to its first word.
    Stall: the arithmetic never stops; the last token of a walk is taken only when the output queue has room for the
    walk's words.
    DSP: ``ceil(at_once * V / 2)`` packed MACs. Storage: graph ROM of ``ceil(K / at_once) * V`` words of
    ``8 * at_once * V`` bits; queue of ``LATENCY + 3 * most_entries`` words of ``8 * V`` bits in LUT RAM;
    ``at_once * V`` accumulators (and twice X, when some channel is copied) in flip-flops.

    Parameters
    ----------
    cfg : GraphConfig

    Members
    -------
    i : In(stream of :func:`walk_layout`), the walks of the channels of the list, in order, row after row
    o : Out(stream, V x signed(8)), the entries of a row: per channel of the list z[0] .. z[K-1] when kept, then X
    when copied
    """

    ROM_LATENCY = 1 + 2
    """Cycles from a token to its weights: a register for the address, and the ROM."""
    MAC_DELAY = ROM_LATENCY + PackedMac.LATENCY
    """Cycles from a token to the sums that contain it."""
    LATENCY = MAC_DELAY + 2 + Queue.LATENCY
    """Cycles from a walk's last token to its first word, when the queue is empty."""

    def __init__(self, cfg: GraphConfig):
        self.cfg = cfg
        super().__init__({
            "i": In(stream.Signature(walk_layout(cfg.joints))),
            "o": Out(stream.Signature(data.ArrayLayout(signed(8), cfg.joints))),
        })

    def elaborate(self, platform):
        m = Module()
        cfg, i = self.cfg, self.i
        outputs = cfg.at_once * cfg.joints
        walks = cfg.walks
        channels = len(cfg.kept)
        m.submodules.queue = queue = Queue(self.o.payload.shape(), cfg.queue_words)
        connect(m, queue.o, wiring.flipped(self.o))

        # Which walk of which channel the token belongs to.
        channel = Signal(range(max(2, channels)))
        walk = Signal(range(max(2, walks)))
        row = Signal(range(walks * cfg.joints + 1))  # walk * V
        begin = Signal(init=1)
        kept, copy, channel_end = (Signal(name=name) for name in ("kept", "copy", "channel_end"))
        last_walk = Signal()
        words = Signal(range(cfg.most_entries + 1))
        m.d.comb += [
            kept.eq(Array(map(int, cfg.kept))[channel]),
            last_walk.eq(walk == walks - 1),
            channel_end.eq(~kept | last_walk),
            copy.eq(Array(map(int, cfg.copy))[channel] & channel_end),
            words.eq(Mux(kept, Mux(last_walk, cfg.last_subsets, cfg.at_once), 0) + copy),
        ]

        # A walk may end when its words have room in the queue and the holding registers will be free for them.
        space = Signal(range(queue.depth + 1), init=queue.depth)
        gap = Signal(range(cfg.most_entries))
        take, end = Signal(), Signal()
        m.d.comb += [
            i.ready.eq(~i.payload.last | ((gap == 0) & (space >= 2 * cfg.most_entries))),
            take.eq(i.valid & i.ready),
            end.eq(take & i.payload.last),
        ]
        # The words of a walk are taken off a cycle late, when another walk of as many may have ended.
        spent = Signal.like(words)
        m.d.sync += [spent.eq(Mux(end, words, 0)), space.eq(space - spent + (queue.o.valid & queue.o.ready))]
        with m.If(take):
            m.d.sync += begin.eq(i.payload.last)
        with m.If(end):
            m.d.sync += [gap.eq(words - 1), walk.eq(walk + 1), row.eq(row + cfg.joints)]
            with m.If(channel_end):
                m.d.sync += [walk.eq(0), row.eq(0), channel.eq(Mux(channel == channels - 1, 0, channel + 1))]
        with m.Elif(gap != 0):
            m.d.sync += gap.eq(gap - 1)

        m.submodules.graph = rom = Rom(8 * outputs, [int.from_bytes(word.tobytes(), "little") for word in cfg.words],
                                         latency=self.ROM_LATENCY - 1, name="graph")
        address = Signal.like(rom.addr, reset_less=True)
        m.d.sync += address.eq(row + i.payload.joint)
        m.d.comb += rom.addr.eq(address)

        def delayed(value, cycles, name, init=None):
            for stage in range(cycles):
                later = Signal.like(value, name=f"{name}_{stage}", reset_less=init is None)
                m.d.sync += later.eq(value)
                value = later
            return value

        x = Signal(signed(8))
        m.d.comb += x.eq(Mux(take, i.payload.value, 0))
        x_rom = delayed(x, self.ROM_LATENCY, "x")
        first_rom = delayed(take & begin, self.ROM_LATENCY, "first", init=0)
        sums = []
        for pair in range(cfg.macs):
            mac = PackedMac(PackedMacConfig(acc_width=cfg.acc_width, form=cfg.mac))
            m.submodules[f"mac{pair}"] = part = shared(platform, mac)
            m.d.comb += [part.x.eq(x_rom), part.first.eq(first_rom)]
            for n in range(2 * pair, min(2 * pair + 2, outputs)):
                m.d.comb += part.w[n % 2].eq(rom.data.word_select(n, 8).as_signed())
            sums += mac.unpack(part.raw)

        # The finished sums of a walk are held while they leave, one subset a cycle, then X.
        capture = delayed(end, self.MAC_DELAY, "capture", init=0)
        with_subsets = delayed(kept, self.MAC_DELAY, "kept")
        of_last = delayed(last_walk, self.MAC_DELAY, "of_last")
        with_copy = delayed(copy, self.MAC_DELAY, "copy")
        held = [Signal(signed(cfg.acc_width), name=f"held{n}", reset_less=True) for n in range(outputs)]
        leaving = Signal()
        index = Signal(range(cfg.at_once + 1))
        final = Signal(range(cfg.at_once + 1))
        with m.If(leaving):
            m.d.sync += [index.eq(index + 1), leaving.eq(index != final)]
        with m.If(capture):
            m.d.sync += [
                leaving.eq(1), final.eq(cfg.at_once - 1 + with_copy),
                index.eq(Mux(with_subsets, Mux(of_last, cfg.at_once - cfg.last_subsets, 0), cfg.at_once)),
            ]
            m.d.sync += [held[n].eq(sums[n]) for n in range(outputs)]

        x_held = self._gather_x(m, delayed, x, take, begin, capture) if any(cfg.copy) else None
        entry = Signal(self.o.payload.shape(), reset_less=True)
        entry_valid = Signal()
        m.d.sync += entry_valid.eq(leaving)
        for w in range(cfg.joints):
            acc = Array(held[k * cfg.joints + w] for k in range(cfg.at_once))[index] if cfg.at_once > 1 else held[w]
            rounded = Signal(signed(max(9, cfg.acc_width + 1 - cfg.shift)), name=f"rounded{w}")
            m.d.comb += rounded.eq((acc + (1 << cfg.shift - 1)) >> cfg.shift)
            value = saturate(rounded)
            m.d.sync += entry[w].eq(Mux(index == cfg.at_once, x_held[w], value) if x_held else value)
        m.d.comb += [queue.i.payload.eq(entry), queue.i.valid.eq(entry_valid)]
        return m

    def _gather_x(self, m, delayed, x, take, begin, capture):
        """X of the walk whose sums are held, put together from its tokens as they reach the sums."""
        joint, value = delayed(self.i.payload.joint, self.MAC_DELAY, "joint"), delayed(x, self.MAC_DELAY, "x_value")
        taken, first = delayed(take, self.MAC_DELAY, "taken", init=0), delayed(begin, self.MAC_DELAY, "begin")
        x_held = []
        for v in range(self.cfg.joints):
            now, so_far, held = (Signal(signed(8), name=f"x_{name}{v}", reset_less=True)
                                 for name in ("now", "so_far", "held"))
            m.d.comb += now.eq(Mux(joint == v, value, Mux(first, 0, so_far)))
            with m.If(taken):
                m.d.sync += so_far.eq(now)
            with m.If(capture):
                m.d.sync += held.eq(now)
            x_held.append(held)
        return x_held
