"""Seeded designs are legal, repeatable and pruned as they say."""

import pytest

from hypgcn.design.presets import PRESETS, preset, random_design


@pytest.mark.parametrize("name", PRESETS)
def test_same_seed_same_design(name):
    design = preset(name)
    assert design.hash == preset(name).hash
    assert design.meta["weights"] == "seeded"
    assert all(block.threshold_z > 0 for block in design.blocks), "tests compare dead zones with these designs"


def test_full_is_the_papers_network_pruned():
    design = preset("full")
    assert [b.out_channels for b in design.blocks] == [64] * 4 + [128] * 3 + [256] * 3
    assert (design.frames, design.joints, design.persons) == (150, 25, 2)
    for before, block in zip(design.blocks, design.blocks[1:]):
        assert abs(block.kept.mean() - 0.268) < 0.01
        assert (before.filters == block.kept).all(), "a channel that is dropped needs no temporal filter before"
    for block in design.blocks:
        assert (block.taps.sum(axis=1) == 2).all()


def test_tap_patterns_rotate_and_balance():
    taps = random_design(0, name="wide", frames=2, joints=1, widths=(144,), strides=(1,)).blocks[0].taps
    assert taps.sum(axis=0).tolist() == [2] * 9


def test_rejects():
    with pytest.raises(ValueError, match="preset must be one of 'tiny', 'small', 'full', not 'huge'"):
        preset("huge")
    with pytest.raises(ValueError, match="strides must hold 2 values, one per block, not 1"):
        random_design(0, name="x", frames=1, joints=1, widths=(4, 4), strides=(1,))
