"""The LUT model's parts: what they grow with. What they come to is held to Yosys in ``test_resources.py``."""

import pytest

from hypgcn.planning.estimate import lut
from hypgcn.planning.estimate.memory import Primitives


def test_memories():
    assert lut.memory(Primitives(lut_rams=3)) == 24
    assert lut.memory(Primitives(bram36=3)) == 0


def test_multiplexers_grow_with_words_and_bits():
    assert lut.choice(1, 40) == lut.choice(0, 40) == 0
    assert lut.choice(5, 40) == pytest.approx(2 * lut.choice(3, 40)) == pytest.approx(2 * lut.choice(5, 20))


def test_wide_sums_count_their_wraps():
    assert lut.mac(19, "dsp48e2") < lut.mac(20, "dsp48e2") < lut.mac(23, "dsp48e2") < lut.mac(23, "inferred")
    assert lut.raw_bits(19) == 38 and lut.raw_bits(21) == 42
    assert lut.multipliers(3, "single") == 6 and lut.multipliers(3, "inferred") == 3
