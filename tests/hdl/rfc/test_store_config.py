from dataclasses import replace

import pytest
from amaranth.hdl import Shape

from hypgcn.design.presets import preset
from hypgcn.rfc import RowStoreConfig
from hypgcn.rfc.cost import row_store, store_memories

GOOD = {"frames": 4, "rows": 3, "joints": 5, "banks": 3, "depths": (15, 9, 4, 1), "tags": (0, 6)}


def test_shapes():
    cfg = RowStoreConfig(**GOOD)
    assert cfg.vectors == 15
    assert cfg.header_shape == (16, 45)
    assert cfg.pointer_bits == (6, 5, 4, 2)
    assert cfg.base_shape == (17 + 4 * 2, 15)
    assert Shape.cast(cfg.base_layout).width == 25
    assert cfg.may_fill == cfg.may_block == (False, True, True, True)
    assert cfg.data_shapes == ((32, 45), (32, 28), (32, 13), (32, 4))
    assert cfg.answer_shapes == ((146, 11), (152, 11))
    assert cfg.memories == ((16, 45), (25, 15), (32, 45), (32, 28), (32, 13), (32, 4))
    assert (cfg.header_bits, cfg.base_bits, cfg.data_bits) == (720, 375, 2880)
    assert cfg.bits == 720 + 375 + 2880 == sum(width * depth for width, depth in cfg.memories)
    assert cfg.dense_bits == 128 * 45


def test_smallest_shapes():
    cfg = RowStoreConfig(frames=1, rows=1, joints=1, banks=1, depths=(1, 1, 1, 1), tags=(0,))
    assert cfg.header_shape == (16, 1)
    assert cfg.base_shape == (4, 1)
    assert cfg.words == (2, 2, 2, 2), "one word stays free"


def test_rings_share_the_depths_among_the_slots():
    """Of a window of 3 rows, 4 slots have a third more, up to all vectors of 4 rows, and one word over a window."""
    cfg = RowStoreConfig(**{**GOOD, "rows": 4, "window": 3, "depths": (45, 44, 10, 1)})
    assert cfg.words == (60, 60, 15, 3)
    assert RowStoreConfig(**{**GOOD, "window": 3, "depths": (45, 44, 10, 1)}).words == (45, 45, 11, 2)
    assert RowStoreConfig(**{**GOOD, "window": 3, "rings": (16, 12, 5, 3)}).words == (16, 12, 5, 3)


@pytest.mark.parametrize("entries,words", [
    ((), (60, 31, 15, 3)),
    ((11.0, 4.2, 0.1, 0.0), (60, 32, 16, 2)),       # all vectors of all slots are enough, of the 64 words
    ((15.0, 9.0, 2.9, 0.6), (60, 60, 16, 4)),       # more than a window: 4 * 9, 4 * 0.6 entries
])
def test_rings_of_a_block(entries, words):
    """As many words as the slots usually need, and whatever else their primitives hold."""
    block = preset("tiny").blocks[0]
    block = replace(block, h_depths=(45, 22, 10, 1), h_entries=entries)
    cfg = RowStoreConfig.of(replace(block, taps=block.taps[:, :3]), "h", rows=4, frames=5, joints=15, tags=(0,))
    assert (cfg.window, cfg.banks, cfg.rows, cfg.depths) == (3, 1, 4, (45, 22, 10, 1))
    assert cfg.words == words
    x = RowStoreConfig.of(preset("tiny").blocks[1], "x", rows=9, frames=5, joints=5, tags=(0, 0))
    assert (x.window, x.banks, x.words[0], x.tags) == (5, 1, 45, (0, 0))


@pytest.mark.parametrize("field,value,text", [
    ("frames", 0, "frames must be in 1..65536, not 0"),
    ("rows", 0, "rows must be in 1..1024, not 0"),
    ("window", 0, "window must be in 1..1024, not 0"),
    ("window", 4, "rows must be in 4..1024, not 3"),
    ("rings", (16, 10, 5), r"rings must hold 4 values, not \(16, 10, 5\)"),
    ("rings", (16, 9, 5, 2), r"rings\[1\] must be in 10..4194304, not 9"),
    ("joints", 65, "joints must be in 1..64, not 65"),
    ("banks", 0, "banks must be in 1..64, not 0"),
    ("answers", 1, "answers must be in 2..64, not 1"),
    ("answers", (0, 1), r"answers\[1\] must be in 2..64, not 1"),
    ("answers", (0, 2, 2), r"answers must hold one size per reader, 2, not \(0, 2, 2\)"),
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
    ("rings", [16, 10, 5, 2], r"rings must be a tuple, not \[16, 10, 5, 2\]"),
    ("tags", 2, "tags must be a tuple, not 2"),
    ("depths", (1, 1, 1, 1.5), r"depths\[3\] must be an integer, not 1.5"),
])
def test_rejects_kinds(field, value, text):
    with pytest.raises(TypeError, match=text):
        RowStoreConfig(**{**GOOD, field: value})


def test_memories_that_would_fill_a_block_ram_are_ultra():
    cfg = RowStoreConfig(frames=40, rows=12, joints=25, banks=12, depths=(2000, 900, 300, 20), window=9, tags=(0,))
    assert not cfg.ultra_memories
    ultra = replace(cfg, ultra=True)
    assert ultra.ultra_memories == {"header", "data0", "data1"}
    assert ultra.named_memories == cfg.named_memories
    kinds = {name: memory.kind for name, memory in store_memories(ultra).items()}
    assert kinds == {"header": "ultra", "base": "ram", "data0": "ultra", "data1": "ultra", "data2": "ram",
                     "data3": "ram"}
    plain, large = row_store(cfg).resources, row_store(ultra).resources
    assert plain.uram == 0 and large.uram == 3 and large.bram36 <= plain.bram36 - 3
    assert (large.dsp, large.lut) == (plain.dsp, plain.lut)
    ports = replace(ultra, tags=(0, 0), ports=2)
    assert row_store(ports).resources.uram == 6
