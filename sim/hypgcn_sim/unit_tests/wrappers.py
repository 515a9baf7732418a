# amaranth: UnusedElaboratable=no
"""Wrappers that give units the stream ports a testbench can drive and stall."""

from amaranth import *
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hypgcn.arith import PackedMac, PackedMacConfig
from hypgcn.design import Block
from hypgcn.network import Network
from hypgcn.rfc import RowStore, RowStoreConfig
from hypgcn.sparse import Lane, LaneConfig, SparseConfig, SparseUnit
from hypgcn.spatial import SpatialConfig, SpatialUnit
from hypgcn.stream import Queue, connect
from hypgcn.stream.layouts import vector_layout

__all__ = ["MacWrapper", "LaneWrapper", "NetworkWrapper", "SpatialWrapper", "TemporalWrapper"]


class MacWrapper(wiring.Component):
    """A packed MAC with streams: operands in when there are some, every result out in order.

    Members
    -------
    i : In(stream of ``x``, ``w`` and ``first``)
    o : Out(stream of the two sums)
    """

    ROOM = 2 * PackedMac.LATENCY

    def __init__(self, cfg: PackedMacConfig):
        self.cfg = cfg
        operands = data.StructLayout({"x": signed(8), "w": data.ArrayLayout(signed(8), 2), "first": 1})
        super().__init__({
            "i": In(stream.Signature(operands)),
            "o": Out(stream.Signature(data.ArrayLayout(signed(cfg.acc_width), 2))),
        })

    def elaborate(self, platform):
        m = Module()
        m.submodules.mac = mac = PackedMac(self.cfg)
        m.submodules.queue = queue = Queue(self.o.payload.shape(), self.ROOM)
        room = Signal(range(self.ROOM + 1), init=self.ROOM)  # places that no product in flight will take
        take = Signal()
        valid = Signal(PackedMac.LATENCY)
        m.d.comb += [
            self.i.ready.eq(room != 0),
            take.eq(self.i.valid & self.i.ready),
            queue.i.valid.eq(valid[-1]),
            *(queue.i.payload[n].eq(total) for n, total in enumerate(self.cfg.unpack(mac.raw))),
        ]
        with m.If(take):
            m.d.comb += [mac.x.eq(self.i.payload.x), mac.w.eq(self.i.payload.w), mac.first.eq(self.i.payload.first)]
        m.d.sync += [valid.eq(Cat(take, valid[:-1])), room.eq(room - take + (self.o.valid & self.o.ready))]
        connect(m, queue.o, wiring.flipped(self.o))
        return m


class LaneWrapper(wiring.Component):
    """A temporal lane whose sums leave unpacked.

    Members
    -------
    o : Out(stream of ``2 * lane_pairs`` sums)
        All other members are those of :class:`hypgcn.sparse.Lane`.
    """

    def __init__(self, cfg: LaneConfig):
        self.cfg = cfg
        self.lane = Lane(cfg)  # for its ports: unused, without a warning, where only those are asked for
        members = {name: member for name, member in self.lane.signature.members.items() if name != "o"}
        sums = data.ArrayLayout(signed(cfg.acc_width), 2 * cfg.schedule.lane_pairs)
        super().__init__({**members, "o": Out(stream.Signature(sums))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.lane = lane = self.lane
        for name, member in lane.signature.members.items():
            if name != "o":
                ends = getattr(lane, name), wiring.flipped(getattr(self, name))
                connect(m, *(ends if member.flow == Out else reversed(ends)))
        m.d.comb += [self.o.valid.eq(lane.o.valid), lane.o.ready.eq(self.o.ready)]
        for pair in range(self.cfg.schedule.lane_pairs):
            for n, total in enumerate(self.cfg.mac_config.unpack(lane.o.payload[pair])):
                m.d.comb += self.o.payload[2 * pair + n].eq(total)
        return m


class SpatialWrapper(wiring.Component):
    """A spatial unit with the store of X that it reads.

    Members
    -------
    i : In(stream of compressed vectors of X)
    o : Out(stream of compressed vectors of H)
    threshold : In(7)
    """

    def __init__(self, cfg: SpatialConfig):
        self.cfg = cfg
        super().__init__({"i": In(stream.Signature(vector_layout())), "o": Out(stream.Signature(vector_layout())),
                          "threshold": In(7)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.unit = unit = SpatialUnit(self.cfg)
        readers = list(zip(unit.load_req, unit.load_rsp))
        cfg, block = self.cfg, self.cfg.block
        if block.shortcut_h == "identity":
            readers.append((unit.res_req, unit.res_rsp))
        m.submodules.store = store = _x_store(m, cfg, cfg.folding.x_rows, block, readers)
        m.d.comb += [unit.x_row.eq(store.row_done), store.release.eq(unit.x_used), unit.threshold.eq(self.threshold)]
        connect(m, wiring.flipped(self.i), store.i)
        connect(m, unit.o, wiring.flipped(self.o))
        return m


class TemporalWrapper(wiring.Component):
    """A temporal unit with the store of X that its shortcut reads.

    Members
    -------
    x : In(stream of compressed vectors of X)
        Only with a shortcut.
    x_done : Out(1)
        High for a cycle when a row of X is stored; the row of H must come later. Only with a shortcut.
    i : In(stream of compressed vectors of H)
    o : Out(stream of compressed vectors of Y)
    threshold : In(7)
    overflow_count : Out(32)
    """

    def __init__(self, cfg: SparseConfig, block: Block):
        self.cfg, self.block = cfg, block
        vectors = stream.Signature(vector_layout())
        super().__init__({"i": In(vectors), "o": Out(vectors), "threshold": In(7), "overflow_count": Out(32),
                          **({} if cfg.layer.shortcut == "none" else {"x": In(vectors), "x_done": Out(1)})})

    def elaborate(self, platform):
        m = Module()
        m.submodules.unit = unit = SparseUnit(self.cfg)
        cfg = self.cfg
        if cfg.layer.shortcut != "none":
            m.submodules.store = store = _x_store(m, cfg, cfg.x_rows, self.block, [(unit.x_req, unit.x_rsp)])
            m.d.comb += [store.release.eq(unit.x_release), self.x_done.eq(store.row_done)]
            connect(m, wiring.flipped(self.x), store.i)
        m.d.comb += [unit.threshold.eq(self.threshold), self.overflow_count.eq(unit.overflow_count)]
        connect(m, wiring.flipped(self.i), unit.i)
        connect(m, unit.o, wiring.flipped(self.o))
        return m


def _x_store(m, cfg, rows, block, readers):
    """The store of X of :class:`hypgcn.block.Block`."""
    store = RowStore(RowStoreConfig.of(block, "x", frames=cfg.frames, rows=rows, joints=cfg.joints,
                                       tags=(0,) * len(readers)))
    for index, (request, response) in enumerate(readers):
        connect(m, request, store.req[index])
        connect(m, store.rsp[index], response)
    return store


class NetworkWrapper(wiring.Component):
    """The network with its observation ports as members.

    Members
    -------
    observe_0 ... : Out(valid, payload)
        Vectors that leave each block. All other members are those of :class:`hypgcn.network.Network`.
    """

    def __init__(self, design, folding):
        self.network = Network(design, folding, observe=True)
        observed = wiring.Signature({"valid": Out(1), "payload": Out(vector_layout())})
        members = dict(self.network.signature.members.items())
        super().__init__(
            {name: Out(observed) if name.startswith("observe_") else member for name, member in members.items()}
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.network = network = self.network
        connect(m, wiring.flipped(self.i), network.i)
        connect(m, network.o, wiring.flipped(self.o))
        m.d.comb += [network.threshold_raise.eq(self.threshold_raise), self.overflow_counts.eq(network.overflow_counts)]
        for index in range(len(network.design.blocks)):
            port, inner = getattr(self, f"observe_{index}"), getattr(network, f"observe_{index}")
            m.d.comb += [port.valid.eq(inner.valid), port.payload.eq(inner.payload)]
        return m
