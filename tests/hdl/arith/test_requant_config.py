from dataclasses import replace

import pytest

from hypgcn.arith import RequantConfig, requant_tables


def test_multipliers_are_not_repeated_for_joints():
    """The words have the biases, and which multipliers belong to them."""
    tables = requant_tables((9, 8, 7), (1, 2, 3, -4, 5, 6), 1)
    assert tables == {"mult": (9, 8, 7, 0) * 2, "bias": (1, 2, 3, 0, -4, 5, 6, 0), "joints": 2}
    cfg = RequantConfig(lanes=2, acc_width=20, shift=1, **tables)
    assert cfg.joint_groups == 2 and cfg.table_layout.size == 2 * 4 + 1
    assert cfg.table_words == [0b0_0011_0010, 0b1_0001_0100, 0b0_0110_1101, 0b1_0001_0111]
    one = RequantConfig(lanes=2, acc_width=20, shift=1, **requant_tables((9, 8), (1, 2), 0))
    assert one.joints == 1 and one.table_layout.size == 2 * (5 + 3)


@pytest.mark.parametrize("joints", [2, 4])
def test_rejects_other_multipliers_for_a_joint(joints):
    with pytest.raises(ValueError, match=f"mult must be the same for each of {joints} joints"):
        RequantConfig(lanes=1, acc_width=20, mult=(1, 2, 1, 3, 1, 2), bias=(0,) * 6, shift=1, joints=joints)
    with pytest.raises(ValueError, match="joints must be at least 1, not 0"):
        RequantConfig(lanes=1, acc_width=20, mult=(1,), bias=(0,), shift=1, joints=0)


@pytest.mark.parametrize("form,multiplier,shared,cycles,excess", [
    ("dsp", "dsp", False, 1, 0), ("dsp_shared", "dsp", True, 4, 0), ("logic", "logic", False, 1, 0b10101),
    ("logic_shared", "logic", True, 4, 0b10101), ("serial", "serial", True, 4 * 7, 0)])
def test_forms(form, multiplier, shared, cycles, excess):
    """The offsets know what rows of adders add beside the product; multipliers of five bits take three."""
    cfg = RequantConfig(lanes=4, acc_width=9, mult=(31, 1, 2, 3) * 2, bias=(9,) * 8, shift=3, form=form)
    assert (cfg.multiplier, cfg.shared, cfg.cycles, cfg.row_excess) == (multiplier, shared, cycles, excess)
    assert (cfg.mult_bits, cfg.rows) == (5, 3) and cfg.offsets == (9 + 4 - excess,) * 8
    assert cfg.one.lanes == 1 and cfg.one.groups == 8 and cfg.one.form == form


def test_table_of_a_shared_multiplier_is_logic_up_to_64_words():
    """As many bits as the same table of two lanes, which is logic up to 32."""
    words = {count: RequantConfig(lanes=1, acc_width=9, mult=(1,) * count, bias=(0,) * count, shift=1)
             for count in (32, 33, 64, 65)}
    assert [cfg.table_style for cfg in words.values()] == ["auto", "block", "block", "block"]
    from_shared = [replace(cfg, form="dsp_shared").table_style for cfg in words.values()]
    assert from_shared == ["auto", "auto", "auto", "block"]


@pytest.mark.parametrize("field,value,text", [
    ("lanes", 0, r"lanes must be in 1\.\.64, not 0"),
    ("acc_width", 28, r"acc_width must be in 2\.\.27, not 28"),
    ("shift", 0, r"shift must be in 1\.\.31, not 0"),
    ("low", -129, r"low must be in -128\.\.127, not -129"),
    ("high", 128, r"high must be in -128\.\.127, not 128"),
    ("low", 101, "low must be at most high = 100, not 101"),
    ("res_mult", 4096, r"res_mult must be in 0\.\.4095, not 4096"),
    ("res_shift", 25, r"res_shift must be in 0\.\.24, not 25"),
    ("mult", (1, 2, 3), "mult must hold a multiple of 2 values, not 3"),
    ("mult", (), "mult must hold a multiple of 2 values, not 0"),
    ("mult", (65536, 0), r"mult must be in -65535\.\.65535, not 65536"),
    ("form", "lut", "form must be one of 'dsp', 'dsp_shared', 'logic', 'logic_shared', 'serial', not 'lut'"),
    ("bias", (0,), "bias must hold 2 values, one per mult, not 1"),
    ("bias", (0, 1 << 40), r"bias must be in -1099511627775\.\.1099511627775, not 1099511627776"),
])
def test_rejects(field, value, text):
    good = {"lanes": 2, "acc_width": 24, "mult": (1, 2), "bias": (0, 0), "shift": 4, "high": 100}
    with pytest.raises(ValueError, match=text):
        RequantConfig(**{**good, field: value})


def test_rejects_type():
    with pytest.raises(TypeError, match="shift must be an integer, not 4.0"):
        RequantConfig(lanes=1, acc_width=24, mult=(1,), bias=(0,), shift=4.0)
