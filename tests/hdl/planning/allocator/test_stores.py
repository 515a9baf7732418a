import pytest

from hypgcn.design.presets import preset
from hypgcn.planning.allocator.stores import rows_of, worth_ultra

FULL = preset("full")


def test_rows_are_enough_for_the_taps_and_for_a_stride():
    """Nine taps: four rows in front of one, and as many behind; with a stride of 2 two rows more come at once."""
    strides = [block.stride for block in FULL.blocks]
    assert {1, 2} == set(strides)
    for index, stride in enumerate(strides):
        assert rows_of(FULL, index) == {1: {"x_rows": 12, "h_rows": 12}, 2: {"x_rows": 13, "h_rows": 14}}[stride]


@pytest.mark.parametrize(("uram", "chosen"), [
    (0, set()), (4, set()), (5, {4}), (20, {4, 7}), (64, {0, 1, 4, 5, 6, 7, 8, 9})])
def test_ultra_rams_go_where_they_save_most(uram, chosen):
    """Block RAMs that each UltraRAM saves: 2.7 in block 4, 2.4 in 7, 2.3 in 5 and 6, 2 in 8 and 9, 1.3 in the others.

    They need 5 each in blocks 4 to 6, 6 in front of them and 12 behind.
    """
    assert worth_ultra(FULL, "dsp48e2", uram) == chosen
