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


def test_cycles_with_few_entries_are_those_of_the_drain_or_the_pipe():
    drain = ConvArrayConfig(**{**GOOD, "weights": np.ones((16, 12), np.int8), "conv_joints": 5, "width": 2})
    assert drain.cycles == 2 * 5 * 4
    pipe = ConvArrayConfig(**{**GOOD, "weights": np.ones((8, 3), np.int8), "width": 8, "conv_joints": 1})
    assert pipe.cycles == -(-5 * (3 + ConvArrayConfig.DELAY) // 2)


@pytest.mark.parametrize(("field", "value", "text"), [
    ("joints", 0, "joints must be in 1..64"), ("conv_joints", 6, "conv_joints must be in 1..5"),
    ("width", 3, "width must be one of"), ("conv_pairs", 1, "conv_pairs must be in 2..1024"),
    ("conv_pairs", 3, "conv_pairs must be a multiple of 2"), ("acc_width", 8, "acc_width must be in 9..27"),
    ("mac", "other", "mac must be one of"), ("weights", np.zeros((0, 4), np.int8), "weights must be an array"),
    ("weights", np.full((4, 4), -128, np.int8), "weights must be in -127..127"),
])
def test_rejects(field, value, text):
    with pytest.raises(ValueError, match=text):
        ConvArrayConfig(**{**GOOD, field: value})
