"""The building blocks of the LUT model: what they grow with. Units are compared with Yosys in their own tests."""

import pytest

from hypgcn.cost import luts
from hypgcn.cost.memory import Primitives


def test_memories():
    assert luts.of_memory(Primitives(lut_rams=3)) == 24
    assert luts.of_memory(Primitives(bram36=3)) == 0
    assert luts.of_memory(Primitives(logic_bits=110)) == pytest.approx(2)


def test_multiplexers_grow_with_words_and_bits():
    assert luts.multiplexer(1, 40) == luts.multiplexer(0, 40) == 0
    assert luts.multiplexer(5, 40) == pytest.approx(2 * luts.multiplexer(3, 40))
    assert luts.multiplexer(5, 40) == pytest.approx(2 * luts.multiplexer(5, 20))


def test_queues_grow_with_their_addresses():
    assert luts.queue(1) == luts.queue(2) < luts.queue(3) == luts.queue(4) < luts.queue(5)
