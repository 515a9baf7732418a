"""Read side of a row store."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import lowest_one, ones_below, stepped
from ..design import MINI_BANKS
from ..stream import Queue, Skid, connect
from ..stream.layouts import MINI, row_request_layout, row_response_layout, vector_layout
from .count import count_ones
from .store_config import RowStoreConfig

__all__ = ["StoreReader", "RoundRobin", "memory_read", "reader_ports"]


def reader_ports(cfg: RowStoreConfig) -> dict:
    """Members ``req0``, ``rsp0``, ... of a component that serves the readers of a row store."""
    ports = {}
    for k, tag in enumerate(cfg.tags):
        ports[f"req{k}"] = In(stream.Signature(row_request_layout(cfg.rows, cfg.joints, cfg.banks, tag)))
        ports[f"rsp{k}"] = Out(stream.Signature(row_response_layout(tag)))
    return ports


def memory_read(shape):
    """Signature of the read side of a memory of ``(width, depth)``, read every cycle."""
    width, depth = shape
    return wiring.Signature({"addr": Out(range(max(2, depth))), "data": In(width)})


class RoundRobin(wiring.Component):
    """Choose one of several requests a cycle: the next after the one that was chosen last.

    ``grant`` is combinational of ``ask`` and the last choice. Storage: ``count`` flip-flops.

    Parameters
    ----------
    count : of requesters, at least 1

    Members
    -------
    ask : In(count)
    grant : Out(count), one-hot, a subset of ``ask``; zero only when nobody asks
    """

    def __init__(self, count: int):
        super().__init__({"ask": In(count), "grant": Out(count)})

    def elaborate(self, platform):
        m = Module()
        count = len(self.ask)
        after = Signal(count)  # those after the last choice, who go first
        first = Signal(count)
        m.d.comb += [
            first.eq(self.ask & after),
            self.grant.eq(Mux(first.any(), lowest_one(first), lowest_one(self.ask))),
        ]
        with m.If(self.ask.any()):
            m.d.sync += after.eq(ones_below(self.grant))
        return m


class StoreReader(wiring.Component):
    """Read vectors for several readers.

    A request reads header and base, adds the two to an address in each mini-bank, reads the mini-banks and forces to
    zero what the mask does not ask for. The pipe never waits: a request is taken only when its reader's queue of
    answers has room for what was asked for before and for this one. So a reader that does not take its answers stops
    nobody but itself.

    Throughput: one vector a cycle in all, readers in turn; one reader alone gets ``min(1, answers / (LATENCY + 1))`` a
    cycle. Latency: ``LATENCY`` cycles from the transfer of a request to its answer. Each reader has a register slice in
    front of the arbiter, so that ``req[k].ready`` is a register: one request is taken beyond those for whose answers
    there is room.

    Storage: per reader ``answers * (BANK * 9 + 2 + tag)`` bits of LUT RAM and two requests in registers.

    Parameters
    ----------
    cfg : RowStoreConfig

    Members
    -------
    req : In(streams of :func:`row_request_layout`), called ``req0``...
    rsp : Out(streams of :func:`row_response_layout`), called ``rsp0``..., each in the order of its requests
    flags : In(rows), overflow flag of each slot
    header, base : Out(read side); data : Out(MINI_BANKS read sides, called ``data0``...); their data comes
        ``HEADER_LATENCY`` and ``DATA_LATENCY`` cycles after the address
    """

    HEADER_LATENCY = 2
    DATA_LATENCY = 2
    LATENCY = Skid.LATENCY + 2 + HEADER_LATENCY + DATA_LATENCY + Queue.LATENCY

    def __init__(self, cfg: RowStoreConfig):
        self.cfg = cfg
        super().__init__({
            **reader_ports(cfg),
            "flags": In(cfg.rows),
            "header": Out(memory_read(cfg.header_shape)),
            "base": Out(memory_read(cfg.base_shape)),
            **{f"data{j}": Out(memory_read(shape)) for j, shape in enumerate(cfg.data_shapes)},
        })

    @property
    def req(self):
        """Request streams of the readers."""
        return tuple(getattr(self, f"req{k}") for k in range(len(self.cfg.tags)))

    @property
    def rsp(self):
        """Response streams of the readers."""
        return tuple(getattr(self, f"rsp{k}") for k in range(len(self.cfg.tags)))

    @property
    def data(self):
        """Read sides of the mini-banks."""
        return tuple(getattr(self, f"data{j}") for j in range(MINI_BANKS))

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        grant, request = self._arbitrate(m)

        # Stage 1: the request that was chosen; its addresses.
        chosen, request1 = Signal(len(cfg.tags)), Signal.like(request, reset_less=True)
        m.d.sync += [chosen.eq(grant), request1.eq(request)]
        # Tables of constants in place of products: a slot or a joint has few bits, so each bit of a table is a LUT.
        slot_joint = Array(s * cfg.joints for s in range(cfg.rows))[request1.slot]
        slot_vector = Array(s * cfg.vectors for s in range(cfg.rows))[request1.slot]
        joint_vector = Array(v * cfg.banks for v in range(cfg.joints))[request1.joint]
        m.d.comb += [
            self.base.addr.eq(slot_joint + request1.joint),
            self.header.addr.eq(slot_vector + joint_vector + request1.bank),
        ]
        flag = Signal()
        m.d.comb += flag.eq(self.flags.bit_select(request1.slot, 1))

        # When header and base have come: addresses in the mini-banks.
        header = data.View(cfg.header_layout, self.header.data)
        base = data.View(cfg.base_layout, self.base.data)
        mask = Signal.like(header.mask, reset_less=True)
        m.d.sync += mask.eq(header.mask)
        for j, port in enumerate(self.data):
            address = Signal(cfg.pointer_bits[j], name=f"address{j}", reset_less=True)
            m.d.sync += address.eq(base[f"pointer{j}"] + header.offset[j])
            m.d.comb += port.addr.eq(address)

        # When the values have come: zero what is not there.
        count = Signal(range(len(mask) + 1))
        m.d.comb += count.eq(count_ones(m, mask, "ones"))
        there = self._delay(m, Cat(count > MINI * j for j in range(MINI_BANKS)), self.DATA_LATENCY, "there")
        mask = self._delay(m, mask, self.DATA_LATENCY, "mask")
        whole = self.HEADER_LATENCY + 1 + self.DATA_LATENCY
        chosen = self._delay(m, chosen, whole, "chosen", reset_less=False)
        flag = self._delay(m, flag, whole, "flag")
        tag = self._delay(m, request1.tag, whole, "tag")
        vector = Signal(vector_layout())
        m.d.comb += [
            vector.mask.eq(mask),
            vector.overflow.eq(flag),
            Value.cast(vector.values).eq(Cat(port.data & there[j].replicate(len(port.data))
                                             for j, port in enumerate(self.data))),
        ]
        for k, rsp in enumerate(self.rsp):
            m.submodules[f"answers{k}"] = queue = Queue(row_response_layout(cfg.tags[k]), cfg.answers)
            m.d.comb += [
                queue.i.payload.vector.eq(vector),
                queue.i.payload.empty.eq(~there[0]),
                queue.i.payload.tag.eq(tag),
                queue.i.valid.eq(chosen[k]),
            ]
            wiring.connect(m, queue.o, wiring.flipped(rsp))
        return m

    def _arbitrate(self, m):
        """One-hot choice among the requests for whose answers there is room, and the request chosen."""
        cfg = self.cfg
        m.submodules.turn = turn = RoundRobin(len(cfg.tags))
        request = Signal(row_request_layout(cfg.rows, cfg.joints, cfg.banks, max(cfg.tags)))
        options = []
        for k, (port, rsp) in enumerate(zip(self.req, self.rsp)):
            m.submodules[f"request{k}"] = skid = Skid(port.payload.shape())
            connect(m, wiring.flipped(port), skid.i)
            req = skid.o
            # Counts answers from the request on, so that everything in the pipe has its place in the queue.
            waiting = Signal(range(cfg.answers + 1), name=f"waiting{k}")
            room = Signal(init=1, name=f"room{k}")   # waiting != cfg.answers
            asked, taken = turn.grant[k], Signal(name=f"taken{k}")    # a cycle late: readers are ready late in a cycle
            m.d.sync += [
                taken.eq(rsp.valid & rsp.ready),
                waiting.eq(stepped(waiting, asked, taken)),
                room.eq(taken | (room & ~(asked & (waiting == cfg.answers - 1)))),
            ]
            m.d.comb += [turn.ask[k].eq(req.valid & room), req.ready.eq(asked)]
            # The tag comes last in the layout, so a shorter one is zero-extended.
            payload = Value.cast(req.payload)
            options.append(payload & turn.grant[k].replicate(len(payload)))
        total = options[0]
        for option in options[1:]:
            total = total | option
        m.d.comb += Value.cast(request).eq(total)
        return turn.grant, request

    @staticmethod
    def _delay(m, value, cycles, name, reset_less=True):
        for cycle in range(cycles):
            later = Signal(len(value), name=f"{name}{cycle}", reset_less=reset_less)
            m.d.sync += later.eq(value)
            value = later
        return value
