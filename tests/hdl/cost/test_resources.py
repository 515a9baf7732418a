"""Sums of resources and of units; every unit that Yosys counted is estimated in the tests of some ``cost.py``."""

from hdl.arith import test_cost as arith
from hdl.measured import COUNTED, LARGE
from hdl.planning.estimate import test_block as block
from hdl.rfc import test_cost as rfc
from hdl.sparse import test_cost as temporal
from hdl.spatial import test_cost as spatial

from hdl import test_io_cost as io_cost
from hypgcn.cost import Memory, Resources, UnitCost

COUNTED_ELSEWHERE = {
    "block_scales", "ensemble_network", "ensemble_sum", "max_rows", "packed_mac_dsp48e1", "raw_bone",
    "raw_bone_motion", "raw_corner", "raw_joint", "raw_joint_motion", "requant_dsp_shared", "requant_logic",
    "requant_logic_shared", "requant_serial"}
"""Units whose test cases are of other designs, or whose estimates the tests compare with counts of their own."""


def test_sums_and_multiples():
    one = Resources(2, 0.5, 10.0)
    assert one + one == one * 2 == Resources(4, 1.0, 20.0)


def test_memories_add_block_rams_and_luts():
    block_ram, lut_ram = Memory("ram", 36, 512), Memory("async", 14, 32)
    assert Resources.of(dsp=3, memories=[block_ram, lut_ram], lut=5) == Resources(3, 0.5, 13)


def test_a_pipeline_takes_as_long_as_its_slowest_unit():
    first = UnitCost(cycles=5, resources=Resources(1, 0.5, 10), x_reads=3)
    second = UnitCost(cycles=9, resources=Resources(2, 0, 20), x_reads=4)
    assert UnitCost.pipeline(first, second) == UnitCost(cycles=9, resources=Resources(3, 0.5, 30), x_reads=7)


def test_every_counted_unit_is_estimated():
    estimated = [name for tests in (arith, rfc, spatial, temporal, io_cost, block) for name in tests.ESTIMATED]
    assert len(estimated) == len(set(estimated))
    assert set(COUNTED) == set(estimated) | rfc.NOT_ESTIMATED | COUNTED_ELSEWHERE
    assert set(LARGE) == {
        "combine", "row_store8", "row_store_rings", "graph1", "graph2", "graph3", "requant8", "conv108", "row_buffer8",
        "loader", "corner_turn16_25", "corner_turn8_25", "corner_turn8_20", "corner_turn4_20", "corner_turn2_20",
    }, "each is compared in the tests of its unit"
