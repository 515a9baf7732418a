"""A foreign Amaranth design that uses three parts of hypgcn: RFC encoder, row store and RFC decoder.

A sensor of 16 channels and several positions is sampled in rows. The meter stores the rows compressed, without samples
whose magnitude is at most a threshold, and outputs the sum of the other samples of each row.
``python examples/activity_meter.py`` prints its Verilog.
"""

from amaranth import *
from amaranth.back import verilog
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hypgcn.rfc import RfcDecoder, RfcEncoder, RowStore, RowStoreConfig
from hypgcn.stream import dense_layout


class ActivityMeter(wiring.Component):
    """Sum of the samples above ``threshold`` in each row of ``positions`` vectors.

    Parameters
    ----------
    positions : int
        Vectors of a row.
    threshold : int, 0..127
        Samples of at most this magnitude count as zero.

    Members
    -------
    i : In(stream of :func:`~hypgcn.stream.layouts.dense_layout`)
        The 16 int8 samples of one position.
    o : Out(stream of signed(20))
        One sum per row.
    """

    def __init__(self, positions: int, threshold: int):
        self.positions = positions
        self.threshold = threshold
        super().__init__({"i": In(stream.Signature(dense_layout())), "o": Out(stream.Signature(signed(20)))})

    def elaborate(self, platform):
        m = Module()
        positions = self.positions
        m.submodules.encoder = encoder = RfcEncoder()
        m.submodules.store = store = RowStore(RowStoreConfig(
            frames=1, rows=2, joints=positions, banks=1, depths=(positions,) * 4, tags=(1,)))
        m.submodules.decoder = decoder = RfcDecoder(1)

        wiring.connect(m, wiring.flipped(self.i), encoder.i)
        wiring.connect(m, encoder.o, store.i)
        m.d.comb += encoder.threshold.eq(self.threshold)

        # Request every vector of a row once the row is complete; the tag marks its last vector.
        request, answer = store.req[0], store.rsp[0]
        rows = Signal(range(3))
        requested = Signal()
        m.d.comb += [
            request.valid.eq((rows != 0) & ~requested),
            request.payload.tag.eq(request.payload.joint == positions - 1),
            decoder.i.payload.vector.eq(answer.payload.vector),
            decoder.i.payload.meta.eq(answer.payload.tag),
            decoder.i.valid.eq(answer.valid),
            answer.ready.eq(decoder.i.ready),
        ]
        with m.If(request.valid & request.ready):
            m.d.sync += request.payload.joint.eq(request.payload.joint + 1)
            with m.If(request.payload.tag):
                m.d.sync += [request.payload.joint.eq(0), requested.eq(1)]

        token = decoder.o.payload
        total = Signal(signed(20))
        done = token.last & token.meta
        m.d.comb += [
            self.o.payload.eq(total + token.value),
            self.o.valid.eq(decoder.o.valid & done),
            decoder.o.ready.eq(self.o.ready | ~done),
        ]
        with m.If(decoder.o.valid & decoder.o.ready):
            m.d.sync += total.eq(Mux(done, 0, total + token.value))

        sum_taken = self.o.valid & self.o.ready
        m.d.comb += store.release.eq(sum_taken)
        m.d.sync += rows.eq(rows + store.row_done - sum_taken)
        with m.If(sum_taken):
            m.d.sync += [request.payload.slot.eq(~request.payload.slot), requested.eq(0)]
        return m


if __name__ == "__main__":
    print(verilog.convert(ActivityMeter(positions=5, threshold=3), name="activity_meter"))
