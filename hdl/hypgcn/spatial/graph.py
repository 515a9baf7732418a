"""Graph product of one row, channel by channel: the non-zero joints of a channel times their rows of the graphs."""

from dataclasses import dataclass, field

import numpy as np
from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import PackedMac, PackedMacConfig
from ..arith.bits import saturate
from ..arith.delay import delayed
from ..design.checks import check_choice, check_limit, check_range, check_tensor
from ..design.limits import ACC_WIDTH, GRAPH_SHIFT, JOINTS, MAC_FORMS, SUBSETS, THRESHOLD, WEIGHT
from ..emission.shared import shared
from ..mem import Rom
from ..stream import Queue, connect
from .frame_buffer import pass_layout

__all__ = ["GraphConfig", "GraphUnit"]


@dataclass(frozen=True, kw_only=True, eq=False)
class GraphConfig:
    """Parameters of a graph unit.

    Parameters
    ----------
    joints : int, 1..64
        Joints V.
    subsets : int, 1..8
        Subsets K, each with a graph of its own.
    at_once : int, 1..K
        Subsets that one pass over the tokens of a channel computes.
    graph : int8 (K, V, V)
        Weights G[k][v][w] from joint v to joint w, -127..127.
    shift : int, 1..15
        Bits by which the sums are shifted right.
    acc_width : int, 9..27
        Bits of a sum.
    threshold : int, 0..127
        Dead zone: results up to this magnitude become 0.
    kept : tuple of bool
        Per needed channel, whether its products with the graphs are output.
    copy : tuple of bool
        Per needed channel, whether X itself is output; for every channel at least one of the two.
    mac : str
        Form of the packed MACs.
    ahead : int
        Further words that wait at the output, while those of another unit leave.
    """

    joints: int
    subsets: int
    at_once: int
    graph: np.ndarray = field(repr=False)
    shift: int
    acc_width: int
    threshold: int = 0
    kept: tuple[bool, ...]
    copy: tuple[bool, ...]
    mac: str = "dsp48e2"
    ahead: int = 0

    def __post_init__(self):
        check_limit("joints", self.joints, JOINTS)
        check_limit("subsets", self.subsets, SUBSETS)
        check_range("at_once", self.at_once, 1, self.subsets)
        check_tensor("graph", self.graph, (self.subsets, self.joints, self.joints), np.int8, WEIGHT.low, WEIGHT.high)
        check_limit("shift", self.shift, GRAPH_SHIFT)
        check_limit("acc_width", self.acc_width, ACC_WIDTH)
        check_limit("threshold", self.threshold, THRESHOLD)
        check_choice("mac", self.mac, MAC_FORMS)
        if not self.kept or len(self.kept) != len(self.copy):
            raise ValueError("kept and copy must hold one value per channel, "
                             f"not {len(self.kept)} and {len(self.copy)}")
        if not all(kept or copy for kept, copy in zip(self.kept, self.copy)):
            raise ValueError("kept or copy must be set for every channel of the list")

    @property
    def passes(self) -> int:
        """Passes over the tokens of a channel that is kept."""
        return -(-self.subsets // self.at_once)

    @property
    def last_subsets(self) -> int:
        """Subsets of the last of these passes; the others have ``at_once``."""
        return self.subsets - (self.passes - 1) * self.at_once

    @property
    def repeats(self) -> tuple[int, ...]:
        """Passes over the tokens of each channel."""
        return tuple(self.passes if kept else 1 for kept in self.kept)

    @property
    def words(self) -> np.ndarray:
        """ROM contents int8 (passes * V, at_once * V): at (pass, v) the weights of all outputs (k, w) of that pass. A
        last pass of fewer subsets has them in the last places."""
        missing = self.at_once - self.last_subsets
        begin = self.subsets - self.last_subsets
        empty = np.zeros((missing, self.joints, self.joints), np.int8)
        places = np.concatenate([self.graph[:begin], empty, self.graph[begin:]])
        places = places.reshape(self.passes, self.at_once, self.joints, self.joints)
        return np.ascontiguousarray(places.transpose(0, 2, 1, 3)).reshape(-1, self.at_once * self.joints)

    @property
    def entries(self) -> int:
        """Words of ``o`` per row."""
        return self.subsets * sum(map(bool, self.kept)) + sum(map(bool, self.copy))

    @property
    def max_pass_entries(self) -> int:
        """Words of ``o`` that one pass can give at most."""
        return max(max(self.at_once * (self.passes > 1), self.last_subsets + bool(copy)) if kept else 1
                   for kept, copy in zip(self.kept, self.copy))

    @property
    def queue_words(self) -> int:
        """Words of the output queue: for those in flight, for three passes, one of which is not counted yet, and
        ``ahead``."""
        return GraphUnit.LATENCY + 3 * self.max_pass_entries + self.ahead

    @property
    def macs(self) -> int:
        """Number of packed MACs."""
        return -(-self.at_once * self.joints // 2)

    def cycles(self, counts) -> float:
        """Cycles per row with ``counts[channel]`` non-zeros; an estimate when these are means.

        A pass takes its tokens, but at least as long as the words of the pass before it need to leave.
        """
        total = 0
        words = self.last_subsets * bool(self.kept[-1]) + bool(self.copy[-1])
        for kept, copy, passes, count in zip(self.kept, self.copy, self.repeats, counts):
            for index in range(passes):
                total += max(1, count, words)
                last = index == passes - 1
                words = bool(kept) * (self.last_subsets if last else self.at_once) + (bool(copy) and last)
        return total


@dataclass(frozen=True, kw_only=True)
class _Taken:
    """The token that is taken in this cycle.

    Attributes
    ----------
    take, begin, end : 1 bit
        A token is taken; it is, or the next one will be, the first of its pass; it is the last of its pass.
    kept, last_pass, copy : 1 bit
        Its channel is output as products; it is in its channel's last pass; X is output after this pass.
    row : index of the pass within its channel, times V
    """

    take: Signal
    begin: Signal
    end: Signal
    kept: Signal
    last_pass: Signal
    copy: Signal
    row: Signal


class GraphUnit(wiring.Component):
    """Sparse matrix product with the graphs, requantised to int8.

    ``z[k][w] = clamp((sum_v x[v] * G[k][v][w] + 2**(shift-1)) >> shift, -128, 127)``, or 0 where its magnitude is at
    most ``threshold``; x is the channel whose tokens come in (``docs/numbers.md``). Each token meets ``at_once * V``
    weights at once; the ``ceil(K / at_once)`` passes over a channel give the subsets in turn, the last pass the
    remaining ones. A channel that is only copied has one pass; copies have no dead zone.

    Throughput: one token a cycle. A pass gives ``at_once`` words or what is left (one more with ``copy``), which leave
    one a cycle during the next passes, so that a row takes ``sum over passes of max(tokens, words of the pass before)``
    cycles: :meth:`GraphConfig.cycles`.
    Latency: ``LATENCY`` cycles from the last token of a pass to its first word.
    Stall: the arithmetic never stops; the last token of a pass is taken only when the output queue has room for the
    words of the pass.
    DSP: ``ceil(at_once * V / 2)`` packed MACs. Storage: graph ROM of ``ceil(K / at_once) * V`` words of
    ``8 * at_once * V`` bits; queue of ``LATENCY + 3 * max_pass_entries + ahead`` words of ``8 * V`` bits in LUT RAM;
    ``at_once * V`` accumulators (and twice X, when some channel is copied) in flip-flops.

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

    ROM_LATENCY = 1 + 2
    """Cycles from a token to its weights: a register for the address, and the ROM."""
    MAC_DELAY = ROM_LATENCY + PackedMac.LATENCY
    """Cycles from a token to the sums that contain it."""
    LATENCY = MAC_DELAY + 2 + Queue.LATENCY
    """Cycles from the last token of a pass to its first word, when the queue is empty."""

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
        words = Signal(range(cfg.max_pass_entries + 1))
        m.d.comb += [
            kept.eq(Array(map(int, cfg.kept))[channel]),
            last_pass.eq(this_pass == cfg.passes - 1),
            channel_end.eq(~kept | last_pass),
            copy.eq(Array(map(int, cfg.copy))[channel] & channel_end),
            words.eq(Mux(kept, Mux(last_pass, cfg.last_subsets, cfg.at_once), 0) + copy),
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
            m.d.sync += [gap.eq(words - 1), this_pass.eq(this_pass + 1), row.eq(row + cfg.joints)]
            with m.If(channel_end):
                m.d.sync += [this_pass.eq(0), row.eq(0), channel.eq(Mux(channel == channels - 1, 0, channel + 1))]
        with m.Elif(gap != 0):
            m.d.sync += gap.eq(gap - 1)
        return _Taken(take=take, begin=begin, end=end, kept=kept, last_pass=last_pass, copy=copy, row=row)

    def _weights(self, m, taken):
        """Weights of the token, ``ROM_LATENCY`` cycles later; the address has a register, as its sum comes late."""
        outputs = self.cfg.at_once * self.cfg.joints
        m.submodules.graph = rom = Rom(8 * outputs,
                                       [int.from_bytes(word.tobytes(), "little") for word in self.cfg.words],
                                       latency=self.ROM_LATENCY - 1, name="graph", holds="adjacency of the joints")
        address = Signal.like(rom.addr, reset_less=True)
        m.d.sync += address.eq(taken.row + self.i.payload.joint)
        m.d.comb += rom.addr.eq(address)
        return rom.data

    def _multiply(self, m, platform, taken, x, weights):
        """The packed MACs: one sum for each (subset of the pass, joint)."""
        cfg = self.cfg
        outputs = cfg.at_once * cfg.joints
        x_rom = delayed(m, x, self.ROM_LATENCY, name="x")
        first_rom = delayed(m, taken.take & taken.begin, self.ROM_LATENCY, name="first", reset_less=False)
        sums = []
        for pair in range(cfg.macs):
            mac = PackedMac(PackedMacConfig(acc_width=cfg.acc_width, form=cfg.mac))
            m.submodules[f"mac{pair}"] = mac_ports = shared(platform, mac)
            m.d.comb += [mac_ports.x.eq(x_rom), mac_ports.first.eq(first_rom)]
            for n in range(2 * pair, min(2 * pair + 2, outputs)):
                m.d.comb += mac_ports.w[n % 2].eq(weights.word_select(n, 8).as_signed())
            sums += mac.unpack(mac_ports.raw)
        return sums

    def _output(self, m, queue, taken, x, sums):
        """Capture the sums of a finished pass; they leave one subset a cycle, then X, while the next pass is summed."""
        cfg = self.cfg
        outputs = cfg.at_once * cfg.joints
        capture = delayed(m, taken.end, self.MAC_DELAY, name="capture", reset_less=False)
        with_subsets = delayed(m, taken.kept, self.MAC_DELAY, name="kept")
        of_last = delayed(m, taken.last_pass, self.MAC_DELAY, name="of_last")
        with_copy = delayed(m, taken.copy, self.MAC_DELAY, name="copy")
        held = [Signal(signed(cfg.acc_width), name=f"held{n}", reset_less=True) for n in range(outputs)]
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
            m.d.sync += [held[n].eq(sums[n]) for n in range(outputs)]

        x_held = self._gather_x(m, taken, x, capture) if any(cfg.copy) else None
        entry = Signal(self.o.payload.shape(), reset_less=True)
        entry_valid = Signal()
        m.d.sync += entry_valid.eq(leaving)
        for w in range(cfg.joints):
            acc = Array(held[k * cfg.joints + w] for k in range(cfg.at_once))[index] if cfg.at_once > 1 else held[w]
            rounded = Signal(signed(max(9, cfg.acc_width + 1 - cfg.shift)), name=f"rounded{w}")
            m.d.comb += rounded.eq((acc + (1 << cfg.shift - 1)) >> cfg.shift)
            value = saturate(rounded, cfg.threshold)
            m.d.sync += entry[w].eq(Mux(index == cfg.at_once, x_held[w], value) if x_held else value)
        m.d.comb += [queue.i.payload.eq(entry), queue.i.valid.eq(entry_valid)]

    def _gather_x(self, m, taken, x, capture):
        """X of the pass whose sums are held, put together from its tokens as they reach the sums."""
        joint = delayed(m, self.i.payload.joint, self.MAC_DELAY, name="joint")
        value = delayed(m, x, self.MAC_DELAY, name="x_value")
        arrives = delayed(m, taken.take, self.MAC_DELAY, name="taken", reset_less=False)
        first = delayed(m, taken.begin, self.MAC_DELAY, name="begin")
        x_held = []
        for v in range(self.cfg.joints):
            now, so_far, held = (Signal(signed(8), name=f"x_{name}{v}", reset_less=True)
                                 for name in ("now", "so_far", "held"))
            m.d.comb += now.eq(Mux(joint == v, value, Mux(first, 0, so_far)))
            with m.If(arrives):
                m.d.sync += so_far.eq(now)
            with m.If(capture):
                m.d.sync += held.eq(now)
            x_held.append(held)
        return x_held
