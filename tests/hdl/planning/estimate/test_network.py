"""Estimated cycles against RTL simulation, and memories against what elaboration asks for."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from amaranth.hdl import Fragment

from hypgcn.block import Block, BlockConfig
from hypgcn.design import Design
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.presets import preset
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.estimate import COUPLING, Activity, BlockModel, estimate
from hypgcn.planning.estimate.memory import Memory, rom_width
from hypgcn_sim.commands.defaults import MULTIPLIERS

ROOT = Path(__file__).parents[4]
SIMULATED = {row["unit"]: row for row in json.loads((ROOT / "results" / "sim.json").read_text())}
DESIGN = Design.load(ROOT / "checkpoints" / "nwucla_small" / "design")
FOLDING = within(DESIGN, MULTIPLIERS)
"""By which ``make sim`` runs its benches."""
CLOSE = 0.05


def test_network_of_recorded_clips():
    """Clips one after the other through the whole small network, as ``make sim`` ran them."""
    found, row = estimate(DESIGN, FOLDING), SIMULATED["network"]
    assert found.first_clip + (row["clips"] - 1) * found.cycles == pytest.approx(row["cycles"], rel=CLOSE)


@pytest.mark.parametrize(("bench", "index"), [("block_identity", 1), ("block_conv", 2)])
def test_block_of_recorded_rows(bench, index):
    """Two sequences of 16 rows through one block."""
    model = BlockModel(DESIGN, index)
    model.frames = 16
    model.rows, model.out_rows = 32, 32 // model.block.stride
    model.persons = 2
    units = model.units(FOLDING.blocks[index])
    total = COUPLING * max(unit.cycles for unit in units.values()) + model.drain(units)
    assert total == pytest.approx(SIMULATED[bench]["cycles"], rel=CLOSE)


def test_slowest_unit_decides():
    found = estimate(DESIGN, FOLDING)
    assert found.slowest == "blocks[4].lanes" and found.cycles == COUPLING * found.blocks[4]["lanes"].cycles
    assert found.cycles == COUPLING * max(unit.cycles for units in (*found.blocks, found.rest)
                                          for unit in units.values())
    assert found.resources.dsp == sum(unit.resources.dsp for units in (*found.blocks, found.rest)
                                      for unit in units.values())


def test_absent_persons_are_left_out_where_the_folding_says_so():
    """A unit more at the input, and constants in the head."""
    design = preset("tiny")
    skips = Folding(blocks=(BlockFolding(),) * 2)
    every = replace(skips, skip_absent=False)
    with_it, without = estimate(design, skips), estimate(design, every)
    assert set(with_it.rest) - set(without.rest) == {"absent"}
    assert with_it.rest["absent"].cycles == design.persons * design.frames * design.joints
    assert with_it.rest["head"].resources.lut > without.rest["head"].resources.lut
    assert with_it.resources.dsp == without.resources.dsp and with_it.cycles == without.cycles
    tight = replace(design.blocks[0], h_depths=(1,) * 4)
    assert set(estimate(replace(design, blocks=(tight, design.blocks[1])), skips).rest) == {"input", "head"}


def test_more_tokens_more_cycles():
    few, many = (estimate(DESIGN, FOLDING, [
        Activity(x_channels=(share * 20,) * block.in_channels, x_banks=(16 * share,) * block.in_banks,
                 h_banks=(16 * share,) * block.out_banks) for block in DESIGN.blocks]) for share in (0.2, 0.4))
    for less, more in zip(few.blocks, many.blocks):
        assert more["lanes"].cycles > less["lanes"].cycles and more["graph"].cycles > less["graph"].cycles
        assert more["conv"].cycles == less["conv"].cycles


class Recorder:
    """A platform that notes which memories a component asks for."""

    def __init__(self):
        self.memories = []

    def memory(self, module, *, width, depth, name="", init=None):
        kind = module.removeprefix("hypgcn_").removesuffix("_ram").replace("async", "async")
        self.memories.append(Memory(kind, rom_width(init) if init else width, depth).primitives)
        return "file"

    def model(self, name):
        pass

    def get_elaboratable(self, part):
        return part


def asked_for(component):
    platform = Recorder()

    def visit(fragment):
        for sub, *_ in getattr(fragment, "subfragments", ()):
            visit(sub)
    visit(Fragment.get(component, platform))
    return platform.memories


@pytest.mark.parametrize(("index", "folding"), [
    (1, BlockFolding(conv_joints=5, conv_pairs=4, h_width=4, lanes=2, lane_pairs=3)),
    pytest.param(2, BlockFolding(graph_subsets=3, conv_joints=2, conv_pairs=4, h_width=8, lanes=3, lane_pairs=5,
                                 y_width=4), marks=pytest.mark.slow),
])
def test_block_rams_are_those_of_the_memories_asked_for(index, folding):
    design = preset("small")
    network = Folding(blocks=tuple(folding if n == index else BlockFolding() for n in range(len(design.blocks))))
    asked = sum(part.bram36 for part in asked_for(Block(BlockConfig.of(design, network, index))))
    found = sum(unit.resources.bram36 for unit in BlockModel(design, index).units(folding).values())
    assert found == asked > 0
