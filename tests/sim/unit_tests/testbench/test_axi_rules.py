"""The protocol monitors find what broken sources do, and nothing in sound ones."""

import pytest

from hypgcn_sim.unit_tests.testbench.axi_rules import LITE_CHANNELS, LiteRules, StreamRules

IDLE = {name: 0 for channel, names in LITE_CHANNELS.items()
        for name in (*names, f"{channel}valid", f"{channel}ready")}


def stream(*cycles):
    """Run (reset, valid, ready, payload) cycles."""
    rules = StreamRules("bus")
    for cycle in cycles:
        rules.sample(*cycle)
    return rules


def test_sound_stream():
    rules = stream((1, None, None, None), (1, 0, None, None), (0, 0, 1, None), (0, 1, 0, 5), (0, 1, 1, 5),
                   (0, 1, 1, 6), (0, 0, 0, 6), (0, 1, 0, 7), (1, 1, 0, 7), (1, 0, 0, 0), (0, 1, 1, 8))
    assert rules.transfers == 1, "since the last reset"


@pytest.mark.parametrize(("cycles", "text"), [
    ([(0, 1, 0, 5), (0, 0, 0, 5)], "bus: valid dropped before the transfer, at cycle 2"),
    ([(0, 1, 0, 5), (0, 1, 1, 6)], "payload changed before the transfer"),
    ([(0, 1, 0, 5), (0, 1, 1, None)], "payload changed before the transfer"),
    ([(0, None, 0, 5)], "valid and ready must be known after reset"),
    ([(0, 0, None, 5)], "valid and ready must be known after reset"),
    ([(0, 1, 0, None)], "payload must be known while valid is high"),
    ([(1, 1, 0, 5), (1, 1, 0, 5)], "valid must be low in reset"),
    ([(1, 0, 0, 5), (1, None, 0, 5)], "valid must be low in reset"),
])
def test_broken_stream(cycles, text):
    with pytest.raises(AssertionError, match=text):
        stream(*cycles)


def lite(*cycles):
    rules = LiteRules("bus")
    for cycle in cycles:
        rules.sample(0, {**IDLE, **cycle})
    return rules


def transfer(channel, **more):
    return {f"{channel}valid": 1, f"{channel}ready": 1, **more}


def test_sound_bus():
    rules = lite(transfer("aw"), transfer("w"), transfer("b"), transfer("ar"), transfer("r", rresp=2),
                 {**transfer("ar"), **transfer("w")}, {**transfer("aw"), **transfer("r")}, transfer("b"))
    rules.finish()


@pytest.mark.parametrize(("cycles", "text"), [
    ([transfer("b")], "bus b: a response without its request, at cycle 1"),
    ([transfer("aw"), transfer("b")], "bus b: a response without"),
    ([transfer("w"), {"bvalid": 1}], "bus b: a response without"),
    ([{**transfer("aw"), **transfer("w"), **transfer("b")}], "bus b: a response without"),
    ([transfer("aw"), transfer("w"), transfer("b"), transfer("b")], "bus b: a response without"),
    ([transfer("r")], "bus r: a response without"),
    ([transfer("ar"), transfer("r", rresp=1)], "bus r: EXOKAY is not a response"),
    ([transfer("ar"), {"rvalid": 1, "rdata": 1}, {"rvalid": 1, "rdata": 2}], "bus r: payload changed"),
    ([{"arvalid": 1, "araddr": 4}, {"arvalid": 0}], "bus ar: valid dropped"),
    ([{"arvalid": 1, "araddr": None}], "bus ar: payload must be known"),
])
def test_broken_bus(cycles, text):
    with pytest.raises(AssertionError, match=text):
        lite(*cycles)


@pytest.mark.parametrize(("cycles", "text"), [
    ([transfer("aw")], "1 addresses, 0 words, 0 responses"), ([transfer("ar")], "1 reads, 0 answers")])
def test_requests_without_responses(cycles, text):
    with pytest.raises(AssertionError, match=text):
        lite(*cycles).finish()
