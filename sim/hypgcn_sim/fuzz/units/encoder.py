"""Runtime feature compression without memories: encoders, decoder, and encoder with expander."""

from functools import partial

import numpy as np

from hypgcn.design import BANK
from hypgcn.golden.rfc.decoder import tokens
from hypgcn.golden.rfc.encoder import encode, threshold
from hypgcn.rfc import RfcDecoder, RfcEncoder, RfcSerialEncoder

from ..chunk import Chunk, Expected, Feed, Variant
from ..round_trip import RoundTrip
from ..values import random_runs, random_vectors

__all__ = ["UNITS", "compressed"]

META_WIDTH = 5
SERIAL_WIDTHS = (2, 4, 8)


def compressed(dense, overflow=0) -> dict:
    """Columns of the compressed form of vectors (N, BANK), by the golden encoder."""
    pairs = [encode(row) for row in dense]
    return {"mask": np.array([mask for mask, _ in pairs]), "values": np.stack([values for _, values in pairs]),
            "overflow": np.broadcast_to(overflow, len(pairs))}


def _dense(rng, count):
    """Thresholds, dense vectors and overflow flags."""
    theta = random_runs(rng, count, [0, 0, 1, 2, 3, 7, 40, 126, 127, *rng.integers(0, 128, 8)], 50)
    return theta, random_vectors(rng, count, theta), rng.integers(0, 2, count)


def _encode(rng, count):
    theta, dense, overflow = _dense(rng, count)
    return Chunk(
        vectors=count,
        sources={"i": Feed(columns={"values": dense, "overflow": overflow}, inputs={"threshold": theta})},
        sinks={"o": Expected(columns=compressed(threshold(dense, theta[:, None]), overflow))})


def _encode_slices(width, rng, count):
    """The same in slices; of some vectors the zeros at the end are left out."""
    theta, dense, overflow = _dense(rng, count)
    slices = BANK // width
    given = rng.integers(1, slices + 1, count)
    dense[np.arange(BANK) >= width * given[:, None]] = 0
    number = np.repeat(np.arange(count), given)
    place = np.arange(len(number)) - np.repeat(np.cumsum(given) - given, given)
    columns = {"values": dense.reshape(count, slices, width)[number, place], "overflow": overflow[number],
               "last": (place == given[number] - 1).astype(int)}
    return Chunk(
        vectors=count, sources={"i": Feed(columns=columns, inputs={"threshold": theta[number]})},
        sinks={"o": Expected(columns=compressed(threshold(dense, theta[:, None]), overflow))})


def _round_trip(rng, count):
    theta, dense, overflow = _dense(rng, count)
    return Chunk(
        vectors=count,
        sources={"i": Feed(columns={"values": dense, "overflow": overflow}, inputs={"threshold": theta})},
        sinks={"o": Expected(columns={"values": threshold(dense, theta[:, None]), "overflow": overflow})})


def _decode(rng, count):
    vectors = compressed(random_vectors(rng, count), rng.integers(0, 2, count))
    meta = rng.integers(0, 1 << META_WIDTH, count)
    per_vector = [tokens(int(mask), values) for mask, values in zip(vectors["mask"], vectors["values"])]
    numbers = np.repeat(np.arange(count), [len(found) for found in per_vector])
    channel, value, last = np.array([token for found in per_vector for token in found]).T
    return Chunk(
        vectors=count, sources={"i": Feed(columns={"vector": vectors, "meta": meta})},
        sinks={"o": Expected(columns={"channel": channel, "value": value, "last": last, "meta": meta[numbers]},
                             numbers=numbers)})


_streams = partial(Variant, sinks=("o",))
_with_threshold = partial(_streams, sources={"i": ("threshold",)})
UNITS: dict[str, tuple[Variant, ...]] = {
    "encoder": (_with_threshold(name="width 16", component=RfcEncoder, chunk=_encode),),
    "serial_encoder": tuple(_with_threshold(name=f"width {width}", component=partial(RfcSerialEncoder, width),
                                            chunk=partial(_encode_slices, width)) for width in SERIAL_WIDTHS),
    "round_trip": (_with_threshold(name="encoder and expander", component=RoundTrip, chunk=_round_trip),),
    "decoder": (_streams(name=f"{META_WIDTH} bits of metadata", component=partial(RfcDecoder, META_WIDTH),
                         chunk=_decode, sources={"i": ()}),),
}
