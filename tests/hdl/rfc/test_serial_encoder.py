# amaranth: UnusedElaboratable=no
import numpy as np
import pytest
from random_vectors import DENSITIES, compress, corner_vectors, random_vectors

from hypgcn.design import BANK
from hypgcn.golden.rfc.encoder import threshold
from hypgcn.rfc import RfcEncoder, RfcSerialEncoder, encoder_of
from hypgcn_sim.stimuli.beats import slice_beats
from testbench import STREAM_PATTERNS, run


def _vectors():
    rng = np.random.default_rng(11)
    return np.concatenate([corner_vectors(), *(random_vectors(rng, (6,), density) for density in DENSITIES)])


def check(width, theta, idle=0.0, stall=0.0):
    dense = _vectors()
    flags = np.arange(len(dense)) % 3 == 1
    items = [beat for x, flag in zip(dense, flags) for beat in slice_beats(x[None], width, flag)]
    result = run(RfcSerialEncoder(width), {"i": items}, {"o": len(dense)}, seed=3, idle=idle, stall=stall,
                 signals={"threshold": theta})
    assert result["o"] == [compress(threshold(x, theta), flag) for x, flag in zip(dense, flags)]
    return result["times"]["o"]


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("width", [2, 4, 8])
def test_matches_golden(width, idle, stall):
    times = check(width, 5, idle, stall)
    if not idle and not stall:
        first = RfcSerialEncoder.STAGES + BANK // width - 1
        assert times == list(range(first, first + len(times) * BANK // width, BANK // width))


@pytest.mark.parametrize("width", [2, 4, 8])
def test_short_vectors(width):
    """Slices that are left out at the end are zeros, whatever the vector before had there."""
    rng = np.random.default_rng(5)
    dense = random_vectors(rng, (40,), 0.8)
    given = rng.integers(1, BANK // width + 1, 40)
    items, expected = [], []
    for x, slices in zip(dense, given):
        items += slice_beats(x[None, :slices * width], width)
        expected.append(compress(np.where(np.arange(BANK) < slices * width, x, 0), 0))
    assert run(RfcSerialEncoder(width), {"i": items}, {"o": 40}, seed=2, stall=0.3)["o"] == expected


@pytest.mark.parametrize("theta", [0, 127])
def test_thresholds(theta):
    check(4, theta)


def test_rejects():
    with pytest.raises(ValueError, match="width must be one of 2, 4, 8, not 16"):
        RfcSerialEncoder(16)


def test_choice():
    for width in (2, 4, 8, 16):
        encoder = encoder_of(width)
        encoder._MustUse__used = True
        assert isinstance(encoder, RfcEncoder) if width == BANK else encoder.width == width
