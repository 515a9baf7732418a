"""Proofs of runtime feature compression: encoders, expander, decoder."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hypgcn.design import BANK
from hypgcn.rfc import RfcDecoder, RfcEncoder, RfcExpander
from hypgcn.rfc.serial_encoder import RfcSerialEncoder
from hypgcn.stream.layouts import dense_layout, vector_layout

from ..proof import Mutant, Proof
from ..rules import Item, hold, prompt

__all__ = ["PROOFS", "ones"]


def ones(value) -> Value:
    """Number of set bits, as a plain sum."""
    return sum(Value.cast(value), start=0)


def _thresholded(x, theta):
    """What :func:`hypgcn.golden.rfc.encoder.threshold` makes of ``x``."""
    return Mux((x > theta) | (x < -theta), x, 0)


def _round_trip(encoder, latency, harness):
    """Vectors through an encoder and the expander."""
    m = harness.m
    encoder = harness.unit(encoder, "encoder").component
    expander = harness.unit(RfcExpander(0), "expander").component
    for target in (encoder.i.payload, encoder.i.valid, encoder.threshold, expander.o.ready):
        harness.free(target)
    m.d.comb += [
        expander.i.payload.vector.eq(encoder.o.payload), expander.i.valid.eq(encoder.o.valid),
        encoder.o.ready.eq(expander.i.ready),
    ]
    hold(harness, encoder.o.valid, encoder.o.ready, encoder.o.payload, "encoded")
    hold(harness, expander.o.valid, expander.o.ready, expander.o.payload, "o")
    channel = harness.fixed(range(BANK), "channel")
    source, result = encoder.i.payload, expander.o.payload.dense
    x, y = (Value.cast(values).word_select(channel, 8).as_signed() for values in (source["values"], result["values"]))
    return encoder, expander, Cat(_thresholded(x, encoder.threshold)[:8], source.overflow), Cat(y, result.overflow)


def _encoder(harness):
    latency = RfcEncoder.LATENCY + RfcExpander.LATENCY
    encoder, expander, expected, result = _round_trip(RfcEncoder(), latency, harness)
    take = expander.o.valid & expander.o.ready
    item = Item(harness, encoder.i.valid & encoder.i.ready, take, expected, latency)
    prompt(harness, item.level != 0, expander.o.valid, latency - 1, "o")
    harness.check(~item.leaves | (result == item.value))
    harness.reach(item.leaves & (item.value != 0) & (expander.o.payload.dense.values[0] == 0))


class _Sliced(wiring.Component):
    """A serial encoder behind whole vectors, which stay until their last slice is taken."""

    def __init__(self, width):
        self.encoder = RfcSerialEncoder(width)
        super().__init__({"i": In(stream.Signature(dense_layout())), "o": Out(stream.Signature(vector_layout())),
                          "threshold": In(7)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.encoder = encoder = self.encoder
        slices = BANK // encoder.width
        index = Signal(range(slices))
        m.d.comb += [
            encoder.i.valid.eq(self.i.valid), encoder.i.payload.last.eq(index == slices - 1),
            Cat(encoder.i.payload["values"]).eq(
                Cat(self.i.payload["values"]).word_select(index, 8 * encoder.width)),
            encoder.i.payload.overflow.eq(self.i.payload.overflow), encoder.threshold.eq(self.threshold),
            self.i.ready.eq(encoder.i.ready & encoder.i.payload.last),
            self.o.payload.eq(encoder.o.payload), self.o.valid.eq(encoder.o.valid), encoder.o.ready.eq(self.o.ready),
        ]
        with m.If(encoder.i.valid & encoder.i.ready):
            m.d.sync += index.eq(index + 1)
        return m


def _serial(width, harness):
    encoder = _Sliced(width)
    latency = RfcSerialEncoder.STAGES + BANK // width - 1 + RfcExpander.LATENCY
    encoder, expander, expected, result = _round_trip(encoder, latency, harness)
    # The input and the threshold stay until the last slice is taken: the threshold is applied slice by slice.
    inputs = Cat(encoder.i.payload, encoder.threshold)
    hold(harness, encoder.i.valid, encoder.i.ready, inputs, "i", claim=harness.assume)
    item = Item(harness, encoder.i.valid & encoder.i.ready, expander.o.valid & expander.o.ready, expected, latency)
    harness.check(~item.leaves | (result == item.value))
    harness.reach(item.leaves & (item.value != 0))


def _decoder(harness):
    """Any vector, or none in its place, one of its channels and one of its values, through the decoder."""
    m = harness.m
    unit = harness.unit(RfcDecoder(2))
    decoder, held = unit.component, unit.inner("held")
    for target in (decoder.i.payload, decoder.i.valid, decoder.nothing, decoder.o.ready):
        harness.free(target)
    hold(harness, decoder.o.valid, decoder.o.ready, decoder.o.payload, "o")
    token, vector = decoder.o.payload, decoder.i.payload.vector
    put, take = decoder.i.valid & decoder.i.ready, decoder.o.valid & decoder.o.ready

    number = harness.fixed(range(BANK), "number")     # of the value that is followed
    mask, sent = (Signal(BANK, name=name, reset_less=True) for name in ("mask", "sent"))
    value, meta = Signal(8, name="value", reset_less=True), Signal.like(token.meta, name="meta", reset_less=True)
    with m.If(put):
        m.d.sync += [mask.eq(Mux(decoder.nothing, 0, vector.mask)), sent.eq(0), meta.eq(decoder.i.payload.meta),
                     value.eq(Mux(decoder.nothing & (number == 0), 0,
                                  Value.cast(vector["values"]).word_select(number, 8)))]
    with m.Elif(take):
        m.d.sync += sent.eq(sent | (1 << token.channel))

    left = mask & ~sent
    here = Cat(token.channel == n for n in range(BANK))
    below = Cat((token.channel > n) for n in range(BANK))
    harness.check(decoder.i.ready == (~decoder.o.valid | (decoder.o.ready & token.last)))
    with m.If(decoder.o.valid):
        harness.check((sent & ~mask) == 0)
        harness.check((mask == 0) | (left != 0))
        harness.check(held[:BANK] == left)
        harness.check((mask == 0) | (((left & here) != 0) & ((left & below) == 0)))
        harness.check((mask != 0) | (token.channel == 0))
        harness.check(token.last == ((left & (left - 1)[:BANK]) == 0))
        harness.check(token.meta == meta)
        harness.check((ones(sent) != number) | (token.value.as_unsigned() == value))
        place = (number - ones(sent))[:4]
        harness.check((ones(sent) > number) | (held[BANK:9 * BANK].word_select(place, 8) == value))
    harness.reach(take & token.last & (ones(sent) == 3))
    harness.reach(take & token.last & (mask == 0))


PROOFS = (
    Proof(name="rfc_round_trip", depth=8, cover_depth=8, deep=10, build=_encoder, weight=40,
          text="encoder and expander together are the threshold of the golden model, in order, without loss; what they "
               "offer holds, and valid does not wait for ready",
          mutant=Mutant(owner=RfcEncoder, method="elaborate", old="beyond(x, self.threshold)",
                        new="(x > self.threshold) | (x <= -self.threshold)")),
    Proof(name="rfc_decoder", depth=2, cover_depth=8, induction=True, build=_decoder, weight=15,
          text="the decoder gives each value once with its channel, lowest first, last with the highest; an empty "
               "vector gives one token",
          mutant=Mutant(owner=RfcDecoder, method="elaborate", old="at_most_one(rest)", new="at_most_one(mask)")),
    Proof(name="rfc_serial_8", depth=14, cover_depth=14, build=lambda harness: _serial(8, harness), only_deep=True,
          weight=6, text="the serial encoder of 8 values a cycle and the expander, likewise",
          mutant=Mutant(owner=RfcSerialEncoder, method="_rank", old="begin + count_ones", new="filled2 + count_ones")),
)
