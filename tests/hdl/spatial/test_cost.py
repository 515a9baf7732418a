"""Estimated cost of the units of the spatial unit: against Yosys' counts, and cycles counted by hand."""

from dataclasses import replace

import pytest
from hdl.measured import CONV, COUNTED, FOLDING, LARGE, check, model, units

from hypgcn.cost import Resources
from hypgcn.design.presets import preset
from hypgcn.planning.estimate import BlockModel
from hypgcn.rfc.cost import ENCODERS
from hypgcn.spatial.corner_turn import CornerTurnConfig
from hypgcn.spatial.cost import (
    array_memory,
    conv_array,
    corner_turn,
    frame_buffer,
    frame_memory,
    graph_unit,
    row_buffer,
    row_loader,
    row_memory,
)
from hypgcn.spatial.loader import RowLoaderConfig

ESTIMATED = {
    "row_loader": lambda: units(CONV)["loader"], "frame_buffer": lambda: units(CONV)["frame_buffer"],
    "graph_unit": lambda: units(CONV)["graph"],
    "graph_in_parts": lambda: model(CONV).graph(1, parts=2)["graph"].resources,
    "conv_array": lambda: units(CONV)["conv"],
    "row_buffer": lambda: row_buffer(replace(model(CONV).shape.spatial, folding=FOLDING.blocks[CONV]).rows,
                                     rows=1).resources,
    "corner_turn": lambda: corner_turn(replace(model(CONV).shape.spatial.turn, width=8), rows=1).resources,
}


TOO_HIGH = pytest.mark.xfail(strict=True, reason="8 LUTs or 25 % high; another constant would move every table")


@pytest.mark.parametrize("unit", [pytest.param(unit, marks=TOO_HIGH if unit == "row_buffer" else ())
                                  for unit in ESTIMATED])
def test_against_yosys(unit):
    check(ESTIMATED[unit](), COUNTED[unit])


def test_a_dead_zone_costs_a_comparison_a_joint():
    cfg = model(CONV).shape.spatial.graph
    plain, with_zone = (graph_unit(replace(cfg, threshold=threshold), rows=1, tokens=[1.0] * len(cfg.kept))
                        for threshold in (0, 5))
    assert with_zone.resources.lut == plain.resources.lut + 5 * cfg.joints and with_zone.cycles == plain.cycles


def test_large_units_against_yosys():
    large = BlockModel.of(preset("full"), 5)
    conv = large.conv(9, 12, 8)
    check(large.graph(3)["loader"].resources, LARGE["loader"])
    for at_once in (1, 2, 3):
        check(large.graph(at_once)["graph"].resources, LARGE[f"graph{at_once}"])
    check(conv["conv"].resources, LARGE["conv108"])
    check(conv["h_rows"].resources + Resources(lut=-ENCODERS[8]), LARGE["row_buffer8"])


@pytest.mark.parametrize(("joints", "entries", "width"), [
    (25, 48, 16), (25, 100, 8), (20, 48, 8), (20, 40, 4), (20, 48, 2)])
def test_corner_turn_against_yosys(joints, entries, width):
    cfg = CornerTurnConfig(joints=joints, entries=entries, width=width)
    check(corner_turn(cfg, rows=1).resources, LARGE[f"corner_turn{width}_{joints}"])
    assert corner_turn(cfg, rows=7).cycles == 7 * cfg.cycles


@pytest.mark.synth
@pytest.mark.parametrize("unit", ["conv_array", "graph_unit"])
def test_against_a_fresh_synthesis(unit, tmp_path):
    from hypgcn.emission.emit import emit
    from hypgcn.spatial import ConvArray, GraphUnit
    from hypgcn_sim.synthesis.units import synthesise

    cfg = replace(model(CONV).shape.spatial, folding=FOLDING.blocks[CONV])
    emit(ConvArray(cfg.array) if unit == "conv_array" else GraphUnit(cfg.graph), "top", tmp_path)
    check(ESTIMATED[unit](), synthesise(tmp_path, "top"))


def test_cycles_are_those_of_the_configs():
    spatial = replace(model(CONV).shape.spatial, folding=FOLDING.blocks[CONV])
    tokens = [3.5] * len(spatial.channels)
    assert graph_unit(spatial.graph, rows=7, tokens=tokens).cycles == 7 * spatial.graph.cycles(tokens)
    assert conv_array(spatial.array, rows=7).cycles == 7 * spatial.array.cycles
    assert row_buffer(spatial.rows, rows=7).cycles == 7 * spatial.rows.cycles
    assert frame_buffer(spatial.buffer).cycles == 0


def test_loader_takes_the_values_but_at_least_the_vectors():
    """20 channels, of which bank 0 brings 4 joints * 2 values and bank 1 only empty vectors, one for each joint."""
    cfg = RowLoaderConfig(rows=8, joints=4, needed=(True, True) + (False,) * 15 + (True,) * 3)
    unit = row_loader(cfg, rows=10, tokens=[4.0, 4.0] + [1.0] * 15 + [0.0] * 3)
    assert (unit.cycles, unit.x_reads) == (10 * (8 + 4), 10 * 4 * 2)
    with_bank = replace(cfg, needed=cfg.needed[:2] + (False,) * 18)
    assert row_loader(with_bank, rows=10, tokens=[4.0, 4.0] + [1.0] * 18).x_reads == 10 * 4


def test_memories_hold_two_rows():
    spatial = replace(model(CONV).shape.spatial, folding=FOLDING.blocks[CONV])
    assert frame_memory(spatial.buffer).depth == 2 * spatial.joints * len(spatial.channels)
    assert array_memory(spatial.array).depth == 2 * spatial.array.steps
    assert row_memory(spatial.rows).depth == 2 * spatial.joints * spatial.rows.groups
