import numpy as np
import pytest
from random_vectors import DENSITIES, compress, corner_vectors, random_vectors

from hypgcn.golden.rfc.encoder import threshold
from hypgcn.rfc import RfcEncoder
from testbench import STREAM_PATTERNS, run


def _vectors():
    rng = np.random.default_rng(11)
    return np.concatenate([corner_vectors(), *(random_vectors(rng, (12,), density) for density in DENSITIES)])


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("theta", [0, 5, 127])
def test_matches_golden(theta, idle, stall):
    dense = _vectors()
    flags = np.arange(len(dense)) % 3 == 1
    items = [{"values": x, "overflow": flag} for x, flag in zip(dense, flags)]
    result = run(RfcEncoder(), {"i": items}, {"o": len(items)}, seed=3, idle=idle, stall=stall,
                 signals={"threshold": theta})
    assert result["o"] == [compress(threshold(x, theta), flag) for x, flag in zip(dense, flags)]
    if not idle and not stall:
        first = RfcEncoder.LATENCY
        assert result["times"]["o"] == list(range(first, first + len(items)))


def test_threshold_counts_when_a_vector_is_taken():
    """The threshold changes in every cycle of a run without stalls."""
    dense = _vectors()
    levels = np.random.default_rng(5).integers(0, 128, len(dense))
    dut = RfcEncoder()

    async def wobble(ctx):
        for level in levels:
            ctx.set(dut.threshold, int(level))
            await ctx.tick()
    result = run(dut, {"i": [{"values": x} for x in dense]}, {"o": len(dense)}, testbenches=[wobble])
    assert result["o"] == [compress(threshold(x, level)) for x, level in zip(dense, levels)]
