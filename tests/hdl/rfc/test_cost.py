"""Estimated block RAMs and LUTs of encoder, decoder, stores and shortcut readers against Yosys' counts."""

import pytest
from hdl.measured import COUNTED, IDENTITY, LARGE, check, units

from hypgcn.cost import Resources
from hypgcn.design.folding import BlockFolding
from hypgcn.design.presets import preset
from hypgcn.planning.estimate import BlockModel
from hypgcn.rfc import RowStoreConfig
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


def test_store_with_limits_against_yosys():
    """Block 10 of the paper's shape, by recorded clips: three of its rings may fill, and block."""
    cfg = RowStoreConfig(frames=38, rows=12, joints=25, banks=16, depths=(3600, 3600, 830, 19), window=9,
                         rings=(4800, 4096, 1024, 32), tags=(0,) * 6, answers=8)
    assert cfg.may_fill == (False, False, True, True) and cfg.may_block == (False, True, True, True)
    check(row_store(cfg).resources, LARGE["row_store_rings"])


def test_narrow_encoders_take_fewer_luts():
    luts = [encoder(width).resources.lut for width in (2, 4, 8, 16)]
    assert luts == sorted(set(luts))


def test_shortcut_reader_counts_reads_not_cycles():
    cfg = ShortcutConfig(rows=8, joints=5, banks=2, width=4, pass_groups=4, groups=8)
    unit = shortcut_reader(cfg, rows=3)
    assert (unit.cycles, unit.x_reads) == (0, 3 * cfg.reads)


def test_only_slices_for_a_vector_a_cycle_take_multiplexers():
    assert [register_slice(width).resources.lut > 2 for width in (2, 4, 8, 16)] == [False, False, False, True]
