"""The checks of one block: shapes, ranges, masks that disagree, and the width of the accumulators."""

import dataclasses

import numpy as np
import pytest

from hypgcn.design.presets import preset, random_block


@pytest.fixture
def design():
    return preset("tiny")


def with_block(design, index, **changes):
    blocks = list(design.blocks)
    blocks[index] = dataclasses.replace(blocks[index], **changes)
    return dataclasses.replace(design, blocks=tuple(blocks))


@pytest.mark.parametrize("index,changes,text", [
    (1, {"stride": 3}, r"blocks\[1\].stride must be in 1..2, not 3"),
    (1, {"shortcut_h": "sum"}, r"blocks\[1\].shortcut_h must be one of 'identity', 'conv', not 'sum'"),
    (1, {"shortcut_h": "identity", "down": None, "h_channels": 15},
     r"blocks\[1\]: an identity shortcut needs in_channels up to h_channels, not 16 and 15"),
    (1, {"shortcut_y": "identity", "res": None, "stride": 1, "out_channels": 15},
     r"blocks\[1\]: an identity shortcut needs in_channels up to out_channels, not 16 and 15"),
    (1, {"h_channels": 1025}, r"blocks\[1\].h_channels must be in 1..1024, not 1025"),
    (1, {"h_channels": 36}, r"blocks\[1\].taps must have shape \(3, 9\), not \(2, 9\)"),
    (1, {"shortcut_y": "none"}, r"blocks\[1\].res must be absent"),
    (1, {"down": None}, r"blocks\[1\].down must be a NumPy array"),
    (1, {"h_shift": 0}, r"blocks\[1\].h_shift must be in 1..31, not 0"),
    (1, {"threshold_h": 128}, r"blocks\[1\].threshold_h must be in 0..127, not 128"),
    (1, {"threshold_z": -1}, r"blocks\[1\].threshold_z must be in 0..127, not -1"),
    (1, {"density_z": 1.5}, r"blocks\[1\].density_z must be in 0..1, not 1.5"),
    (1, {"x_depths": (5, 5, 5)}, r"blocks\[1\].x_depths must be 4 values"),
    (1, {"x_depths": (1, 2, 1, 1)}, "that do not increase"),
    (1, {"h_depths": (91, 1, 1, 1)}, r"in 1..90 that do not increase"),
    (1, {"x_depths": (26, 1, 1, 1)}, r"in 1..25 that do not increase"),
    (1, {"h_entries": (1.0, 1.0, 1.0)}, r"blocks\[1\].h_entries must be 4 numbers from 0 on, or none, not \(1.0"),
    (1, {"x_entries": (1.0, 1.0, 0.5, -0.1)}, r"blocks\[1\].x_entries must be 4 numbers from 0 on"),
    (1, {"density_h": 1.5}, r"blocks\[1\].density_h must be in 0..1, not 1.5"),
    (1, {"kept": np.zeros(16, np.uint8)}, r"blocks\[1\].kept must keep at least one channel"),
    (1, {"kept": np.eye(1, 16, dtype=np.uint8)[0]}, "spatial must be zero for the channels that kept drops"),
    (1, {"filters": np.zeros(20, np.uint8)}, "temporal must be zero for the output channels that filters drops"),
    (1, {"taps": np.zeros((2, 9), np.uint8)}, "temporal must be zero where taps cuts a tap of a bank"),
    (0, {"graph": np.zeros((3, 6, 6), np.int8)}, r"blocks\[0\].graph must have shape \(3, 5, 5\), not \(3, 6, 6\)"),
    (0, {"h_mult": np.full(16, 65536, np.int32)}, r"blocks\[0\].h_mult must be in 0..65535"),
    (0, {"h_bias": np.zeros((4, 16), np.int64)}, r"blocks\[0\].h_bias must have shape \(5, 16\), not \(4, 16\)"),
    (0, {"h_bias": np.zeros((5, 15), np.int64)}, r"blocks\[0\].h_bias must have shape \(5, 16\), not \(5, 15\)"),
])
def test_rejects_block(design, index, changes, text):
    with pytest.raises((ValueError, TypeError), match=text):
        with_block(design, index, **changes)


def test_wide_accumulator_is_refused():
    block = random_block(0, joints=1, subsets=8, in_channels=1024, out_channels=1, kernel=1)
    block.validate("b", 1, 8, 1)
    wide = dataclasses.replace(block, spatial=np.full_like(block.spatial, 127))
    with pytest.raises(ValueError, match="b.spatial: the accumulator needs 29 bits, but at most 27 are supported"):
        wide.validate("b", 1, 8, 1)
