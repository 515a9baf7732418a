"""Lane: one sparse dot product at a time, for many output channels in parallel."""

from dataclasses import dataclass

import numpy as np
from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith import PackedDot, PackedMac, PackedMacConfig
from ..arith.delay import delayed
from ..design import BANK
from ..design.checks import check_int, check_limit
from ..design.limits import LANE_DEPTH
from ..emission.shared import shared
from ..mem import Rom
from ..rfc import RfcDecoder
from ..stream import Queue, Skid, connect
from ..stream.activity import state_layout, state_of
from ..stream.layouts import row_request_layout, row_response_layout
from .address_generator import ReadAddressGenerator, job_layout
from .schedule import LaneSchedule

__all__ = ["Lane", "LaneConfig"]


@dataclass(frozen=True, kw_only=True)
class LaneConfig:
    """Parameters of a lane.

    Parameters
    ----------
    schedule : LaneSchedule
        Passes and weights.
    joints : int, at least 1
        Joints V of a row.
    h_rows : int, at least the kernel
        Row slots of the store of features.
    h_banks : int, at least 1
        Banks of the store of features.
    x_rows : int, at least 1
        Row slots of the X store.
    x_banks : int, at least 1
        Banks of the X store.
    acc_width : int, 9..27
        Bits of a sum.
    mac : str
        Form of the packed MACs.
    depth : 1 or 2
        Non-zeros of a vector that it multiplies in a cycle.
    fetches : int, at least 2
        Announced reads in the queue; two more are in a register slice, see ``answers``.
    counters : bool
        With the port ``state``.
    """

    schedule: LaneSchedule
    joints: int
    h_rows: int
    h_banks: int
    x_rows: int
    x_banks: int
    acc_width: int
    mac: str = "dsp48e2"
    depth: int = 1
    fetches: int = 8
    counters: bool = False

    def __post_init__(self):
        if self.h_rows < self.schedule.kernel:
            raise ValueError(f"h_rows must be at least the kernel, {self.schedule.kernel}, not {self.h_rows!r}")
        check_limit("depth", self.depth, LANE_DEPTH)
        for name, low in (("joints", 1), ("h_banks", 1), ("x_rows", 1), ("x_banks", 1), ("fetches", 2)):
            check_int(name, getattr(self, name), low)

    @staticmethod
    def min_cycles(entries, depth: int = 1):
        """Least cycles of a job, however few its non-zeros.

        Parameters
        ----------
        entries : int or array
            Entries of its pass.
        depth : 1 or 2
            Non-zeros a cycle.

        Returns
        -------
        int or array
            Cycles, for the estimate.
        """
        # Two results may be in flight or wait.
        return np.maximum(entries, max(ReadAddressGenerator.JOB_CYCLES, -(-Lane.latency(depth) // Lane.RESULTS)))

    @staticmethod
    def fetches_of(kernel: int) -> int:
        """Vectors in flight of a lane in a unit with ``kernel`` taps.

        Vectors of Z have one or two tokens each: as many as a read takes cycles must be in flight, or the lane waits
        for them. Those of H have more. There a deeper queue would only give a lane jobs earlier, before it is known
        which of them are long.
        """
        return 14 if kernel == 1 else 7

    @staticmethod
    def answers(fetches: int) -> int:
        """Vectors in flight or waiting, for which each FIFO of responses has a place: one for each of the ``fetches``
        announcements in the queue, and for those in the register slice behind it."""
        return fetches + Skid.PLACES

    @staticmethod
    def weights_style(lane_pairs: int, entries: int) -> str:
        """RAM style of the weight memory: block RAM beyond 16 kbit, since as logic it takes a LUT per 55 bits in every
        lane."""
        return "block" if 16 * lane_pairs * BANK * entries > 1 << 14 else "auto"

    @property
    def job_layout(self) -> data.StructLayout:
        """Payload of jobs."""
        return job_layout(self.h_rows, self.x_rows, self.schedule.kernel, self.joints, len(self.schedule.passes))

    @property
    def h_request(self) -> data.StructLayout:
        """Payload of reads of features."""
        return row_request_layout(self.h_rows, self.joints, self.h_banks, 0)

    @property
    def x_request(self) -> data.StructLayout:
        """Payload of reads of X."""
        return row_request_layout(self.x_rows, self.joints, self.x_banks, 0)

    @property
    def mac_config(self) -> PackedMacConfig:
        """Parameters of each of the ``lane_pairs`` packed MACs, chains of ``depth``."""
        return PackedMacConfig(acc_width=self.acc_width, form=self.mac, depth=self.depth)

    @property
    def sums(self) -> data.ArrayLayout:
        """Payload of results: the raw sums of each packed MAC, see ``PackedMac.unpack``."""
        return data.ArrayLayout(unsigned(self.mac_config.raw_width), self.schedule.lane_pairs)


class Lane(wiring.Component):
    """``2 * lane_pairs`` sums of products of one (frame, joint), over the non-zero values of the vectors of a pass.

    ``sum[s] = sum over entries e of the job's pass, over non-zeros (c, x) of the vector of e: weight[e, c, s] * x``;
    entries with taps outside ``tap_low..tap_high`` are skipped.

    Reads are prefetched: up to ``LaneConfig.answers`` vectors are in flight or waiting while earlier ones are
    multiplied, across jobs. Vectors without non-zeros are dropped in front of the decoder, except for the last of a
    pass.

    Throughput, when the stores respond within ``5 * (fetches + 1)`` cycles for vectors of 5 tokens: a job takes
    ``max(tokens, LaneConfig.min_cycles(entries))`` cycles. A token is a non-zero; of ``depth`` 2, two of a vector, or
    the last one of an odd number. Latency: ``latency(depth)`` cycles from the last token of a pass to ``o``.
    ``RESULTS`` results may be in flight to ``o`` or wait, one there and one in front of it, while the next pass is
    summed; the last token of that pass stalls until the cycle after ``o`` is taken.

    All lanes of a unit are the same module. Cost: ``depth * lane_pairs`` packed MACs and ``depth`` memories of
    ``entries * BANK * 16 * lane_pairs`` bits of weights; for either depth one read-address generator, and ``2 *
    lane_pairs`` raw sums, a vector and two announced reads in registers; ``fetches + 2`` vectors in LUT RAM, twice that
    if it reads X.

    Parameters
    ----------
    cfg : LaneConfig

    Members
    -------
    job : In(stream of :func:`job_layout`)
        Jobs; each is taken in the cycle after its first entry is looked up.
    h_req : Out(stream of :func:`row_request_layout`)
        Reads of the store of features.
    h_rsp : In(stream of :func:`row_response_layout`)
        Responses of the store of features, always taken at once.
    x_req : Out(stream of :func:`row_request_layout`)
        Reads of the X store; only when the schedule reads X.
    x_rsp : In(stream of :func:`row_response_layout`)
        Responses of the X store, always taken at once; only when the schedule reads X.
    o : Out(stream of ``cfg.sums``)
        Raw sums, in the order of the jobs.
    state : Out(state)
        Busy with a token, starved of tokens, or blocked by ``o``; only with ``cfg.counters``.
    """

    WEIGHT_LATENCY = 2
    RESULTS = 2

    @staticmethod
    def latency(depth: int = 1) -> int:
        """Cycles from the last token of a pass to ``o``: each place of a chain is a cycle behind the one before it."""
        return Lane.WEIGHT_LATENCY + PackedMac.LATENCY + depth + 1

    def __init__(self, cfg: LaneConfig):
        self.cfg = cfg
        members = {
            "job": In(stream.Signature(cfg.job_layout)),
            "h_req": Out(stream.Signature(cfg.h_request)),
            "h_rsp": In(stream.Signature(row_response_layout(0))),
            "o": Out(stream.Signature(cfg.sums)),
        }
        if cfg.schedule.reads_x:
            members["x_req"] = Out(stream.Signature(cfg.x_request))
            members["x_rsp"] = In(stream.Signature(row_response_layout(0)))
        if cfg.counters:
            members["state"] = Out(state_layout())
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        self._sum(m, platform, self._tokens(m))
        return m

    def _tokens(self, m):
        """Fetch the vectors of jobs and decode them; the stream of tokens."""
        cfg = self.cfg
        m.submodules.vector_addresses = addresses = ReadAddressGenerator(cfg)
        connect(m, wiring.flipped(self.job), addresses.job)

        # An announcement leaves its queue together with its vector: the queue bounds the vectors in flight.
        m.submodules.fetches = fetches = Queue(addresses.o.payload.shape(), cfg.fetches)
        connect(m, addresses.o, fetches.i)
        # What is done with an answer begins in a register, not in the queue's LUT RAM.
        m.submodules.slice = skid = Skid(addresses.o.payload.shape())
        connect(m, fetches.o, skid.i)
        announced, fetch = skid.o, skid.o.payload
        connect(m, addresses.h_req, wiring.flipped(self.h_req))
        # Every response has its place here: readers share a store, and one must never wait for another. So no ready,
        # which comes late in a cycle, leaves the lane.
        queues = []
        if cfg.schedule.reads_x:
            connect(m, addresses.x_req, wiring.flipped(self.x_req))
        for name, port in (("answers", self.h_rsp), ("x_answers", self.x_rsp if cfg.schedule.reads_x else None)):
            if port is not None:
                m.submodules[name] = queue = Queue(port.payload.shape(), cfg.answers(cfg.fetches))
                connect(m, wiring.flipped(port), queue.i)
                queues.append(queue.o)
        h, x = queues[0], queues[-1]

        meta = data.StructLayout({"entry": fetch.entry.shape(), "last": 1})
        m.submodules.decoder = decoder = RfcDecoder(meta, cfg.depth)
        # The next vector waits in a register in front of the decoder, whose ready ends there and at the queues.
        room = Signal()
        arrived = Signal()
        take = Signal()
        drop = Signal()
        m.d.comb += [
            room.eq(~decoder.i.valid | decoder.i.ready),
            arrived.eq(announced.valid & (fetch.null | Mux(fetch.from_x, x.valid, h.valid))),
            drop.eq(~fetch.last & Mux(fetch.from_x, x.payload.empty, h.payload.empty)),
            take.eq(arrived & (drop | room)),
            announced.ready.eq(take),
            h.ready.eq(take & ~fetch.null & ~fetch.from_x),
        ]
        if cfg.schedule.reads_x:
            m.d.comb += x.ready.eq(take & fetch.from_x)
        vector = Mux(fetch.from_x, x.payload.vector.as_value(), h.payload.vector.as_value())
        with m.If(room):
            m.d.sync += [
                decoder.i.valid.eq(arrived & ~drop),
                decoder.i.payload.vector.eq(vector),
                decoder.i.payload.meta.entry.eq(fetch.entry),
                decoder.i.payload.meta.last.eq(fetch.last),
                decoder.nothing.eq(fetch.null),
            ]
        return decoder.o

    def _sum(self, m, platform, tokens):
        """Multiply and accumulate the tokens; capture the sums of a pass."""
        cfg, schedule = self.cfg, self.cfg.schedule
        token = tokens.payload

        # At most ``RESULTS`` finished passes between here and ``o``: the MACs never stall and need no clock enable.
        finished = Signal(range(self.RESULTS + 1))
        closes = Signal()
        taken = Signal()
        go = Signal()
        m.d.comb += [
            closes.eq(token.last & token.meta.last),
            tokens.ready.eq(~closes | (finished != self.RESULTS)),
            go.eq(tokens.valid & tokens.ready),
            taken.eq(self.o.valid & self.o.ready),
        ]
        if cfg.counters:
            m.d.comb += self.state.eq(state_of(tokens))
        m.d.sync += finished.eq(finished + (go & closes) - taken)

        fresh = Signal(init=1)      # the next token is the first of its pass
        with m.If(go):
            m.d.sync += fresh.eq(closes)
        operands = [self._operand(m, token, go, place) for place in range(cfg.depth)]
        wait = self.WEIGHT_LATENCY + cfg.depth - 1
        first = delayed(m, go & fresh, wait, name="first", reset_less=False)
        done = delayed(m, go & closes, self.latency(cfg.depth) - 2, name="done", reset_less=False)

        # A result that waits in front of ``o`` costs registers, no logic, and lanes wait less for each other.
        held = Signal(cfg.sums, reset_less=True)
        held_valid = Signal()
        advance = ~self.o.valid | self.o.ready
        m.d.sync += held_valid.eq(done | (held_valid & ~advance))
        with m.If(advance):
            m.d.sync += [self.o.valid.eq(held_valid), self.o.payload.eq(held)]
        for pair in range(schedule.lane_pairs):
            mac = PackedMac(cfg.mac_config) if cfg.depth == 1 else PackedDot(cfg.mac_config)
            m.submodules[f"mac{pair}"] = shared(platform, mac)
            m.d.comb += [
                Value.cast(mac.x).eq(Cat(value for value, _ in operands)),
                mac.first.eq(first),
                Value.cast(mac.w).eq(Cat(word[16 * pair:16 * (pair + 1)] for _, word in operands)),
            ]
            with m.If(done):
                m.d.sync += held[pair].eq(mac.raw)
        return m

    def _operand(self, m, token, go, place):
        """(value, word of weights) of a place of the chains, which are a cycle behind those of the place before it.

        Each place reads a memory of its own: two ports of one memory are half as wide, and take as many block RAMs.
        """
        schedule = self.cfg.schedule
        suffix = "" if place == 0 else str(place)
        # A bubble is a product with zero: it changes no sum.
        channel, value = ((token.channel, token.value) if self.cfg.depth == 1 else
                          (token.channels[place], token["values"][place]))
        address = Cat(channel, token.meta.entry)
        if place:
            address = delayed(m, address, place, name=f"address{place}")
        style = LaneConfig.weights_style(schedule.lane_pairs, len(schedule.entries))
        m.submodules[f"weights{suffix}"] = weights = Rom(
            schedule.word_width, schedule.words, latency=self.WEIGHT_LATENCY, style=style, name="weights",
            holds="weights of the passes")
        m.d.comb += weights.addr.eq(address)
        return delayed(m, Mux(go, value, 0), self.WEIGHT_LATENCY + place, name=f"value{suffix}"), weights.data
