"""Read side of a row store: one pipeline, shared by several readers."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import lowest_one, ones_below, stepped
from ..arith.delay import delayed
from ..design import MINI_BANKS
from ..stream import Queue, Skid, connect
from ..stream.layouts import MINI, row_request_layout, row_response_layout, vector_layout
from .count import count_ones
from .ring import moved_down
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
    """Signature of the read port of a memory that is read every cycle.

    Parameters
    ----------
    shape : tuple of int
        (width, depth).
    """
    width, depth = shape
    return wiring.Signature({"addr": Out(range(max(2, depth))), "data": In(width)})


class RoundRobin(wiring.Component):
    """Round-robin arbiter: grants the next request after the one granted last.

    Throughput: one grant a cycle. Latency: 0 cycles, ``grant`` is combinational of ``request`` and the last grant.
    Storage: ``count`` flip-flops.

    Parameters
    ----------
    count : int, at least 1
        Requesters.

    Members
    -------
    request : In(count)
        A bit per requester.
    grant : Out(count)
        One-hot, a subset of ``request``; zero only when there is none.
    """

    def __init__(self, count: int):
        super().__init__({"request": In(count), "grant": Out(count)})

    def elaborate(self, platform):
        m = Module()
        count = len(self.request)
        after = Signal(count)  # requesters above the last grant: they have priority
        first = Signal(count)
        m.d.comb += [
            first.eq(self.request & after),
            self.grant.eq(Mux(first.any(), lowest_one(first), lowest_one(self.request))),
        ]
        with m.If(self.request.any()):
            m.d.sync += after.eq(ones_below(self.grant))
        return m


class StoreReader(wiring.Component):
    """Reader of a row store: serves several readers from one pipeline.

    A request reads the mask and the base of its joint, counts what earlier banks of the joint have in each mini-bank,
    which gives its address there, reads the mini-banks and zeroes the values beyond the mask. The pipeline never
    stalls: it works on credits, a request is granted only when its reader's FIFO of responses has a free place for it
    besides those of the requests in flight. So a reader that does not take its responses stalls only itself. A reader
    without FIFO must take each response in its first cycle: it has a place for all that it requests. Then no ready of
    its logic comes here, which would be late in the cycle.

    Throughput: one vector a cycle in all, readers round robin; one reader alone gets
    ``min(1, answers / (LATENCY + 1))`` a cycle, without FIFO one. Latency: ``LATENCY`` cycles from the transfer of a
    request to its response, ``DIRECT_LATENCY`` without FIFO. Each reader has a register slice in front of the arbiter,
    so that ``req[k].ready`` is a register; it takes requests beyond those that have credits.

    Storage: per reader ``answers * (BANK * 9 + 2 + tag)`` bits of LUT RAM, and a response (with a FIFO) and two
    requests in registers.

    Parameters
    ----------
    cfg : RowStoreConfig

    Members
    -------
    req : In(streams of :func:`row_request_layout`)
        Requests of each reader, members ``req0``, ``req1``, ...
    rsp : Out(streams of :func:`row_response_layout`)
        Responses to each reader in the order of its requests, members ``rsp0``, ``rsp1``, ...; ``ready`` counts only
        with a FIFO.
    flags : In(rows)
        Overflow flag of each row slot.
    header : Out(:func:`memory_read`)
        Read port of the header memory; data ``HEADER_LATENCY`` cycles after the address.
    base : Out(:func:`memory_read`)
        Read port of the base memory; likewise.
    data : Out(MINI_BANKS x :func:`memory_read`)
        Read ports of the mini-banks, members ``data0``, ...; data ``DATA_LATENCY`` cycles after the address.
    """

    HEADER_LATENCY = 2
    DATA_LATENCY = 2
    DIRECT_LATENCY = Skid.LATENCY + 3 + HEADER_LATENCY + DATA_LATENCY
    LATENCY = DIRECT_LATENCY + Queue.LATENCY + 1

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
        """Read ports of the mini-banks."""
        return tuple(getattr(self, f"data{j}") for j in range(MINI_BANKS))

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        grant, request = self._arbitrate(m)

        # Stage 1: addresses of header and base.
        granted = Signal(len(cfg.tags))
        request1 = Signal.like(request, name="granted_request", reset_less=True)
        m.d.sync += [granted.eq(grant), request1.eq(request)]
        flag = self._look_up(m, request1)
        mask = self._address(m, request1.bank)
        present, mask, granted, flag, tag = self._await_values(m, mask, granted, flag, request1.tag)
        self._respond(m, present, mask, granted, flag, tag)
        return m

    def _arbitrate(self, m):
        """One-hot grant among the requests that have a credit, and the granted request."""
        cfg = self.cfg
        m.submodules.turn = turn = RoundRobin(len(cfg.tags))
        request = Signal(row_request_layout(cfg.rows, cfg.joints, cfg.banks, max(cfg.tags)))
        options = []
        for k, (port, rsp) in enumerate(zip(self.req, self.rsp)):
            m.submodules[f"request{k}"] = skid = Skid(port.payload.shape())
            connect(m, wiring.flipped(port), skid.i)
            req, granted = skid.o, turn.grant[k]
            credit = self._credit(m, k, granted, rsp) if cfg.places[k] else 1
            m.d.comb += [turn.request[k].eq(req.valid & credit), req.ready.eq(granted)]
            # The tag comes last in the layout, so a shorter one is zero-extended.
            payload = Value.cast(req.payload)
            options.append(payload & turn.grant[k].replicate(len(payload)))
        total = options[0]
        for option in options[1:]:
            total = total | option
        m.d.comb += Value.cast(request).eq(total)
        return turn.grant, request

    def _credit(self, m, k, granted, rsp):
        """Whether the FIFO of reader ``k`` has a place for one more response.

        Responses count from the grant on, so that everything in the pipeline has its place in the FIFO.
        """
        places = self.cfg.places[k]
        waiting = Signal(range(places + 1), name=f"waiting{k}")
        credit = Signal(init=1, name=f"credit{k}")   # waiting != places
        # One cycle late, since the ready of a reader comes late in a cycle.
        taken = Signal(name=f"taken{k}")
        m.d.sync += [
            taken.eq(rsp.valid & rsp.ready),
            waiting.eq(stepped(waiting, granted, taken)),
            credit.eq(taken | (credit & ~(granted & (waiting == places - 1)))),
        ]
        return credit

    def _look_up(self, m, request):
        """Addresses of header and base; the overflow flag of the row."""
        cfg = self.cfg
        # Tables of constants in place of products: a slot or a joint has few bits, so each bit of a table is a LUT.
        slot_joint = Array(s * cfg.joints for s in range(cfg.rows))[request.slot]
        slot_vector = Array(s * cfg.vectors for s in range(cfg.rows))[request.slot]
        joint_vector = Array(v * cfg.banks for v in range(cfg.joints))[request.joint]
        m.d.comb += [
            self.base.addr.eq(slot_joint + request.joint),
            self.header.addr.eq(slot_vector + joint_vector + request.bank),
        ]
        flag = Signal()
        m.d.comb += flag.eq(self.flags.bit_select(request.slot, 1))
        return flag

    def _address(self, m, bank):
        """Addresses of the mini-banks, two cycles after header and base have arrived; the mask with them."""
        cfg = self.cfg
        base = data.View(cfg.base_layout, self.base.data)
        earlier = delayed(m, Cat(bank > b for b in range(cfg.banks - 1)), self.HEADER_LATENCY, name="earlier")
        for j, (port, words) in enumerate(zip(self.data, cfg.words)):
            # With a reset, since a shift register, of this and the registers of a LUT RAM, is slow in front of adders.
            pointer = Signal(cfg.pointer_bits[j], name=f"pointer{j}")
            offset = Signal(range(cfg.banks), name=f"offset{j}", reset_less=True)
            address = Signal.like(pointer, name=f"address{j}", reset_less=True)
            m.d.sync += [pointer.eq(base[f"pointer{j}"]),
                         offset.eq(count_ones(m, base[f"taken{j}"] & earlier, f"before{j}")),
                         address.eq(moved_down(pointer, words, offset))]
            m.d.comb += port.addr.eq(address)
        return delayed(m, self.header.data, 2, name="header")

    def _await_values(self, m, mask, granted, flag, tag):
        """Side-band data, delayed until the values arrive; ``present``: mini-banks that hold values of the vector."""
        count = Signal(range(len(mask) + 1))
        m.d.comb += count.eq(count_ones(m, mask, "ones"))
        present = delayed(m, Cat(count > MINI * j for j in range(MINI_BANKS)), self.DATA_LATENCY, name="present")
        mask = delayed(m, mask, self.DATA_LATENCY, name="mask")
        total = self.HEADER_LATENCY + 2 + self.DATA_LATENCY
        granted = delayed(m, granted, total, name="granted", reset_less=False)
        flag = delayed(m, flag, total, name="flag")
        tag = delayed(m, tag, total, name="tag")
        return present, mask, granted, flag, tag

    def _respond(self, m, present, mask, granted, flag, tag):
        """Give the vector to its reader or its FIFO; entries that the vector does not have are zeroed."""
        cfg = self.cfg
        vector = Signal(vector_layout())
        m.d.comb += [
            vector.mask.eq(mask),
            vector.overflow.eq(flag),
            Value.cast(vector.values).eq(Cat(port.data & present[j].replicate(len(port.data))
                                             for j, port in enumerate(self.data))),
        ]
        for k, rsp in enumerate(self.rsp):
            answer = rsp
            if cfg.places[k]:
                m.submodules[f"answers{k}"] = queue = Queue(rsp.payload.shape(), cfg.places[k], registered=True)
                wiring.connect(m, queue.o, wiring.flipped(rsp))
                answer = queue.i
            m.d.comb += [
                answer.payload.vector.eq(vector),
                answer.payload.empty.eq(~present[0]),
                answer.payload.tag.eq(tag),
                answer.valid.eq(granted[k]),
            ]
