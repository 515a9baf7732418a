"""Many payloads at once have the bits that one payload has."""

import numpy as np
import pytest

from hypgcn_sim.fuzz.words import to_words, word_count
from hypgcn_sim.stimuli.payload import describe, pack, width_of


def payloads():
    from amaranth.hdl import signed
    from amaranth.lib import data

    from hypgcn.stream.layouts import row_response_layout

    return [signed(8), 32, data.ArrayLayout(signed(5), 13), row_response_layout(3), row_response_layout(0)]


def columns(rng, shape, count):
    if "struct" in shape:
        return {name: columns(rng, field, count) for name, _, field in shape["struct"]}
    if "array" in shape:
        return np.stack([columns(rng, shape["array"], count) for _ in range(shape["length"])], axis=1)
    low = -(1 << shape["width"] >> 1) if shape["signed"] else 0
    return rng.integers(low, low + (1 << shape["width"]), count)


def beat(values, index):
    """Beat ``index`` as plain data."""
    if isinstance(values, dict):
        return {name: beat(part, index) for name, part in values.items()}
    return values[index].tolist()


@pytest.mark.parametrize("number", range(5))
def test_words_are_the_packed_payloads(number):
    shape = describe(payloads()[number])
    values = columns(np.random.default_rng(number), shape, 20)
    found = to_words(shape, values)
    assert found.shape == (20, word_count(shape)) and word_count(shape) == -(-width_of(shape) // 32)
    assert [sum(int(word) << 32 * n for n, word in enumerate(row)) for row in found] \
        == [pack(shape, beat(values, index)) for index in range(20)]


def test_fields_that_are_left_out_are_zero():
    shape = {"struct": [["a", 0, {"width": 3, "signed": False}], ["b", 3, {"width": 2, "signed": False}]], "width": 5}
    assert to_words(shape, {"b": np.array([1, 3])}).tolist() == [[8], [24]]
