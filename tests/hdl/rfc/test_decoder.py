import numpy as np
import pytest
from random_vectors import DENSITIES, compress, corner_vectors, random_vectors

from hypgcn.golden.rfc.decoder import token_pairs, tokens
from hypgcn.rfc import RfcDecoder
from testbench import STREAM_PATTERNS, run


def _items(dense):
    return [{"vector": compress(x, n % 5 == 0), "meta": n % 16} for n, x in enumerate(dense)]


def _expected(items):
    return [{"channel": channel, "value": value, "meta": item["meta"], "last": last} for item in items
            for channel, value, last in tokens(item["vector"]["mask"], item["vector"]["values"])]


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_matches_golden(idle, stall):
    rng = np.random.default_rng(13)
    items = _items(np.concatenate([corner_vectors(), *(random_vectors(rng, (8,), density) for density in DENSITIES)]))
    expected = _expected(items)
    result = run(RfcDecoder(4), {"i": items}, {"o": len(expected)}, seed=6, idle=idle, stall=stall)
    assert result["o"] == expected
    if not idle and not stall:
        first = RfcDecoder.LATENCY
        assert result["times"]["o"] == list(range(first, first + len(expected))), "a gap between tokens"


def test_without_meta():
    items = [{"vector": compress(x)} for x in corner_vectors()[:6]]
    expected = _expected([{**item, "meta": 0} for item in items])
    assert run(RfcDecoder(), {"i": items}, {"o": len(expected)})["o"] == expected


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
def test_pairs_match_golden(idle, stall):
    rng = np.random.default_rng(14)
    items = _items(np.concatenate([corner_vectors(), *(random_vectors(rng, (8,), density) for density in DENSITIES)]))
    expected = [{"channels": channels, "values": values, "meta": item["meta"], "last": last} for item in items
                for channels, values, last in token_pairs(item["vector"]["mask"], item["vector"]["values"])]
    result = run(RfcDecoder(4, 2), {"i": items}, {"o": len(expected)}, seed=6, idle=idle, stall=stall)
    assert result["o"] == expected
    if not idle and not stall:
        first = RfcDecoder.LATENCY
        assert result["times"]["o"] == list(range(first, first + len(expected))), "a gap between tokens"


def test_pairs_by_hand():
    assert token_pairs(0b1001_0000_0000_0011, [5, 6, 7, -8]) == [([0, 1], [5, 6], 0), ([12, 15], [7, -8], 1)]
    assert token_pairs(0b100, [9]) == [([2, 0], [9, 0], 1)]
    assert token_pairs(0, [0]) == [([0, 0], [0, 0], 1)]


@pytest.mark.parametrize("width", [1, 2])
def test_nothing_in_place_of_a_vector(width):
    """One empty token, whatever the vector says."""
    items = _items(corner_vectors())
    places = {"channel": 0, "value": 0} if width == 1 else {"channels": [0, 0], "values": [0, 0]}
    expected = [{**places, "meta": item["meta"], "last": 1} for item in items]
    result = run(RfcDecoder(4, width), {"i": items}, {"o": len(expected)}, seed=2, idle=0.3, stall=0.3,
                 signals={"nothing": 1})
    assert result["o"] == expected
