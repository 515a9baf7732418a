"""Both orders of graph and 1x1: products counted one by one, sizes held to the rules of the units they follow."""

import json
from dataclasses import replace
from math import ceil

import numpy as np
import pytest

from hypgcn.design.presets import preset, random_design
from hypgcn.golden.network import run as golden
from hypgcn.planning.allocator.allocate import PLENTY, Allocator, Budget
from hypgcn.planning.estimate import Activity, BlockModel
from hypgcn.planning.estimate.order import FirstConv, compare, orders_table
from hypgcn_sim.stimuli.clips import generated_clip

DESIGN = random_design(5, name="order", frames=4, joints=5, persons=1, widths=(16, 20), strides=(1, 2), classes=3)


def sparse_graph(design, index, share):
    """The design with only every n-th edge of a block."""
    block = design.blocks[index]
    mask = np.arange(block.graph.size).reshape(block.graph.shape) % share == 0
    blocks = list(design.blocks)
    blocks[index] = replace(block, graph=(np.where(block.graph == 0, 1, block.graph) * mask).astype(np.int8))
    return replace(design, blocks=tuple(blocks))


@pytest.mark.parametrize("index", [0, 1])
def test_products_counted_one_by_one(index):
    design = sparse_graph(DESIGN, index, 3)
    block = design.blocks[index]
    tensors = golden(design, generated_clip(design, 1))
    x, h = tensors[f"blocks.{index}.x_stored"], tensors[f"blocks.{index}.h_stored"]
    first = FirstConv(model=BlockModel(design, index, activity=Activity.measured(x, h)))
    by_hand = {"graph_first_graph": 0, "graph_first_conv": 0, "conv_first_conv": 0, "conv_first_graph": 0}
    outputs, subsets, joints = block.out_channels, design.subsets, design.joints
    for row in x.reshape(-1, *x.shape[-2:]):
        for _, channel in np.argwhere(row):
            copied = block.down is not None and block.down[:, channel].any()
            by_hand["graph_first_graph"] += subsets * joints * int(block.kept[channel])
            by_hand["conv_first_conv"] += outputs * (subsets * int(block.kept[channel]) + int(copied))
        entries = subsets * int(block.kept.sum())
        entries += 0 if block.down is None else int(block.down.any(axis=0).sum())
        by_hand["graph_first_conv"] += entries * joints * outputs
        edges = int((block.graph != 0).sum()) + (0 if block.down is None else joints)
        by_hand["conv_first_graph"] += edges * outputs
    assert first.multiplies == pytest.approx(by_hand)


def test_kept_edges_are_fewer():
    design = sparse_graph(DESIGN, 1, 4)
    kept, dense = (FirstConv(model=BlockModel(design, 1), edges=edges) for edges in ("kept", "dense"))
    down = 0 if design.blocks[1].down is None else design.joints
    assert kept.graph.sum() == ceil(3 * 25 / 4) + down and dense.graph.sum() == 75 + down
    assert kept.walk(2, 2, 4)["walk"].cycles < dense.walk(2, 2, 4)["walk"].cycles


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_steps_hold_all_edges(depth):
    first = FirstConv(model=BlockModel(sparse_graph(DESIGN, 1, 2), 1))
    steps = first.steps(depth)
    assert (steps * depth >= first.graph.sum(axis=0)).all() and (steps <= first.graph.sum(axis=0)).all()
    walk = first.walk(4, depth, 4)["walk"]
    assert walk.resources.dsp == 4 * depth
    assert walk.cycles == first.model.rows * ceil(DESIGN.blocks[1].out_channels / 8) * np.maximum(steps, 2).sum()


def test_lanes_work_at_least_on_every_non_zero():
    model = BlockModel(DESIGN, 1)
    first = FirstConv(model=model)
    for lanes, pairs in ((1, 4), (2, 4), (2, 15)):
        units = first.sparse(lanes, pairs, 4)
        products = first.multiplies["conv_first_conv"]
        assert units["lanes"].cycles * lanes * pairs * 2 >= products * (1 - 1e-9)
        assert units["lanes"].resources.dsp == lanes * pairs
        assert units["drain"].cycles == model.rows * model.joints * ceil(len(first.weights) / 4)


def test_cheaper_order_is_never_slower():
    design, budget = preset("tiny"), Budget(dsp=90, bram36=60, lut=40_000)
    base = Allocator(design)
    found = compare(design, budget, base=base)
    assert found["mixed_cycles"] <= found["graph_first_cycles"]
    assert [row["block"] for row in found["blocks"]] == list(range(len(design.blocks)))
    for row in found["blocks"]:
        shares = {order: row[order]["share"] for order in ("graph_first", "conv_first") if row[order]}
        assert row["cheaper"] == min(shares, key=lambda order: shares[order])
    text = orders_table(json.loads(json.dumps(found)))
    assert "graph first in all blocks: " in text and "order of each, kept edges" in text
    assert f"{found['mixed_cycles']:,} cycles" in text


def test_order_is_chosen_where_it_pays():
    """A graph with a handful of edges makes the product behind the 1x1 nearly free."""
    wide = random_design(6, name="wide", frames=4, joints=12, persons=1, widths=(64, 64), strides=(1, 1), classes=3)
    few = replace(wide, blocks=tuple(replace(block, graph=(block.graph * (np.arange(
        block.graph.size).reshape(block.graph.shape) % 12 == 0)).astype(np.int8), kept=np.ones_like(block.kept),
        spatial=np.where(block.spatial == 0, 1, block.spatial).astype(np.int8), density_x=0.05)
        for block in wide.blocks))
    found = compare(few, Budget(dsp=400, bram36=PLENTY, lut=PLENTY))
    assert found["blocks"][1]["cheaper"] == "conv_first" and found["mixed_cycles"] < found["graph_first_cycles"]
