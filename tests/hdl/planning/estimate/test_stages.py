from dataclasses import replace

import pytest
from hdl.planning.estimate.test_block import asked_for

from hypgcn.block import Block, BlockConfig
from hypgcn.design.folding import BlockFolding, Folding, ScalesFolding
from hypgcn.design.presets import preset
from hypgcn.design.scale_presets import with_scales
from hypgcn.planning.estimate import Activity, BlockModel, estimate
from hypgcn.planning.estimate.stages import folding_of, stages_of

DESIGN = with_scales(preset("small"))
FOLDING = BlockFolding(conv_pairs=2, lanes=2, lane_pairs=3, y_width=4, x_rows=9, h_rows=2, scales=ScalesFolding(
    p_lanes=3, p_pairs=4, p_width=8, q_lanes=2, q_pairs=5, q_width=4, p_rows=11, q_rows=2))


def test_one_convolution_keeps_its_names():
    stage, = stages_of(preset("small").blocks[2], 16)
    assert [stage.name(unit) for unit in ("lanes", "dispatch", "h_store", "combine")] == [
        "lanes", "dispatch", "h_store", "combine"]
    assert (stage.reads, stage.makes, stage.frames, stage.out_frames) == ("h", "y", 16, 8)


def test_three_stages():
    stages = stages_of(DESIGN.blocks[2], 16)
    assert [(stage.reads, stage.makes, stage.frames, stage.out_frames) for stage in stages] == [
        ("h", "p", 16, 16), ("p", "q", 16, 8), ("q", "y", 8, 8)]
    assert [stage.store for stage in stages] == ["h_store", "p_store", "q_store"]
    assert [stage.name("lanes") for stage in stages] == ["p_lanes", "q_lanes", "lanes"]


def test_sizes_and_fields_belong_together():
    fields = {"x_rows": 9, "h_rows": 2, "scales.p_rows": 11, "scales.q_rows": 2, "conv_pairs": 2}
    for stage in stages_of(DESIGN.blocks[1], 16):
        fields |= stage.fields(*stage.size(FOLDING))
    assert folding_of(fields) == FOLDING and folding_of({"lanes": 3}) == BlockFolding(lanes=3)


def test_forms_of_requantisers_are_fields():
    forms = dict(zip("pqy", ("serial", "logic", "dsp_shared")))
    folding = replace(FOLDING, y_requant="dsp_shared", scales=replace(FOLDING.scales, p_requant="serial",
                                                                      q_requant="logic"))
    fields = {"x_rows": 9, "h_rows": 2, "scales.p_rows": 11, "scales.q_rows": 2, "conv_pairs": 2}
    for stage in stages_of(DESIGN.blocks[1], 16):
        assert stage.requant(folding) == forms[stage.makes]
        fields |= stage.fields(*stage.size(folding), stage.requant(folding))
    assert folding_of(fields) == folding


@pytest.mark.parametrize("index", [1, 2])
def test_block_rams_are_those_of_the_memories_asked_for(index):
    network = Folding(blocks=(FOLDING,) * len(DESIGN.blocks))
    asked = sum(part.bram36 for part in asked_for(Block(BlockConfig.of(DESIGN, network, index))))
    units = BlockModel.of(DESIGN, index).units(FOLDING)
    assert sum(unit.resources.bram36 for unit in units.values()) == asked > 0
    assert {"p_store", "q_store", "p_lanes", "q_lanes", "p_combine", "q_combine", "lanes", "combine"} <= units.keys()


def test_work_follows_the_density_of_what_each_stage_reads():
    block = DESIGN.blocks[1]
    assumed = Activity.assumed(block, DESIGN.joints)
    model = BlockModel.of(DESIGN, 1, activity=assumed)
    for name, unit in (("h_banks", "p_lanes"), ("p_banks", "q_lanes"), ("q_banks", "lanes")):
        twice = tuple(2 * value for value in getattr(assumed, name))
        other = model.with_activity(replace(assumed, **{name: twice})).units(FOLDING)
        changed = {key for key, cost in model.units(FOLDING).items()
                   if cost.cycles != other[key].cycles and not key.endswith("_store")}
        assert changed == {unit}


def test_a_network_of_them():
    found = estimate(DESIGN, Folding(blocks=(FOLDING,) * len(DESIGN.blocks)))
    plain = estimate(preset("small"), Folding(blocks=(replace(FOLDING, scales=None, h_rows=11),) * 4))
    assert found.resources.dsp > plain.resources.dsp and sum(found.latencies) > sum(plain.latencies)
