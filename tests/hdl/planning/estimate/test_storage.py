"""Where features are kept: every figure of a store recounted from its memories, totals held to the estimate."""

import json
from dataclasses import replace

import pytest

from hypgcn.cost import Memory
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset
from hypgcn.planning.estimate import Activity, estimate, storage
from hypgcn.planning.estimate.storage import CONV_SHORTCUT_ROWS, LOADER_ROWS

FULL = preset("small")
DESIGN = replace(FULL, blocks=tuple(replace(
    block, x_depths=(block.x_depths[0], 60, 25, 5), h_depths=(block.h_depths[0], 126, 54, 9),
    h_entries=(FULL.joints * block.out_banks, 11.0, 2.0, 0.1)) for block in FULL.blocks))
FOLDING = Folding(blocks=(BlockFolding(conv_joints=2, conv_pairs=4, conv_depth=2, h_width=4, lanes=2, lane_pairs=3,
                                       x_rows=10),) * len(DESIGN.blocks))


def bram(width, depth):
    return Memory("ram", width, depth).primitives.bram36


@pytest.fixture(scope="module")
def held():
    return storage(DESIGN, FOLDING)


def test_nothing_is_left_out(held):
    found = held.totals()
    assert found["stores"] + found["buffers"] + found["weights"] == found["all"]
    assert found["all"] == estimate(DESIGN, FOLDING).resources.bram36
    units, io = estimate(DESIGN, FOLDING).blocks, estimate(DESIGN, FOLDING).io
    assert found["stores"] == sum(block["x_store"].resources.bram36 + block["h_store"].resources.bram36
                                  for block in units)
    # The only ROMs that are large, and the tables of input and head, which are long.
    assert found["weights"] == sum(block["lanes"].resources.bram36 for block in units) + 1.0
    assert io["input"].resources.bram36 == io["head"].resources.bram36 == 0.5
    assert [part.name for part in held.buffers[:3]] == ["frame_buffer", "conv", "h_rows"]


def test_store_against_its_memories(held):
    for store in held.stores:
        cfg = store.cfg
        parts = [cfg.header_shape, cfg.base_shape, *cfg.data_shapes]
        assert store.bram36 == sum(bram(*shape) for shape in parts)
        assert store.uncompressed == bram(128, cfg.rows * cfg.joints * cfg.banks)
        assert store.unshared >= len(parts) and store.unshared >= store.bram36
        row = store.row()
        assert row["bits"] == sum(width * depth for width, depth in parts) == sum(m["bits"] for m in row["memories"])
        assert all(m["allocated_bits"] >= m["bits"] for m in row["memories"])
        assert row["rfc_saving"] == pytest.approx(1 - row["bits"] / row["uncompressed_bits"], abs=1e-4)


def test_every_port_has_the_memories_whatever_they_hold(held):
    for store in held.stores:
        if len(store.cfg.tags) > 1:
            twice = replace(store, cfg=replace(store.cfg, ports=2))
            for name in ("bram36", "uncompressed", "unshared"):
                assert getattr(twice, name) == 2 * getattr(store, name), name
            assert twice.row()["rfc_saving"] == store.row()["rfc_saving"]


def test_one_store_serves_all_readers(held):
    for index, block in enumerate(DESIGN.blocks):
        x, h = (next(store for store in held.stores if (store.block, store.holds) == (index, what)) for what in "xh")
        lifetimes = {"loader": LOADER_ROWS}
        if block.shortcut_h == "identity":
            lifetimes["shortcut_h"] = CONV_SHORTCUT_ROWS
        if block.shortcut_y != "none":
            lifetimes["shortcut_y"] = 10
        assert x.lifetimes == lifetimes and len(x.cfg.tags) == len(lifetimes) and h.lifetimes == {"lanes": 12}
        alone = 0
        for rows in lifetimes.values():
            share = {"rings": tuple(-(-words * rows // 10) for words in x.cfg.words)} if rows > 4 else {
                "window": rows, "depths": tuple(-(-depth * rows // 5) for depth in x.cfg.depths), "rings": ()}
            alone += sum(bram(*shape) for shape in replace(x.cfg, rows=rows, **share).memories)
        assert x.per_reader() == alone and h.per_reader() == h.bram36
    found = held.totals()
    assert found["saved_against_per_reader"] == sum(s.per_reader() - s.bram36 for s in held.stores) > 0


def test_margins_from_what_was_measured():
    block = DESIGN.blocks[1]
    maximum = tuple(max(1, depth - 1) for depth in block.x_depths)
    activities = [replace(Activity.assumed(each, DESIGN.joints), x_max=maximum if each is block else (0,) * 4,
                          x_mean=(1.0,) * 4, h_max=(1,) * 4, h_mean=(0.5,) * 4) for each in DESIGN.blocks]
    held = storage(DESIGN, FOLDING, activities)
    store = next(store for store in held.stores if (store.block, store.holds) == (1, "x"))
    vectors = DESIGN.joints * block.in_banks
    assert store.cfg.window == 5 and store.cfg.words[0] == 10 * vectors
    wanted = tuple(float("inf") if depth == 5 * vectors else depth / count
                   for depth, count in zip(block.x_depths, maximum))
    assert store.margin == wanted
    row = store.row()
    assert row["margin"] == [None if each == float("inf") else round(each, 3) for each in wanted]
    headers = store.cfg.header_bits + store.cfg.base_bits
    assert row["rfc_saving_of_mean"] == pytest.approx(
        1 - (headers + 32 * 10 * 4) / (128 * 10 * vectors), abs=1e-4)
    assert row["rfc_saving"] <= row["rfc_saving_without_margin"] <= row["rfc_saving_of_mean"]
    json.loads(json.dumps(held.report(), allow_nan=False))
    assert held.totals()["min_margin"] == round(min(s for each in held.stores for s in each.margin), 3)
    assert f"({maximum[0]})" in held.table()


def test_zeros_alone_decide_what_compression_saves(held):
    """A store as deep as its rows saves nothing: its headers come on top."""
    found, more = held.totals(), storage(FULL, FOLDING).totals()
    assert more["rfc_saving"] < 0 < found["rfc_saving"]
    assert more["uncompressed"] == found["uncompressed"]


def test_rings_follow_what_rows_usually_take():
    """The H store has 12 rows: words for as many mean rows, at least one more than a window, then what is there."""
    for store in storage(DESIGN, FOLDING).stores[1::2]:
        vectors = store.cfg.vectors
        assert store.cfg.words == (12 * vectors, min(512, 12 * vectors), 64, 16)
        assert store.row()["words"] == list(store.cfg.words) and store.row()["window"] == 9
