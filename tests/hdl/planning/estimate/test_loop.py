# amaranth: UnusedElaboratable=no
"""The rows of a store limit the throughput of a block: by hand, and against a block in simulation."""

from dataclasses import replace

import numpy as np
import pytest
from hdl.vectors import vectors

from hypgcn.block import Block, BlockConfig
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import random_design
from hypgcn.golden.block import run_block
from hypgcn.planning.allocator.stores import rows_of
from hypgcn.planning.estimate import COUPLING, Activity, BlockModel
from hypgcn.planning.estimate.block import BlockShape
from hypgcn.planning.estimate.loop import PIPELINE, row_loop
from testbench import run

FRAMES, JOINTS = 12, 20
DESIGN = random_design(5, name="loops", frames=FRAMES, joints=JOINTS, widths=(16, 16, 32),
                       strides=(1, 1, 2), keep=0.5, kernel=3)


@pytest.mark.parametrize(("rows", "reach", "stride", "want"), [
    (5, 4, 1, 10 + 100),                # the row that comes in is the one that is waited for
    (10, 4, 1, (10 + 100) / 6),
    (6, 4, 2, (10 + 100) / 2),
    (7, 4, 2, (30 + 10 + 100) / 4),      # two rows come, then the second output row can go on
    (8, 4, 2, (10 + 100) / 4),
    (9, 8, 2, (30 + 10 + 100) / 2),
])
def test_by_hand(rows, reach, stride, want):
    assert row_loop(rows, reach, stride, 10, 30, 100) == want


# A block in RTL simulation, 30 s a case: the formula is held by hand above, and its use in the estimate below.
@pytest.mark.slow
@pytest.mark.parametrize(("index", "rows"), [
    (1, {"x_rows": 2}), (1, {"x_rows": 3}), (1, {"x_rows": 9}), (1, {"h_rows": 3}),
    (2, {"x_rows": 3}), (2, {"h_rows": 3})])
def test_against_a_block(index, rows):
    """Cycles of the rows of Y that have neighbours on both sides, with stores of few rows and X that comes at once.
    Rows are short here, so that what the pipeline registers hold and take counts: more than 5 %."""
    folding = replace(BlockFolding(conv_joints=JOINTS, conv_pairs=4, lanes=2 * index, lane_pairs=4, x_rows=12,
                                   h_rows=16), **rows)
    block = DESIGN.blocks[index]
    rng = np.random.default_rng(3)
    shape = (FRAMES, JOINTS, block.in_channels)
    x = rng.integers(1, 128, shape) * (rng.random(shape) < 0.4)
    golden = run_block(x, block, 0)
    dut = Block(BlockConfig(block=block, joints=JOINTS, frames=FRAMES, folding=folding, mac="inferred"))

    def thresholds(ctx):
        ctx.set(dut.threshold_h, block.threshold_h)
        ctx.set(dut.threshold_y, block.threshold_y)

    rows_of_y, vectors_of_row = FRAMES // block.stride, JOINTS * block.out_banks
    out = run(dut, {"i": vectors(x)}, {"o": rows_of_y * vectors_of_row}, setup=thresholds, timeout=20_000)
    ends = out["times"]["o"][vectors_of_row - 1::vectors_of_row]
    measured = (ends[-2] - ends[1]) / (rows_of_y - 3) * rows_of_y

    model = BlockModel(BlockShape(block, joints=JOINTS, frames=FRAMES, persons=1, mac="inferred"),
                       Activity.measured(golden["x_stored"][None], golden["h_stored"][None]))
    units = model.units(folding)
    loops = model.loops(folding, units, arrival=JOINTS * block.in_banks)
    # Nothing is in front of it and nothing behind it: no COUPLING.
    fastest = max(units[name].cycles for name in ("graph", "conv", "h_rows", "lanes", "combine"))
    assert measured == pytest.approx(max(fastest, *loops), rel=0.1)
    assert (max(loops) > fastest) == (rows != {"x_rows": 9}), "all cases but one are limited by their rows"


@pytest.mark.parametrize("index", [1, 2])
def test_allocated_rows_limit_nothing(index):
    """Not even where every stage takes as long as the slowest, 400 cycles a row; with stride 2 the sums have two."""
    stride, pad = DESIGN.blocks[index].stride, DESIGN.pad
    rows = rows_of(DESIGN, index)
    assert row_loop(rows["x_rows"], pad, stride, 400, 400, (4 + stride) * 400 + PIPELINE) < 0.9 * 400
    assert row_loop(rows["h_rows"], 2 * pad, stride, 400, 400, stride * 400) < 0.9 * 400


def test_a_store_takes_the_larger_of_its_reads_and_its_loop():
    model = BlockModel.of(DESIGN, 1)
    few = BlockFolding(conv_joints=JOINTS, lanes=2, x_rows=2, h_rows=3)
    units = model.units(few)
    x_loop, h_loop = model.loops(few, units)
    slower_arrival = model.loops(few, units, arrival=10 * x_loop / model.shape.rows)
    assert slower_arrival[0] > x_loop and slower_arrival[1] == h_loop
    assert COUPLING * units["x_store"].cycles == pytest.approx(x_loop)
    assert COUPLING * units["h_store"].cycles == pytest.approx(h_loop)
    many = model.units(replace(few, x_rows=60, h_rows=60))
    assert many["x_store"].cycles == sum(unit.x_reads for unit in units.values()) < units["x_store"].cycles
    assert many["h_store"].cycles == model.temporal(2, 1, 2)["h_store"].cycles < units["h_store"].cycles
