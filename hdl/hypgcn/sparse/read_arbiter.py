"""Read arbiter: many readers share one port of a row store."""

from dataclasses import dataclass

from amaranth import *
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.bits import lowest_one, ones_below
from ..design.checks import check_int
from ..stream import Queue, Skid
from ..stream.layouts import row_request_layout, row_response_layout

__all__ = ["ReadArbiter", "ReadArbiterConfig"]


@dataclass(frozen=True, kw_only=True)
class ReadArbiterConfig:
    """Parameters of a read arbiter.

    Parameters
    ----------
    readers : int, at least 1
        Readers that share the port.
    rows : int, at least 1
        Row slots of the store.
    joints : int, at least 1
        Joints of a row.
    banks : int, at least 1
        Banks of a joint.
    outstanding : int, at least 2
        Requests without response at any time.
    """

    readers: int
    rows: int
    joints: int
    banks: int
    outstanding: int = 16

    def __post_init__(self):
        for name, low in (("readers", 1), ("rows", 1), ("joints", 1), ("banks", 1), ("outstanding", 2)):
            check_int(name, getattr(self, name), low)


class ReadArbiter(wiring.Component):
    """Round-robin arbiter in front of a read port; responses go back to the readers in the order of the requests.

    A reader that does not take its response stalls all others: it must have room for whatever it requests.
    Throughput: one request and one response a cycle. Latency: 2 cycles for a request, 0 for a response. At most
    ``outstanding`` requests are without response. Storage: two requests of each reader and two more in registers,
    ``outstanding`` reader numbers in LUT RAM.

    Parameters
    ----------
    cfg : ReadArbiterConfig

    Members
    -------
    i_req : ``readers`` x In(stream of :func:`row_request_layout`)
        Requests of each reader, without tag.
    i_rsp : ``readers`` x Out(stream of :func:`row_response_layout`)
        Responses to each reader, without tag.
    req : Out(stream of :func:`row_request_layout`)
        Requests to the store.
    rsp : In(stream of :func:`row_response_layout`)
        Responses of the store, in order.
    """

    def __init__(self, cfg: ReadArbiterConfig):
        self.cfg = cfg
        request = stream.Signature(row_request_layout(cfg.rows, cfg.joints, cfg.banks, 0))
        response = stream.Signature(row_response_layout(0))
        super().__init__({
            "i_req": In(request).array(cfg.readers),
            "i_rsp": Out(response).array(cfg.readers),
            "req": Out(request),
            "rsp": In(response),
        })

    def elaborate(self, platform):
        m = Module()
        cfg = self.cfg
        m.submodules.turns = turns = Queue(cfg.readers, cfg.outstanding)
        m.submodules.skid = skid = Skid(self.req.payload.shape())

        # Register slices on both sides: the arbiter's path starts and ends in flip-flops.
        slices = [Skid(port.payload.shape()) for port in self.i_req]
        for k, (port, register) in enumerate(zip(self.i_req, slices)):
            m.submodules[f"request{k}"] = register
            wiring.connect(m, wiring.flipped(port), register.i)

        requesting = Signal(cfg.readers)
        above = Signal(cfg.readers)         # readers above the last grant: they have priority
        grant = Signal(cfg.readers)
        first = Signal(cfg.readers)
        transfer = Signal()
        m.d.comb += [
            requesting.eq(Cat(register.o.valid for register in slices)),
            first.eq(requesting & above),
            grant.eq(Mux(first.any(), lowest_one(first), lowest_one(requesting))),
            skid.i.valid.eq(requesting.any() & turns.i.ready),
            transfer.eq(skid.i.valid & skid.i.ready),
            turns.i.valid.eq(transfer),
            turns.i.payload.eq(grant),
        ]
        with m.If(transfer):
            m.d.sync += above.eq(ones_below(grant))
        payload = C(0, 1)
        for k, register in enumerate(slices):
            m.d.comb += register.o.ready.eq(transfer & grant[k])
            request = Value.cast(register.o.payload)
            payload = payload | (request & grant[k].replicate(len(request)))
        m.d.comb += Value.cast(skid.i.payload).eq(payload)
        wiring.connect(m, skid.o, wiring.flipped(self.req))

        # The store answers in order and without tag: the queue of grants names the reader of each response.
        ready = Signal()
        m.d.comb += [
            ready.eq(Cat(port.ready & turns.o.payload[k] for k, port in enumerate(self.i_rsp)).any()),
            self.rsp.ready.eq(turns.o.valid & ready),
            turns.o.ready.eq(self.rsp.valid & ready),
        ]
        for k, port in enumerate(self.i_rsp):
            m.d.comb += [
                port.valid.eq(self.rsp.valid & turns.o.valid & turns.o.payload[k]),
                port.payload.eq(self.rsp.payload),
            ]
        return m
