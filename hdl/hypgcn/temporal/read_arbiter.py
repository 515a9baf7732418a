"""Merge: many readers share one port of a row store."""

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
    """Sizes of a merger.

    ``readers`` of a store of ``rows``, ``joints``, ``banks``, each at least 1; ``outstanding``: answers outstanding, at
    least 2.
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
    """Requests of ``readers`` readers go out one by one, in turns; answers go back in the same order.

    A reader that does not take an answer stops those of all others: it should have room for what it asks for.
    Throughput: one request and one answer a cycle. Latency: 2 cycles for a request, 0 for an answer. At most
    ``outstanding`` answers are outstanding. Storage: two requests of each reader and two more in registers,
    ``outstanding`` reader numbers in LUT RAM.

    Parameters
    ----------
    cfg : ReadArbiterConfig

    Members
    -------
    i_req, i_rsp : ``readers`` x In, Out(streams of :func:`row_request_layout`, :func:`row_response_layout`), without
        tags
    req, rsp : Out, In(streams), to the store
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

        # The arbiter stays between registers.
        slices = [Skid(port.payload.shape()) for port in self.i_req]
        for k, (port, part) in enumerate(zip(self.i_req, slices)):
            m.submodules[f"request{k}"] = part
            wiring.connect(m, wiring.flipped(port), part.i)

        wants, above, chosen = (Signal(cfg.readers, name=name) for name in ("wants", "above", "chosen"))
        others, give = Signal(cfg.readers), Signal()
        m.d.comb += [
            wants.eq(Cat(part.o.valid for part in slices)),
            others.eq(wants & above),
            chosen.eq(Mux(others.any(), lowest_one(others), lowest_one(wants))),
            skid.i.valid.eq(wants.any() & turns.i.ready),
            give.eq(skid.i.valid & skid.i.ready),
            turns.i.valid.eq(give),
            turns.i.payload.eq(chosen),
        ]
        with m.If(give):
            m.d.sync += above.eq(ones_below(chosen))
        payload = C(0, 1)
        for k, part in enumerate(slices):
            m.d.comb += part.o.ready.eq(give & chosen[k])
            mine = Value.cast(part.o.payload)
            payload = payload | (mine & chosen[k].replicate(len(mine)))
        m.d.comb += Value.cast(skid.i.payload).eq(payload)
        wiring.connect(m, skid.o, wiring.flipped(self.req))

        takes = Signal()
        m.d.comb += [
            takes.eq(Cat(port.ready & turns.o.payload[k] for k, port in enumerate(self.i_rsp)).any()),
            self.rsp.ready.eq(turns.o.valid & takes),
            turns.o.ready.eq(self.rsp.valid & takes),
        ]
        for k, port in enumerate(self.i_rsp):
            m.d.comb += [
                port.valid.eq(self.rsp.valid & turns.o.valid & turns.o.payload[k]),
                port.payload.eq(self.rsp.payload),
            ]
        return m
