"""Options: which dominate which, and that each has the cost that the estimate gives for its folding."""

from dataclasses import replace
from math import ceil

import numpy as np
import pytest

from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset, random_design
from hypgcn.design.scale_presets import with_scales
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.allocator.options import (
    STORE_PORTS,
    Option,
    conv_lane_options,
    conv_options,
    graph_options,
    head_options,
    pareto_front,
    temporal_options,
    x_store_options,
)
from hypgcn.planning.estimate import COUPLING, BlockModel
from hypgcn.planning.estimate.stages import folding_of


def test_pareto_front_keeps_what_nothing_dominates():
    def option(cycles, dsp):
        return Option(fields={}, cycles=cycles, x_reads=0, dsp=dsp, bram=0, lut=0)
    a, b, c, d = option(10, 5), option(12, 4), option(12, 5), option(10, 5)
    assert pareto_front([c, b, a, d]) == [a, b]


def test_options_are_what_the_estimates_say():
    design = preset("tiny")
    model = BlockModel.of(design, 1)
    made = {"graph": (graph_options(model, design.subsets, 10),
                      lambda f: model.graph(f["graph_subsets"], f["graph_units"], f["graph_parts"])),
            "conv": (conv_options(model), lambda f: model.conv(f["conv_joints"], f["conv_pairs"], f["h_width"],
                                                               f["conv_depth"])),
            "lanes": (conv_lane_options(model, 10), lambda f: model.conv_lanes(
                f["conv_lanes"], f["conv_pairs"], f["h_width"], f["z_width"], f["conv_depth"]))}
    for options, units in made.values():
        for option in options[::7]:
            found = units(option.fields).values()
            assert option.cycles == ceil(COUPLING * max(unit.cycles for unit in found))
            assert option.dsp == sum(unit.resources.dsp for unit in found)
    assert [tuple(option.fields.values()) for option in made["graph"][0]] == [
        (1, 1, 1), (1, 2, 1), (1, 3, 1), (1, 1, 2), (1, 1, 3), (1, 1, 4)]
    lanes = temporal_options(model, 10, 12)
    assert {option.fields["y_width"] for option in lanes} == {2, 4, 8, 16}
    assert {option.fields["lane_depth"] for option in lanes} == {1, 2}
    assert all(option.bram >= 0 and option.x_reads >= 0 for option in lanes)
    assert [option.fields for option in head_options(design)] == [{"head_width": n} for n in (1, 2, 4, 8, 16)]


def test_more_graph_units_while_they_help():
    """Until they are as fast as the rest of the block, or rows as short as the pipeline."""
    model = BlockModel.of(preset("full"), 1)
    options = graph_options(model, 3, 13)
    by_units = {count: [option for option in options if option.fields["graph_units"] == count]
                for count in (1, 2, 3, 4)}
    fastest = {count: min(option.cycles for option in of_count) for count, of_count in by_units.items() if of_count}
    assert fastest[2] < 0.6 * fastest[1] and len(fastest) > 1
    assert all(option.cycles == ceil(COUPLING * max(
        unit.cycles for unit in model.graph(*(option.fields[f"graph_{name}"] for name in ("subsets", "units", "parts")))
        .values()))
        for option in options)
    more = [min(option.lut for option in of_count) for of_count in by_units.values() if of_count]
    assert more == sorted(more)
    enough = [[max(by_units[1], key=lambda option: option.cycles * (option.fields["graph_parts"] == 1))]]
    assert {option.fields["graph_units"] for option in graph_options(model, 3, 13, enough)} == {1}


def test_a_single_graph_unit_may_take_a_subset_in_parts():
    """Fewer multipliers and LUTs for more cycles, each worth having; several units would do the same for more."""
    options = graph_options(BlockModel.of(preset("full"), 1), 3, 13)
    parts = {option.fields["graph_parts"]: option for option in options if option.fields["graph_subsets"] == 1
             and option.fields["graph_units"] == 1}
    assert sorted(parts) == [1, 2, 3, 4] and [parts[n].dsp for n in (1, 2, 3, 4)] == [13, 7, 5, 4]
    assert parts[1].cycles < parts[2].cycles < parts[4].cycles and parts[1].lut > parts[2].lut > parts[4].lut
    assert all(option.fields["graph_parts"] == 1 for option in options
               if option.fields["graph_units"] > 1 or option.fields["graph_subsets"] > 1)
    assert {option.fields["graph_parts"] for option in graph_options(BlockModel.of(preset("tiny"), 1), 3, 10)} == {
        1, 2, 3, 4}


def test_lanes_that_wait_for_vectors_get_ports():
    """Options with more ports have lanes that one port could not feed."""
    model = BlockModel.of(preset("full"), 1)
    options = temporal_options(model, 13, 12)
    by_ports = {ports: [option for option in options if option.fields["h_ports"] == ports] for ports in STORE_PORTS}
    assert min(option.cycles for option in by_ports[2]) < min(option.cycles for option in by_ports[1])
    once = COUPLING * model.temporal(1, 32, 16)["h_store"].cycles      # a single pass reads every vector once
    assert min(option.cycles for option in by_ports[1]) >= once
    for ports, of_ports in by_ports.items():
        assert all(option.fields["lanes"] >= ports for option in of_ports)


def test_readers_of_x_with_a_port_each_never_wait():
    model = BlockModel.of(preset("full"), 1)
    others = [[Option(fields={}, cycles=1, x_reads=reads, dsp=0, bram=0, lut=0) for reads in (10, most)]
              for most in (70, 500)]
    shared, own = x_store_options(model, 10, others, clips=2)
    assert (shared.fields, shared.x_reads, own.fields, own.x_reads) == ({"x_ports": 1}, 0, {"x_ports": 3}, -570)
    assert own.bram > 2 * shared.bram and own.lut > shared.lut and own.clips == (0, 0)


def test_z_that_no_store_takes_has_the_array():
    """1,200 channels of Z are 75 vectors a joint."""
    design = random_design(1, name="wide", frames=4, joints=3, classes=2, widths=(400, 16), strides=(1, 1), kernel=3)
    first, second = design.blocks
    wide = replace(design, blocks=(first, replace(second, kept=np.ones_like(second.kept))))
    assert wide.blocks[1].z_banks >= 75 and conv_lane_options(BlockModel.of(wide, 1), 10) == []
    assert conv_lane_options(BlockModel.of(design, 1), 10)
    with pytest.raises(ValueError, match=r"^blocks\[1\].conv_lanes must be 0: a joint of Z has \d+ vectors"):
        Folding(blocks=(BlockFolding(), BlockFolding(conv_lanes=1))).validate(wide)


def test_each_stage_of_a_multi_scale_block_has_options():
    """With the cost that the estimate gives for their folding, stores included."""
    model = BlockModel.of(with_scales(random_design(3, name="ms", frames=6, joints=3, widths=(12,), strides=(1,))), 0)
    rows = {"scales.p_rows": 11, "scales.q_rows": 3}
    for stage in model.shape.stages:
        options = temporal_options(model, 12, 3, stage=stage, behind=rows)
        assert {option.fields.get("h_memory") for option in options} == {"auto" if stage.reads == "h" else None}
        for option in options[::max(1, len(options) // 6)]:
            folding = folding_of({"x_rows": 12, "h_rows": 3, **rows, **option.fields})
            lanes, pairs, depth, width, ports = stage.size(folding)
            units = model.stage(stage, lanes, pairs, width, ports, depth)
            assert option.cycles == ceil(COUPLING * max(unit.cycles for unit in units.values()))
            units[stage.store] = replace(units[stage.store], resources=model.stores(folding)[stage.store])
            assert option.bram == ceil(2 * sum(unit.resources.bram36 for unit in units.values()))


def test_the_allocator_chooses_all_stages():
    design = with_scales(random_design(3, name="ms", frames=6, joints=2, widths=(8,), strides=(1,)))
    folding = within(design, 60)
    folding.validate(design)
    assert folding.blocks[0].scales.p_rows == 12 and folding.blocks[0].h_rows == 3
