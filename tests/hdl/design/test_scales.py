"""The checks of a multi-scale block, and its files."""

import dataclasses

import numpy as np
import pytest

from hypgcn.design import Design
from hypgcn.design.presets import preset, random_design
from hypgcn.design.scale_presets import with_scales


@pytest.fixture
def design():
    return with_scales(preset("tiny"))


def changed(design, **changes):
    first, second = design.blocks
    return dataclasses.replace(design, blocks=(first, dataclasses.replace(second, scales=dataclasses.replace(
        second.scales, **changes))))


@pytest.mark.parametrize(("changes", "text"), [
    ({"p_channels": 0}, "p_channels must be in 1..1024, not 0"), ({"q_shift": 32}, "q_shift must be in 1..31, not 32"),
    ({"threshold_p": 128}, "threshold_p must be in 0..127, not 128"),
    ({"max_first": 18, "max_channels": 3}, "max_first and max_channels must be a range of the 20 channels of P, not 18"
                                           " and 3"),
    ({"max_first": 3, "max_channels": 0}, "max_first and max_channels must be a range of the 20"),
    ({"max_channels": -1}, "max_first and max_channels must be a range of the 20"),
    ({"reduce": np.zeros((20, 19), np.int8)}, r"reduce must have shape \(20, 20\), not \(20, 19\)"),
    ({"taps": np.ones((1, 9), np.uint8)}, r"taps must have shape \(2, 9\), not \(1, 9\)"),
    ({"taps": np.zeros((2, 9), np.uint8)}, "branches must be zero where taps cuts a tap of a bank"),
    ({"p_mult": np.full(20, 65536, np.int32)}, "p_mult must be in 0..65535"),
    ({"q_bias": None}, "q_bias must be a NumPy array"),
    ({"p_depths": (91, 1, 1, 1)}, "p_depths must be 4 values in 1..90"),
    ({"q_depths": (11, 1, 1, 1)}, "q_depths must be 4 values in 1..10"),
    ({"q_entries": (1.0,)}, "q_entries must be 4 numbers"), ({"density_q": 2.0}, "density_q must be in 0..1, not 2.0")])
def test_rejects(design, changes, text):
    with pytest.raises((ValueError, TypeError), match=rf"blocks\[1\].scales.{text}"):
        changed(design, **changes)


def test_behind_the_branches_is_a_1x1_convolution(design):
    plain = preset("tiny").blocks[1]
    block = design.blocks[1]
    with pytest.raises(ValueError, match=r"blocks\[1\].temporal must have shape \(20, 1, 20\), not \(20, 9, 20\)"):
        dataclasses.replace(design, blocks=(design.blocks[0], dataclasses.replace(block, temporal=plain.temporal)))
    with pytest.raises(ValueError, match=r"blocks\[1\].taps must have shape \(2, 1\), not \(2, 9\)"):
        dataclasses.replace(design, blocks=(design.blocks[0], dataclasses.replace(block, taps=plain.taps)))


def test_wide_accumulators_are_refused():
    design = with_scales(random_design(0, name="d", frames=4, joints=1, widths=(1024,), strides=(1,)))
    scales = design.blocks[0].scales
    wide = np.full_like(scales.branches, 127)
    with pytest.raises(ValueError, match="scales.branches: the accumulator needs 29 bits, but at most 27"):
        dataclasses.replace(design, blocks=(dataclasses.replace(design.blocks[0], scales=dataclasses.replace(
            scales, branches=wide, taps=np.ones_like(scales.taps))),))


def test_a_window_of_one_has_no_neighbours():
    design = random_design(0, name="d", frames=4, joints=2, kernel=1, widths=(8,), strides=(1,))
    with pytest.raises(ValueError, match="scales: kernel must be at least 3 with branches, not 1"):
        with_scales(design)


def test_files(design, tmp_path):
    """Files with branches have version 4, others the version and hash that they had."""
    design.save(tmp_path)
    again = Design.load(tmp_path)
    assert again.hash == design.hash and again.version == 4 and preset("tiny").version == 3
    for one, other in zip(design.blocks, again.blocks):
        assert all((getattr(one.scales, name) == getattr(other.scales, name)).all() for name in one.scales.TENSORS)
        assert one.scales.p_depths == other.scales.p_depths and one.kernel == other.kernel == 9


def test_whole_stores(design):
    block = changed(design, p_depths=(9, 9, 9, 9), q_entries=(1.0,) * 4).blocks[1].with_whole_stores(5)
    assert (block.x_depths, block.h_depths) == ((30,) * 4, (10,) * 4)
    assert (block.scales.p_depths, block.scales.q_depths, block.scales.q_entries) == ((90,) * 4, (10,) * 4, ())
