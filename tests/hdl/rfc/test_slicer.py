# amaranth: UnusedElaboratable=no
import functools

import numpy as np
import pytest
from random_vectors import DENSITIES, compress, corner_vectors, random_vectors

from hypgcn.design import BANK
from hypgcn.rfc import RfcSlicer
from testbench import STREAM_PATTERNS, run

# The last ones: their compiled simulators serve all patterns of a width.
_slicer = functools.lru_cache(maxsize=2)(RfcSlicer)


def check(width, idle=0.0, stall=0.0):
    rng = np.random.default_rng(12)
    dense = np.concatenate([corner_vectors(), *(random_vectors(rng, (4,), density) for density in DENSITIES)])
    items, want = [], []
    for x in dense:
        first, last = sorted(rng.integers(0, BANK // width, 2).tolist())
        items.append({"vector": compress(x), "meta": {"first": first, "last": last}})
        want += [{"res": x[n * width:(n + 1) * width].tolist()} for n in range(first, last + 1)]
    result = run(_slicer(width), {"i": items}, {"o": len(want)}, seed=3, idle=idle, stall=stall)
    assert result["o"] == want
    return result["times"]["o"]


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("width", [2, 4])
def test_slices(width, idle, stall):
    times = check(width, idle, stall)
    if not idle and not stall:
        assert times == list(range(RfcSlicer.LATENCY, RfcSlicer.LATENCY + len(times)))


@pytest.mark.parametrize("width", [1, 8, 16])
def test_other_widths(width):
    check(width)


def test_rejects():
    with pytest.raises(ValueError, match="width must be one of 1, 2, 4, 8, 16, not 3"):
        RfcSlicer(3)
