"""What a block says of itself: widths of accumulators, rows that its stores hold."""

import dataclasses

import numpy as np
import pytest

from hypgcn.design.presets import preset, random_block


@pytest.fixture
def design():
    return preset("tiny")


def test_accumulator_width_holds_the_worst_case(design):
    for block in design.blocks:
        total = np.abs(block.temporal.astype(int)).sum(axis=(1, 2))
        if block.res is not None:
            total += np.abs(block.res.astype(int)).sum(axis=1)
        most = int(total.max()) * 128
        assert -(1 << block.y_acc_width - 1) <= -most and most < 1 << block.y_acc_width - 1


@pytest.mark.parametrize("kernel,stride,windows", [(9, 1, (5, 9)), (9, 2, (5, 9)), (1, 1, (1, 1)), (1, 2, (2, 2)),
                                                   (3, 2, (2, 3))])
def test_windows(kernel, stride, windows):
    """Rows that must be held together: the smallest number of row slots that a folding may have."""
    block = random_block(1, joints=2, kernel=kernel, in_channels=16, out_channels=20, stride=stride)
    assert (block.x_window, block.h_window) == windows
    assert block.x_depths == (2 * windows[0],) * 4 and block.h_depths == (2 * 2 * windows[1],) * 4
    whole = dataclasses.replace(block, x_depths=(1,) * 4, h_entries=(1.0,) * 4).with_whole_stores(2)
    assert (whole.x_depths, whole.h_depths, whole.h_entries) == (block.x_depths, block.h_depths, ())
