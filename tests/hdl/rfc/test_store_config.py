import pytest
from amaranth.hdl import Shape

from hypgcn.rfc import RowStoreConfig

GOOD = {"frames": 4, "rows": 3, "joints": 5, "banks": 3, "depths": (15, 9, 4, 1), "tags": (0, 6)}


def test_shapes():
    cfg = RowStoreConfig(**GOOD)
    assert cfg.vectors == 15
    assert cfg.header_shape == (16 + 4 * 2, 45)
    assert Shape.cast(cfg.header_layout).width == 24
    assert cfg.pointer_bits == (6, 5, 4, 2)
    assert cfg.base_shape == (17, 15)
    assert Shape.cast(cfg.base_layout).width == 17
    assert cfg.data_shapes == ((32, 45), (32, 27), (32, 12), (32, 3))
    assert cfg.answer_shapes == ((146, 9), (152, 9))
    assert cfg.memories == ((24, 45), (17, 15), (32, 45), (32, 27), (32, 12), (32, 3))
    assert (cfg.header_bits, cfg.base_bits, cfg.data_bits) == (1080, 255, 2784)
    assert cfg.bits == 1080 + 255 + 2784 == sum(width * depth for width, depth in cfg.memories)
    assert cfg.dense_bits == 128 * 45


def test_smallest_shapes():
    cfg = RowStoreConfig(frames=1, rows=1, joints=1, banks=1, depths=(1, 1, 1, 1), tags=(0,))
    assert cfg.header_shape == (16, 1)
    assert cfg.base_shape == (4, 1)


@pytest.mark.parametrize("field,value,text", [
    ("frames", 0, "frames must be in 1..65536, not 0"),
    ("rows", 0, "rows must be in 1..1024, not 0"),
    ("joints", 65, "joints must be in 1..64, not 65"),
    ("banks", 0, "banks must be in 1..64, not 0"),
    ("answers", 1, "answers must be in 2..64, not 1"),
    ("depths", (15, 9, 4), r"depths must hold 4 values, not \(15, 9, 4\)"),
    ("depths", (16, 9, 4, 1), r"depths\[0\] must be in 1..15, not 16"),
    ("depths", (15, 9, 4, 0), r"depths\[3\] must be in 1..15, not 0"),
    ("tags", (), r"tags must hold one width per reader, at least one, not \(\)"),
    ("tags", (0, -1), r"tags\[1\] must be in 0..64, not -1"),
])
def test_rejects_values(field, value, text):
    with pytest.raises(ValueError, match=text):
        RowStoreConfig(**{**GOOD, field: value})


@pytest.mark.parametrize("field,value,text", [
    ("rows", 2.0, "rows must be an integer, not 2.0"),
    ("rows", True, "rows must be an integer, not True"),
    ("depths", [1, 1, 1, 1], r"depths must be a tuple, not \[1, 1, 1, 1\]"),
    ("tags", 2, "tags must be a tuple, not 2"),
    ("depths", (1, 1, 1, 1.5), r"depths\[3\] must be an integer, not 1.5"),
])
def test_rejects_kinds(field, value, text):
    with pytest.raises(TypeError, match=text):
        RowStoreConfig(**{**GOOD, field: value})
