# amaranth: UnusedElaboratable=no
"""Every cycle of every unit is counted once, and busy is the work that follows from the shapes and the tensors."""

import dataclasses

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Out
from hdl.vectors import vectors

from hypgcn.block import BLOCK_UNITS, Block, BlockConfig, block_units
from hypgcn.design.folding import BlockFolding, ScalesFolding
from hypgcn.design.presets import preset, random_block
from hypgcn.design.scale_presets import with_scales
from hypgcn.emission.emit import emit
from hypgcn.golden.block import run_block
from hypgcn.network import Network, counted_units
from hypgcn.performance_counters import PerformanceCounters
from hypgcn.planning.allocator.allocate import within
from hypgcn.spatial import SpatialConfig
from hypgcn.stream.activity import STATES, state_layout
from testbench import STREAM_PATTERNS, run, simulate

JOINTS, FRAMES, PERSONS, LANES = 3, 5, 2, 2
FOLDING = BlockFolding(conv_joints=2, conv_pairs=2, lanes=LANES, lane_pairs=8)
SHORTCUTS = {
    "identity": dict(in_channels=16, out_channels=16, shortcut_h="identity", shortcut_y="identity"),
    "conv": dict(in_channels=16, out_channels=20, stride=2),
    "none": dict(in_channels=3, out_channels=16, shortcut_y="none"),
}


class CountedBlock(wiring.Component):
    """A block with its performance counters."""

    def __init__(self, cfg):
        self.block = Block(cfg)
        self.counters = PerformanceCounters(cfg.states)
        members = self.block.signature.members
        super().__init__({name: members[name] for name in ("i", "o", "threshold_h", "threshold_y")}
                         | {"counts": Out(self.counters.counts.shape())})

    def elaborate(self, platform):
        m = Module()
        m.submodules.block, m.submodules.counters = self.block, self.counters
        wiring.connect(m, wiring.flipped(self.i), self.block.i)
        wiring.connect(m, self.block.o, wiring.flipped(self.o))
        m.d.comb += [
            self.counters.states.eq(self.block.states),
            self.counts.eq(self.counters.counts),
            self.block.threshold_h.eq(self.threshold_h),
            self.block.threshold_y.eq(self.threshold_y),
        ]
        return m


def counted(kind, **pattern):
    """The block, X, the golden tensors, and the simulated cycles with {unit: {state: cycles}}."""
    block = random_block(5, joints=JOINTS, kept=3, filters=7, **SHORTCUTS[kind])
    rng = np.random.default_rng(1)
    shape = (PERSONS, FRAMES, JOINTS, block.in_channels)
    x = rng.integers(1, 128, shape) * (rng.random(shape) < 0.4)
    golden = [run_block(person, block, 0) for person in x]
    y = np.stack([tensors["y"] for tensors in golden])
    dut = CountedBlock(BlockConfig(block=block, joints=JOINTS, frames=FRAMES, folding=FOLDING, mac="inferred",
                                   counters=True))
    measured = {"cycles": 0}

    async def look(ctx):
        async for _, _, counts in ctx.tick().sample(dut.counts):
            measured["cycles"] += 1
            measured["units"] = {name: {state: counts[unit][n] for n, state in enumerate(STATES)}
                              for unit, name in enumerate(BLOCK_UNITS)}

    run(dut, {"i": vectors(x)}, {"o": len(vectors(y))}, background=[look], timeout=60_000, tail=120,
        signals={"threshold_h": block.threshold_h, "threshold_y": block.threshold_y}, **pattern)
    return block, x, golden, measured


@pytest.mark.slow  # every case simulates a whole block, twenty seconds and more
@pytest.mark.parametrize(("kind", "idle", "stall"),
                         [("identity", *pattern) for pattern in STREAM_PATTERNS] + [("conv", 0, 0.5), ("none", 0, 0)])
def test_every_cycle_is_counted_once(kind, idle, stall):
    block, x, golden, measured = counted(kind, seed=2, idle=idle, stall=stall)
    units = measured["units"]
    for name, states in units.items():
        # Counters lag one cycle behind, and the last sample shows the cycle before.
        assert sum(states.values()) == (measured["cycles"] - 2) * (LANES if name == "lanes" else 1), name

    rows, out_rows = PERSONS * FRAMES, PERSONS * -(-FRAMES // block.stride)
    spatial = SpatialConfig(block=block, joints=JOINTS, frames=FRAMES, folding=FOLDING, mac="inferred")
    array = spatial.array
    busy = {name: states["busy"] for name, states in units.items()}
    assert busy["x_store"] == rows * JOINTS * block.in_banks
    assert busy["h_store"] == busy["h_rows"] == rows * JOINTS * block.out_banks
    assert busy["conv"] == rows * array.passes * array.joint_groups * array.entries
    assert busy["h_requant"] == rows * JOINTS * array.groups
    assert busy["combine"] == out_rows * JOINTS * -(-block.out_channels // FOLDING.y_width)
    tokens = np.count_nonzero(x.reshape(rows, JOINTS, -1)[:, :, spatial.channels], axis=1)
    passes = np.array(spatial.graph.repeats)
    assert busy["graph"] == int((np.maximum(tokens, 1) * passes).sum())
    assert 0 < busy["lanes"] and 0 < busy["loader"] and 0 < busy["x_reads"] and 0 < busy["h_reads"]


@pytest.mark.slow
def test_a_stall_shows_as_blocked_and_a_gap_as_starved():
    quick, slow_in, slow_out = (counted("identity", seed=1, idle=idle, stall=stall)[3]["units"]
                                for idle, stall in ((0, 0), (0.99, 0), (0, 0.97)))
    assert slow_in["conv"]["starved"] > 4 * quick["conv"]["starved"]
    assert slow_out["combine"]["blocked"] > 4 * quick["combine"]["blocked"] + 100
    assert slow_in["conv"]["busy"] == quick["conv"]["busy"] == slow_out["conv"]["busy"]


def test_counters_only_where_they_are_requested():
    design = preset("tiny")
    folding = within(design, 60)
    assert "counts" not in Network(design, folding).signature.members
    network = Network(design, folding, counters=True)
    units = counted_units(design)
    assert len(units) == 2 + 11 * len(design.blocks)
    assert len(network.counts.as_value()) == 96 * len(units)


def test_a_block_counts_the_units_that_it_names():
    block = random_block(5, joints=JOINTS, in_channels=16, out_channels=16)
    plain = BlockConfig(block=block, joints=JOINTS, frames=FRAMES, folding=FOLDING)
    named = []
    for name, field in dataclasses.replace(plain, counters=True).states:
        named += [name] if field.shape == state_layout() else list(dict(field.shape))
    assert tuple(named) == BLOCK_UNITS
    assert "states" not in Block(plain).signature.members


def test_a_multi_scale_block_counts_its_stages():
    block = with_scales(preset("tiny")).blocks[1]
    folding = BlockFolding(scales=ScalesFolding())
    cfg = BlockConfig(block=block, joints=5, frames=6, folding=folding, mac="inferred", counters=True)
    fields = dict(cfg.states)
    assert list(fields) == ["x_store", "x_reads", "spatial", "reduce", "branches", "temporal"]
    counted = 2 + sum(len(dict(fields[name].shape)) for name in list(fields)[2:])
    assert counted == len(block_units(block)) == len(counted_units(with_scales(preset("tiny")))) // 2 - 1


@pytest.mark.slow
def test_network_with_counters_is_emitted():
    design = preset("tiny")
    ports = emit(Network(design, within(design, 60), counters=True), "top").sidecar["ports"]
    assert {"counts"} <= {port["name"] for port in ports}


def test_states_are_counted_in_the_order_of_their_fields():
    """A unit, two instances under one name, and a unit inside another."""
    layout = data.StructLayout({
        "one": state_layout(),
        "several": data.ArrayLayout(state_layout(), 2),
        "inside": data.StructLayout({"unit": state_layout()}),
    })
    dut = PerformanceCounters(layout)
    busy, starved, blocked = ({state: int(state == active) for state in STATES} for active in STATES)

    async def drive(ctx):
        for several, cycles in (([busy, busy], 3), ([busy, blocked], 2)):
            ctx.set(dut.states, {"one": starved, "several": several, "inside": {"unit": blocked}})
            await ctx.tick().repeat(cycles)
        # Counts lag by the register in front; the states after the last cycle must not be counted yet.
        ctx.set(dut.states, layout.from_bits(0))
        await ctx.tick()
        assert [list(counts) for counts in ctx.get(dut.counts)] == [[0, 5, 0], [8, 0, 2], [0, 0, 5]]

    simulate(dut, drive)
