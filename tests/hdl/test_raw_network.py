# amaranth: UnusedElaboratable=no
"""Whole networks for raw joints on the Amaranth simulator: every stream, absent persons, block outputs and scores."""

import dataclasses

import numpy as np
import pytest
from hdl.network_check import check
from raw_designs import STREAMS, extreme_clip, raw_clip, raw_design

from hypgcn.absent import leaves_out
from hypgcn.design.folding import BlockFolding, Folding
from hypgcn.design.raw_input import RawInput

FOLDING = Folding(blocks=(BlockFolding(conv_pairs=4, lane_pairs=4),))


@pytest.mark.parametrize("stream", ["joint", "bone", "joint-motion", "bone-motion"])
def test_every_stream(stream):
    design = raw_design(RawInput(unit="mm", patience=1, **STREAMS[stream]), frames=3)
    assert leaves_out(design, True)
    absent = raw_clip(design, 3)
    absent[-1] = 0
    still = np.repeat(raw_clip(design, 4, missing=0, unseen=0, absent=0)[:, :1], 3, axis=1)  # motion of zero: absent
    check(design, FOLDING, [raw_clip(design, 1), absent, still, extreme_clip(design, 2)], idle=0.2, stall=0.3)


def test_nobody_is_left_out_where_the_folding_says_so():
    design = raw_design(RawInput(unit="mm", centre=0, missing="zero"), frames=2, joints=3)
    empty = np.zeros(design.clip_shape, np.int16)
    check(design, dataclasses.replace(FOLDING, skip_absent=False), [raw_clip(design, 1), empty])


def test_one_frame_one_joint():
    design = raw_design(RawInput(unit="mm", centre=0, motion=True), frames=1, joints=1, persons=2, channels=1)
    check(design, FOLDING, [raw_clip(design, seed) for seed in range(3)])
