"""Channels that can be other than zero, by golden clips and by hand."""

import dataclasses

import numpy as np
import pytest

from hypgcn.design.live_channels import live_channels
from hypgcn.design.presets import preset, random_block
from hypgcn.golden.network import run as golden
from hypgcn.planning.estimate import Activity
from hypgcn.testbench.clips import generated_clip


def test_zeros_are_where_pruning_left_nothing():
    """A density of all channels belongs to those that can be other than zero."""
    design = preset("tiny")
    first = design.blocks[0]
    quiet = np.zeros(first.out_channels, bool)
    quiet[3:] = True
    bias = np.where(quiet, 0, first.y_bias)
    bias[5] = 2 * (first.threshold_y + 1) << first.y_shift
    gone = dataclasses.replace(
        first, temporal=np.where(quiet[:, None, None], 0, first.temporal).astype(np.int8), y_bias=bias,
        res=None if first.res is None else np.where(quiet[:, None], 0, first.res).astype(np.int8))
    cut = dataclasses.replace(design, blocks=(gone, *design.blocks[1:]))
    live = live_channels(cut, 1)
    computed = first.temporal.any(axis=(1, 2)) | (False if first.res is None else first.res.any(axis=1))
    assert live.tolist() == [bool(c == 5 or c < 3 and computed[c]) for c in range(first.out_channels)]
    assert live_channels(cut, 0).all() and len(live_channels(cut, 2)) == design.blocks[1].out_channels
    x = golden(cut, generated_clip(cut, 1))["blocks.0.y"]
    assert x[..., live].any() and not x[..., ~live].any()
    block = dataclasses.replace(cut.blocks[1], density_x=live.sum() / 2 / len(live))
    found = Activity.assumed(block, 5, live)
    assert np.array(found.x_channels) == pytest.approx(live * 2.5) and found.x_banks == (live.sum() / 2,)


def test_an_identity_shortcut_may_add_fewer_channels_than_there_are():
    """X of the second block has 16 channels, of which one lives; its Y has 34, of which the shortcut reaches 16."""
    design = preset("tiny")
    joints = design.joints
    first = random_block(1, joints=joints, in_channels=3, out_channels=16)
    first.temporal[np.arange(16) != 7], first.y_bias[:] = 0, 0
    if first.res is not None:
        first.res[:] = 0
    second = random_block(2, joints=joints, in_channels=16, out_channels=34, shortcut_y="identity")
    second.temporal[:20], second.y_bias[:] = 0, 0
    third = random_block(3, joints=joints, in_channels=34, out_channels=16)
    wide = dataclasses.replace(design, blocks=(first, second, third), head=np.ones((design.classes, 16), np.int8))
    assert np.flatnonzero(live_channels(wide, 1)).tolist() == [7]
    assert np.flatnonzero(live_channels(wide, 2)).tolist() == [7, *range(20, 34)]
