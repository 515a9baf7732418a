"""Tensor files: types, round trip, damage (see also test_network.py)."""

import numpy as np
import pytest

from hypgcn.design.tensors import dump_tensors, parse_tensors


def test_round_trip(tmp_path):
    tensors = {"a": np.arange(-3, 3, dtype=np.int8).reshape(2, 3), "b": np.array([1 << 40], np.int64),
               "empty": np.zeros((0, 4), np.int32)}
    (tmp_path / "t").write_bytes(dump_tensors(tensors))
    found = parse_tensors(tmp_path / "t")
    assert sorted(found) == sorted(tensors)
    for name, array in tensors.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_order_of_names_does_not_matter():
    a, b = np.zeros(2, np.int8), np.ones(3, np.int16)
    assert dump_tensors({"a": a, "b": b}) == dump_tensors({"b": b, "a": a})


def test_float_tensors_are_refused(tmp_path):
    with pytest.raises(TypeError, match="tensor a must be one of I8, U8, I16, I32, I64, not float32"):
        dump_tensors({"a": np.zeros(1, np.float32)})
