import numpy as np
import pytest

from hypgcn.spatial.array_config import ConvArrayConfig

GOOD = {"joints": 5, "weights": np.ones((17, 12), np.int8), "conv_joints": 2, "conv_pairs": 4, "width": 4,
        "acc_width": 20}


def test_counts():
    cfg = ConvArrayConfig(**GOOD)
    assert (cfg.outputs, cfg.entries, cfg.groups, cfg.pass_groups, cfg.passes, cfg.joint_groups) == (17, 12, 5, 2, 3, 3)
    assert cfg.macs == 8
    assert cfg.cycles == 3 * 3 * 12


def test_cycles_with_few_entries_are_those_of_the_output_or_the_pipeline():
    output = ConvArrayConfig(**{**GOOD, "weights": np.ones((16, 12), np.int8), "conv_joints": 5, "width": 2})
    assert output.cycles == 2 * 5 * 4
    pipe = ConvArrayConfig(**{**GOOD, "weights": np.ones((8, 3), np.int8), "width": 8, "conv_joints": 1})
    assert pipe.cycles == -(-5 * (3 + pipe.delay) // 2)


def test_chains_take_several_entries_a_step():
    cfg = ConvArrayConfig(**{**GOOD, "conv_depth": 5})
    assert (cfg.steps, cfg.macs, cfg.delay) == (3, 40, ConvArrayConfig(**GOOD).delay + 4)
    weights = np.arange(17 * 12).reshape(17, 12) % 100
    cfg = ConvArrayConfig(**{**GOOD, "weights": weights.astype(np.int8), "conv_depth": 5})
    tables = cfg.weight_tables
    assert tables.shape == (5, 3 * 3, 8)
    for output in range(17):
        for entry in range(12):
            row = output // 8 * cfg.steps + entry // 5
            assert tables[entry % 5, row, output % 8] == weights[output, entry]
    assert not tables[2:, 2::3].any() and not tables[:, 6:, 1:].any()


@pytest.mark.parametrize(("field", "value", "text"), [
    ("conv_depth", 0, "conv_depth must be in 1..8"), ("conv_depth", 9, "conv_depth must be in 1..8"),
    ("joints", 0, "joints must be in 1..64"), ("conv_joints", 6, "conv_joints must be in 1..5"),
    ("width", 3, "width must be one of"), ("conv_pairs", 1, "conv_pairs must be in 2..1024"),
    ("conv_pairs", 3, "conv_pairs must be a multiple of 2"), ("acc_width", 8, "acc_width must be in 9..27"),
    ("mac", "other", "mac must be one of"), ("weights", np.zeros((0, 4), np.int8), "weights must be an array"),
    ("weights", np.full((4, 4), -128, np.int8), "weights must be in -127..127"),
])
def test_rejects(field, value, text):
    with pytest.raises(ValueError, match=text):
        ConvArrayConfig(**{**GOOD, field: value})
