# amaranth: UnusedElaboratable=no
import numpy as np
import pytest
from amaranth.hdl import Signal, signed
from hdl.arith.requant_vectors import CONFIGS, check, golden

from hypgcn.arith import Requant, RequantConfig
from hypgcn.arith.requant import products
from testbench import STREAM_PATTERNS, run, simulate


@pytest.mark.parametrize("idle,stall", STREAM_PATTERNS)
@pytest.mark.parametrize("name", CONFIGS)
def test_matches_numbers(name, idle, stall):
    check(Requant(CONFIGS[name]), 150, idle=idle, stall=stall)


@pytest.mark.parametrize("shift", [1, 2, 8])
def test_rounds_half_up(shift):
    """Every accumulator of 11 bits, so every tie on both sides of zero, and both limits from both sides."""
    cfg = RequantConfig(lanes=1, acc_width=11, mult=(3,), bias=(-1,), shift=shift, low=-100, high=90)
    items = [{"acc": [acc], "res": [0], "group": 0} for acc in range(-1024, 1024)]
    result = run(Requant(cfg), {"i": items}, {"o": len(items)}, timeout=5000)
    np.testing.assert_array_equal([item["values"] for item in result["o"]], golden(cfg, items))


def test_products_of_constants():
    value = Signal(signed(8))

    async def testbench(ctx):
        for factor in [*range(1, 40), 255, 1365, 2731, 4094, 4095]:
            terms = products(value, factor)
            assert len(terms) <= 4
            for number in (-128, -1, 0, 1, 127):
                ctx.set(value, number)
                assert sum(ctx.get(term) for term in terms) == number * factor
    simulate(Requant(CONFIGS["one lane"]), testbench)
