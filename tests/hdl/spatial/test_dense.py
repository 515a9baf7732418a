"""Every folding of the 1x1 array gives the integers of the golden model."""

import pytest
from hdl.spatial.unit_case import check

from hypgcn.design.presets import random_block

FOLDINGS = [
    {}, {"conv_joints": 2, "h_width": 4, "conv_pairs": 2}, {"conv_joints": 5, "conv_pairs": 3},
    {"conv_pairs": 8, "h_width": 16, "graph_subsets": 3},
    {"conv_joints": 3, "conv_pairs": 12, "h_width": 8, "x_rows": 5},
    {"conv_pairs": 2, "graph_subsets": 2},
]


# The first of these is of the middle, the second of the largest widths; the others are near them.
@pytest.mark.parametrize("folding", [
    pytest.param(folding, marks=[] if number in (1, 3) else [pytest.mark.slow])
    for number, folding in enumerate(FOLDINGS)], ids=str)
def test_any_folding_gives_the_same(folding):
    block = random_block(3, joints=5, in_channels=20, out_channels=20, kept=1)
    check(block, 5, count=2, stall=0.2, **folding)


def test_folding_with_conv_shortcut():
    block = random_block(4, joints=5, in_channels=3, out_channels=32)
    check(block, 5, count=2, idle=0.3, conv_joints=3, conv_pairs=6, h_width=4)


def test_full_joints():
    block = random_block(5, joints=25, in_channels=16, out_channels=16, kept=2)
    check(block, 25, count=2, conv_joints=5, conv_pairs=4, h_width=8)
