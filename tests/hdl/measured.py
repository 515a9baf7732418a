"""Counts of Yosys, cycles of RTL simulation, and the estimates of the same units: shared by the tests of estimates."""

import json
from functools import cache
from pathlib import Path

import pytest

from hypgcn.cost import Resources
from hypgcn.design import Design
from hypgcn.design.folding import Folding
from hypgcn.planning.allocator.allocate import within
from hypgcn.planning.estimate import BlockModel
from hypgcn_sim.commands.defaults import MULTIPLIERS

__all__ = ["CONV", "COUNTED", "DESIGN", "FOLDING", "IDENTITY", "LARGE", "ROOT", "SIMULATED", "STEADY", "check", "model",
           "simulated_folding", "total", "units"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COUNTED = {row["unit"]: row for row in json.loads((ROOT / "results" / "synth.json").read_text(encoding="utf-8"))}
"""Units of the small network under :data:`FOLDING`, by name."""
LARGE = {row["unit"]: row for row in json.loads((HERE / "cost" / "large_units.json").read_text(encoding="utf-8"))}
"""Units of block 5 of the preset ``full``, counted by the same command."""
SIMULATED = {row["unit"]: row for row in json.loads((ROOT / "results" / "sim.json").read_text(encoding="utf-8"))}
"""Runs of ``make sim`` under :func:`simulated_folding`, by test case."""
STEADY = json.loads((ROOT / "results" / "small.json").read_text(encoding="utf-8"))
"""Recorded clips one after the other through the small network under :func:`simulated_folding`."""
DESIGN = Design.load(ROOT / "checkpoints" / "nwucla_small" / "design")
FOLDING = Folding.load(HERE / "planning" / "estimate" / "synth_folding.json")
IDENTITY, CONV = 1, 4
"""Blocks of the test cases of units: with identity shortcuts, and with convolved ones."""


@cache      # the allocator takes seconds
def simulated_folding():
    """The folding of ``make sim``."""
    return within(DESIGN, MULTIPLIERS)


def model(index):
    """Model of block ``index`` of the small network."""
    return BlockModel.of(DESIGN, index, FOLDING.mac)


def units(index):
    """Resources of the units of block ``index``, by name."""
    return {name: unit.resources for name, unit in model(index).units(FOLDING.blocks[index]).items()}


def total(index, *names):
    """Resources of those units of ``names`` that block ``index`` has."""
    resources = units(index)
    return sum((resources[name] for name in names if name in resources), Resources())


def check(estimated, counted):
    """DSPs and block RAMs exact, LUTs within 20 %."""
    assert (estimated.dsp, estimated.bram36) == (counted["dsp"], counted["bram36"])
    assert estimated.lut == pytest.approx(counted["lut"], rel=0.2)
