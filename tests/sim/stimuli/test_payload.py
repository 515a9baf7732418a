import pytest
from amaranth import *
from amaranth.lib import data

from hypgcn.stream.layouts import row_response_layout, vector_layout
from hypgcn_sim.stimuli.beats import vector
from hypgcn_sim.stimuli.payload import describe, difference, pack, unpack, width_of

PAIR = data.StructLayout({"c": 2, "d": signed(4)})
NESTED = data.StructLayout({"a": signed(3), "b": data.ArrayLayout(PAIR, 3), "e": 0})


@pytest.mark.parametrize(("shape", "value"), [
    (unsigned(1), 1), (signed(8), -128), (signed(8), 127), (data.ArrayLayout(signed(8), 3), [-1, 0, 5]),
    (NESTED, {"a": -4, "b": [{"c": 3, "d": -8}, {"c": 0, "d": 7}, {"c": 1, "d": -1}], "e": 0}),
    (row_response_layout(3), {"vector": vector([0, 5, 0, -7] + [0] * 12, 1), "empty": 0, "tag": 6}),
])
def test_there_and_back(shape, value):
    plain = describe(shape)
    assert width_of(plain) == Shape.cast(shape).width
    assert unpack(plain, pack(plain, value)) == value


def test_agrees_with_amaranth():
    value = {"a": -1, "b": [{"c": 2, "d": -3}] * 3}
    assert pack(describe(NESTED), value) == NESTED.const(value).as_bits()


def test_missing_fields_are_zero():
    assert pack(describe(NESTED), {}) == 0


@pytest.mark.parametrize(("shape", "value", "text"), [
    (unsigned(3), 8, r"value must be in 0\.\.7, not 8"), (unsigned(3), -1, "not -1"), (signed(4), 8, r"-8\.\.7, not 8"),
    (data.ArrayLayout(8, 2), [1], "must have 2 elements, not 1"), (NESTED, {"x": 1}, "fields must be of"),
])
def test_rejects(shape, value, text):
    with pytest.raises(ValueError, match=text):
        pack(describe(shape), value)


@pytest.mark.parametrize(("change", "found"), [
    ({}, None),
    ({"overflow": 1}, ("overflow", 0, 1)),
    ({"values": [5, -6] + [0] * 14}, ("channel[3]", -7, -6)),   # by channel, not by place in the packed vector
    ({"mask": 0b110}, ("channel[2]", 0, -7)),
    ({"values": [5, -7, 1] + [0] * 13}, ("values[2]", 0, 1)),   # of no channel, still wrong
])
def test_difference_names_the_field(change, found):
    plain, right = describe(vector_layout()), vector([0, 5, 0, -7] + [0] * 12)
    assert difference(plain, pack(plain, right), pack(plain, {**right, **change})) == found
