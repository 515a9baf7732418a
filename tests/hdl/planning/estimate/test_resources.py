"""Estimated DSPs, block RAMs and LUTs against what Yosys counted for the units of the small network."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hypgcn.arith import PackedMacConfig
from hypgcn.design import Design
from hypgcn.design.folding import Folding
from hypgcn.design.presets import preset
from hypgcn.planning.estimate import BlockModel, Resources, lut, resources
from hypgcn.planning.estimate.memory import Memory

ROOT = Path(__file__).parents[4]
COUNTED = {row["unit"]: row for row in json.loads((ROOT / "results" / "synth.json").read_text())}
DESIGN = Design.load(ROOT / "checkpoints" / "nwucla_small" / "design")
FOLDING = Folding.load(Path(__file__).with_name("synth_folding.json"))
IDENTITY, CONV = 1, 2
"""Blocks that the benches of units take."""


def model(index):
    return BlockModel(DESIGN, index, FOLDING.mac)


def units(index):
    return {name: unit.resources for name, unit in model(index).units(FOLDING.blocks[index]).items()}


def total(index, *names):
    found = units(index)
    return sum((found[name] for name in names if name in found), Resources())


SPATIAL = ("loader", "frame_buffer", "graph", "conv", "h_requant", "h_rows", "h_shortcut")
TEMPORAL = ("lanes", "dispatch", "h_store", "combine", "y_shortcut")


def mac(form):
    cfg = PackedMacConfig(acc_width=DESIGN.blocks[CONV].y_acc_width, form=form)
    queue = Memory("async", 2 * cfg.acc_width, 8).primitives
    return Resources(cfg.dsps, 0, lut.mac(cfg.acc_width, form) + lut.unpack(1, cfg.acc_width) * (form != "single")
                     + lut.memory(queue) + lut.queue(8) + 14)


def of_lane():
    folding = FOLDING.blocks[CONV]
    plan = model(CONV).plan(folding.lane_pairs, folding.y_width)
    return resources.lane(plan) + Resources(lut=lut.unpack(plan.pairs, plan.mac.acc_width))


ESTIMATED = {
    "packed_mac_dsp48e2": lambda: mac("dsp48e2"), "packed_mac_inferred": lambda: mac("inferred"),
    "packed_mac_single": lambda: mac("single"),
    "requant": lambda: units(IDENTITY)["h_requant"],
    "rfc_encoder": resources.encoder,
    "rfc_decoder": lambda: Resources(lut=lut.DECODER), "rfc_expander": lambda: Resources(lut=lut.EXPANDER),
    "shortcut_reader": lambda: units(IDENTITY)["h_shortcut"],
    "row_loader": lambda: units(CONV)["loader"], "frame_buffer": lambda: units(CONV)["frame_buffer"],
    "graph_unit": lambda: units(CONV)["graph"], "conv_array": lambda: units(CONV)["conv"],
    "row_buffer": lambda: resources.row_buffer(model(CONV).spatial.rows),
    "spatial_unit_identity": lambda: total(IDENTITY, *SPATIAL, "x_store"),
    "spatial_unit_conv": lambda: total(CONV, *SPATIAL, "x_store"),
    "temporal_lane": of_lane,
    "temporal_unit_identity": lambda: total(IDENTITY, *TEMPORAL, "x_store"),
    "temporal_unit_conv": lambda: total(CONV, *TEMPORAL, "x_store"),
    "block_identity": lambda: total(IDENTITY, *SPATIAL, *TEMPORAL, "x_store"),
    "block_conv": lambda: total(CONV, *SPATIAL, *TEMPORAL, "x_store"),
    "input_affine": lambda: resources.input_affine(DESIGN),
    "absent_persons": lambda: resources.absent_persons(DESIGN),
    "head": lambda: resources.head(DESIGN, FOLDING.head_width, FOLDING.leaves_out(DESIGN)),
}


LARGE = {row["unit"]: row for row in json.loads(Path(__file__).with_name("large_units.json").read_text())}
"""Units of block 5 of the preset ``full``, counted by the same command with the sizes that ``large`` has."""


def large():
    found = BlockModel(preset("full"), 5)
    graph, conv, temporal = found.graph(3), found.conv(9, 12, 8), found.temporal(8, 6, 4)
    graphs = {f"graph{at_once}": found.graph(at_once)["graph"].resources for at_once in (1, 2, 3)}
    return {
        "combine": temporal["combine"].resources + Resources(lut=-lut.ENCODERS[4] - 2 * lut.VECTOR),
        "row_store8": found.stores(10, 12, 8)["h_store"], **graphs,
        "requant8": conv["h_requant"].resources, "conv108": conv["conv"].resources,
        "row_buffer8": conv["h_rows"].resources + Resources(lut=-lut.ENCODERS[8]), "loader": graph["loader"].resources,
    }


def test_large_units_against_yosys():
    found = large()
    assert set(found) == set(LARGE)
    for name, part in found.items():
        counted = LARGE[name]
        assert (part.dsp, part.bram36) == (counted["dsp"], counted["bram36"]), name
        assert part.lut == pytest.approx(counted["lut"], rel=0.2), name


@pytest.mark.synth
@pytest.mark.parametrize("unit", ["conv_array", "graph_unit"])
def test_against_a_fresh_synthesis(unit, tmp_path):
    from hypgcn.emission.emit import emit
    from hypgcn.spatial import ConvArray, GraphUnit
    from hypgcn_sim.synthesis.units import synthesise

    cfg = model(CONV).spatial
    cfg = replace(cfg, folding=FOLDING.blocks[CONV])
    emit(ConvArray(cfg.array) if unit == "conv_array" else GraphUnit(cfg.graph), "top", tmp_path)
    counted, found = synthesise(tmp_path, "top"), ESTIMATED[unit]()
    assert (found.dsp, found.bram36) == (counted["dsp"], counted["bram36"])
    assert found.lut == pytest.approx(counted["lut"], rel=0.2)


def test_every_counted_unit_is_estimated():
    assert set(COUNTED) - set(ESTIMATED) == {"row_store"}    # its depths come from recorded clips


@pytest.mark.parametrize("unit", ESTIMATED)
def test_against_yosys(unit):
    found, counted = ESTIMATED[unit](), COUNTED[unit]
    assert (found.dsp, found.bram36) == (counted["dsp"], counted["bram36"])
    assert found.lut == pytest.approx(counted["lut"], rel=0.2)


def test_requantisers_of_narrow_multipliers():
    """A product of a wide sum takes two multipliers of 18 bits; the sums of the first block's H fit one."""
    narrow = [BlockModel(DESIGN, index, "single", multiplier=18) for index in range(len(DESIGN.blocks))]
    widths = [part.spatial.requant.acc_width for part in narrow]
    assert 18 in widths and max(widths) > 18
    assert [part.requant(4).dsp for part in narrow] == [4 if width <= 18 else 8 for width in widths]
    assert all(part.lane(2, 4)[1].dsp == 4 * (1 + (part.y_acc_width > 18)) for part in narrow)
    wide = BlockModel(DESIGN, widths.index(max(widths)), "single")
    assert wide.requant(4).dsp == 4
