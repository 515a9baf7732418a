import numpy as np
import pytest
from random_vectors import DENSITIES, compress, corner_vectors, random_vectors

from hypgcn.golden.rfc.expander import expand
from hypgcn.rfc import RfcExpander
from testbench import STREAM_PATTERNS, run


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_matches_golden(idle, stall):
    rng = np.random.default_rng(12)
    dense = np.concatenate([corner_vectors(), *(random_vectors(rng, (12,), density) for density in DENSITIES)])
    items = [{"vector": compress(x, n % 3 == 1), "meta": n % 32} for n, x in enumerate(dense)]
    result = run(RfcExpander(5), {"i": items}, {"o": len(items)}, seed=4, idle=idle, stall=stall)
    for n, (item, got) in enumerate(zip(items, result["o"])):
        vector = item["vector"]
        assert got["dense"]["values"] == expand(vector["mask"], vector["values"]).tolist() == dense[n].tolist()
        assert got["dense"]["overflow"] == vector["overflow"]
        assert got["meta"] == item["meta"]
    if not idle and not stall:
        first = RfcExpander.LATENCY
        assert result["times"]["o"] == list(range(first, first + len(items)))


def test_ignores_values_beyond_the_mask():
    item = {"vector": {"mask": 0x8001, "values": [5, -6] + [99] * 14}}
    result = run(RfcExpander(), {"i": [item]}, {"o": 1})
    assert result["o"][0]["dense"]["values"] == [5] + [0] * 14 + [-6]
