"""Multiplications of a clip, block by block."""

import dataclasses

import numpy as np
import pytest

from hypgcn.design.presets import preset
from hypgcn.design.work import multiplications


def test_by_hand():
    """The first block of the tiny network, which has 5 joints, 6 frames and 2 persons."""
    design = preset("tiny")
    block, found = design.blocks[0], multiplications(design)[0]
    kept, rows = int(block.kept.sum()), design.persons * design.joints * design.frames
    assert found.graph == rows * 3 * kept * 5
    assert found.spatial == rows * 3 * kept * block.h_channels
    assert found.graph_dense == rows * 3 * block.in_channels * 5
    places = design.persons * design.joints * design.block_frames(1)
    used = sum(bool(block.taps[channel // 16, tap] and block.filters[out] and block.temporal[out, :, channel].any())
               for out in range(block.out_channels) for tap in range(9) for channel in range(block.h_channels))
    assert found.temporal == places * used
    assert found.kept == found.graph + found.spatial + found.temporal + found.shortcuts


def test_zeros_count_by_the_densities():
    design = preset("tiny")
    half = dataclasses.replace(design, blocks=tuple(
        dataclasses.replace(block, density_x=0.5, density_z=0.25, density_h=0.125) for block in design.blocks))
    for block in multiplications(half):
        assert block.skipped == pytest.approx(0.5 * block.graph + 0.25 * block.spatial + 0.125 * block.temporal
                                              + block.shortcuts)


def test_nothing_pruned_is_dense():
    design = preset("tiny")
    blocks = []
    for block in design.blocks:
        changes = {name: np.ones_like(getattr(block, name)) for name in
                   ("kept", "filters", "taps", "temporal", "down", "res") if getattr(block, name) is not None}
        blocks.append(dataclasses.replace(block, dense_channels=block.out_channels, dense_stride=block.stride,
                                          **changes))
    for block in multiplications(dataclasses.replace(design, blocks=tuple(blocks))):
        assert block.kept == block.dense
