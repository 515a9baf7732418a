"""Estimated block RAMs and LUTs of encoder, decoder, stores and shortcut readers against Yosys' counts."""

import pytest
from hdl.measured import COUNTED, IDENTITY, LARGE, check, units

from hypgcn.cost import Resources
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import preset
from hypgcn.planning.estimate import BlockModel
from hypgcn.rfc.cost import DECODER, EXPANDER, encoder, register_slice, row_store, shortcut_reader, store_memories
from hypgcn.rfc.shortcut import ShortcutConfig

ESTIMATED = {
    "rfc_encoder": lambda: encoder().resources,
    "rfc_decoder": lambda: Resources(lut=DECODER), "rfc_expander": lambda: Resources(lut=EXPANDER),
    "shortcut_reader": lambda: units(IDENTITY)["h_shortcut"],
}
# Its depths come from recorded clips; :func:`test_large_store_against_yosys` compares another one.
NOT_ESTIMATED = {"row_store"}


@pytest.mark.parametrize("unit", ESTIMATED)
def test_against_yosys(unit):
    check(ESTIMATED[unit](), COUNTED[unit])


def test_large_store_against_yosys():
    cfg = BlockModel.of(preset("full"), 5).shape.store_configs(BlockFolding(lanes=8))["h_store"]
    check(row_store(cfg).resources, LARGE["row_store8"])
    assert set(store_memories(cfg)) == {"header", "base", "data0", "data1", "data2", "data3"}
    assert row_store(cfg, reads=77.0).cycles == 77


def test_narrow_encoders_take_more_cycles_and_fewer_luts():
    by_width = [encoder(width, vectors=30) for width in (2, 4, 8, 16)]
    assert [unit.cycles for unit in by_width] == [240, 120, 60, 30]
    assert [unit.resources.lut for unit in by_width] == sorted(unit.resources.lut for unit in by_width)


def test_shortcut_reader_counts_reads_not_cycles():
    cfg = ShortcutConfig(rows=8, joints=5, banks=2, width=4, pass_groups=4, groups=8)
    unit = shortcut_reader(cfg, rows=3)
    assert (unit.cycles, unit.x_reads) == (0, 3 * cfg.reads)


def test_register_slices_are_counted():
    assert register_slice(2).resources == register_slice().resources * 2
