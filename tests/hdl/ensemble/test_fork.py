# amaranth: UnusedElaboratable=no
"""A fork gives every payload to every sink once, however late each is."""

import random

import pytest

from hypgcn.ensemble import Fork
from testbench import STREAM_PATTERNS, run


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_sink_gets_everything(count, idle, stall):
    items = [random.Random(count).getrandbits(8) for _ in range(50)]
    out = run(Fork(8, count), {"i": items}, {f"o.{index}": len(items) for index in range(count)}, idle=idle,
              stall=stall)
    assert all(out[f"o.{index}"] == items for index in range(count))


def test_a_payload_a_cycle():
    assert run(Fork(8, 2), {"i": list(range(40))}, {"o.0": 40, "o.1": 40})["cycles"] <= 42
